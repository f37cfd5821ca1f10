import Checkpoints
import CommandLineInterface
import Diagnostics
import Foundation
import JSONDocuments
import Models
import Planning
import RecipeGrammar
import Recipes
import Syntax
import TestSupport
import Testing
import Vocabulary

/// The recipes that models begin with.
@Suite struct InitTests {
  /// A model and how it differs from the bundled one.
  struct Example: Sendable, CustomTestStringConvertible {
    let name: String
    let config: [String: JSON]
    /// Shapes of matrices, by a part of their names.
    var shapes: [(part: String, shape: [Int])] = []
    /// Matrices besides.
    var added: [String] = []

    var testDescription: String { name }

    func outline() throws -> ModelOutline {
      let headers = try CheckpointHeaders.read(Workspace.bundledModel.path(percentEncoded: false))
      var config = headers.config
      for (key, value) in self.config { config[key] = value }
      var tensors = headers.tensors.map { tensor in
        let shape = shapes.first { tensor.name.contains($0.part) }?.shape ?? tensor.shape
        return TensorDescription(name: tensor.name, elementType: tensor.elementType, shape: shape)
      }
      tensors += added.map { TensorDescription(name: "\($0).weight", elementType: .bfloat16, shape: [64, 128]) }
      return try ModelOutline(config: config, tensors: tensors)
    }
  }

  private static func kangaroo(
    _ name: String,
    shapes: [(part: String, shape: [Int])] = [],
    added: [String] = []
  ) -> Example {
    Example(name: name, config: ["model_type": .string("kangaroo")], shapes: shapes, added: added)
  }

  private static func narrow(_ size: Int) -> Example {
    Example(
      name: "columns of \(size)",
      config: ["intermediate_size": .integer(Int64(size))],
      shapes: [("down_proj", [128, size]), ("gate_proj", [size, 128]), ("up_proj", [size, 128])]
    )
  }

  static let examples = [
    Example(name: "bundled", config: [:]), narrow(192), narrow(96), narrow(48), narrow(40), narrow(42),
    Example(name: "window", config: ["model_type": .string("mistral"), "sliding_window": .integer(100)]),
    Example(name: "positions", config: ["max_position_embeddings": .integer(99999)]),
    kangaroo("unknown"), kangaroo("unknown, columns of 64", shapes: [("down_proj", [128, 192])]),
    kangaroo(
      "experts",
      added: [
        "lm_head", "model.layers.0.mlp.gate", "model.layers.0.mlp.shared_expert_gate",
        "model.layers.0.mlp.experts.0.up_proj", "model.layers.0.mlp.experts.1.up_proj",
      ]
    ),
    kangaroo(
      "images",
      added: ["model.visual.blocks.0.attn.proj", "model.visual.merger.mlp", "language_model.lm_head"]
    ),
  ]

  private static func file(_ example: Example, _ goal: RecipeGoal, runtime: String? = nil) throws -> SourceFile {
    let recipe = FirstRecipe(
      for: try example.outline(),
      goal: goal,
      runtime: try runtime.map { try #require(Grammar.standard.runtime($0)) }
    )
    return try #require(recipe).file(named: "recipe.yaml")
  }

  private static func text(_ name: String, _ goal: RecipeGoal) throws -> String {
    try file(try #require(examples.first { $0.name == name }), goal).text
  }

  @Test(arguments: examples, RecipeGoal.allCases)
  func everyRecipeChecksWithoutErrorsAndWarnings(example: Example, goal: RecipeGoal) throws {
    for runtime in [nil] + Grammar.standard.runtimes.map(\.name) {
      let file = try Self.file(example, goal, runtime: runtime)
      let checked = Recipe.check(file)
      let recipe = try #require(checked.value, "\(checked.diagnostics.rendered())")
      #expect(recipe.sections.runtime?.value == runtime)
      let request = PlanRequest(runtime: runtime.flatMap { Grammar.standard.runtime($0) })
      let check = Plan.check(recipe, on: try example.outline(), request: request)
      let remarks = check.diagnostics(after: checked.diagnostics).filter { $0.severity > .note }
      #expect(remarks.isEmpty, "\(file.text)\n\(remarks.rendered())")
      #expect(check.resolvedTargets.map(\.moduleCount).reduce(0, +) >= 28)
      #expect(SyntaxTree.parse(file).formatted().value?.bytes == file.bytes, "as fmt lays it out")
    }
  }

  @Test(arguments: examples, RecipeGoal.allCases)
  func noLayerThatIsNoneOfTheDecodersIsQuantized(example: Example, goal: RecipeGoal) throws {
    let outline = try example.outline()
    let recipe = try #require(Recipe.check(try Self.file(example, goal)).value)
    let matcher = ModuleMatcher(modules: outline.modules)
    let stages = recipe.stageGraph().quantization
    #expect(stages.count == 1)
    for stage in stages {
      let kept = Set(stage.ignored.flatMap { matcher.matches($0.value).map(\.module) })
      for index in outline.modules.indices where outline.modules[index].linear != nil {
        #expect(kept.contains(index) == (outline.modules[index].role != nil), "\(outline.modules[index].name)")
      }
    }
  }

  @Test(
    arguments: [
      ("bundled", "scheme: W4A16\n", 128), ("columns of 192", "group_size: 64", 64),
      ("columns of 96", "group_size: 32", 32), ("columns of 48", "group_size: 16", 16),
      ("columns of 40", "strategy: channel", nil), ("unknown, columns of 64", "group_size: 64", 64),
    ] as [(String, String, Int?)]
  )
  func groupsAreTheLargestThatDivideAllColumns(name: String, part: String, size: Int?) throws {
    for goal in [RecipeGoal.speed, .size] {
      let text = try Self.text(name, goal)
      let isAsymmetric = goal == .speed && !name.contains("unknown")
      #expect(text.contains(isAsymmetric ? part.replacing("W4A16\n", with: "W4A16_ASYM\n") : part), "\(text)")
      let weights = try #require(
        Recipe.check(SourceFile(name: "recipe.yaml", text: text)).value?.stageGraph().quantization.first?.groups.first?
          .scheme.value.weights
      )
      #expect(weights.groupSize == size && weights.bitWidth == 4 && weights.isSymmetric == !isAsymmetric)
      #expect(weights.strategy == (size == nil ? .channel : .group))
    }
  }

  @Test func eachGoalHasItsModifiers() throws {
    func modifiers(_ name: String, _ goal: RecipeGoal) throws -> [String] {
      let graph = try #require(Recipe.check(SourceFile(name: "recipe.yaml", text: try Self.text(name, goal))).value)
        .stageGraph()
      return (graph.smoothing.map(\.modifier) + graph.pruning.map(\.modifier) + graph.quantization.map(\.modifier))
        .map(\.value)
    }
    #expect(try modifiers("bundled", .accuracy) == ["GPTQModifier"])
    #expect(try modifiers("bundled", .speed) == ["AWQModifier", "QuantizationModifier"])
    #expect(try modifiers("bundled", .throughput) == ["SmoothQuantModifier", "GPTQModifier"])
    #expect(try modifiers("bundled", .size) == ["SparseGPTModifier", "GPTQModifier"])
    for goal in RecipeGoal.allCases { #expect(try modifiers("unknown", goal) == ["QuantizationModifier"]) }
    #expect(try Self.text("bundled", .throughput).contains("smoothing_strength: 0.8"))
    #expect(try Self.text("columns of 42", .size).contains("mask_structure") == false)
    // 42 zero points do not fill whole words, which servers want.
    #expect(try Self.text("columns of 42", .speed).contains("symmetric: true"))
    for (goal, scheme) in [(RecipeGoal.accuracy, "FP8_DYNAMIC"), (.throughput, "FP8_DYNAMIC"), (.speed, "W4A16")] {
      let text = try Self.text("unknown", goal)
      #expect(
        text.contains("scheme: \(scheme)\n") && text.contains("no architecture document for model_type \"kangaroo\"")
      )
    }
  }

  @Test func calibrationFitsTheModel() throws {
    for (name, length) in [("bundled", 512), ("window", 100), ("positions", 2048)] {
      #expect(try Self.text(name, .accuracy).contains("sequence_length: \(length)\n"))
    }
    #expect(try !Self.text("unknown", .accuracy).contains("calibration:"))
  }

  @Test func aModelWithoutLinearLayersHasNoRecipe() throws {
    let tensor = TensorDescription(name: "model.embed_tokens.weight", elementType: .bfloat16, shape: [64, 128])
    let outline = try ModelOutline(config: .object([]), tensors: [tensor])
    #expect(FirstRecipe(for: outline, goal: .accuracy, runtime: nil) == nil)
  }

  @Test(arguments: RecipeGoal.allCases)
  func aFileIsWrittenOnceAndPassesCheckAndFormat(goal: RecipeGoal) throws {
    let workspace = try Workspace()
    try workspace.linkMaterial()
    try workspace.makeFolder("config-only")
    try workspace.copy(workspace.url("tiny-stories/config.json"), to: "config-only/config.json")
    let inspected = try workspace.run(["inspect", "tiny-stories", "--tensors", "--format", "json"])
    let names = try #require(try JSON.parse(Array(inspected.output.utf8))["tensors"]?.array)
    let map = names.compactMap { $0["name"]?.string }.map {
      JSON.Member($0, .string("model-00001-of-00001.safetensors"))
    }
    try workspace.write(
      "config-only/model.safetensors.index.json",
      JSON.object([JSON.Member("weight_map", .object(map))]).serialized(.prettyInOrder)
    )
    for model in ["tiny-stories", "config-only"] {
      let arguments = ["init", "--model", model, "--goal", goal.rawValue, "--for", "vllm"]
      let written = try workspace.run(arguments + ["-o", "\(model).yaml"])
      #expect(written.status == 0 && written.output.isEmpty && written.errors.isEmpty, "\(written.errors)")
      let printed = try workspace.run(arguments)
      #expect(try Array(printed.output.utf8) == workspace.read("\(model).yaml"))
      let checked = try workspace.run(["check", "\(model).yaml", "--model", model, "--deny", "warnings"])
      #expect(checked.status == 0, "\(checked.errors)")
      #expect(checked.errors.contains("1 recipe checked: no errors\n"))
      #expect(try workspace.run(["fmt", "--check", "\(model).yaml"]).status == 0)
      let again = try workspace.run(arguments + ["-o", "\(model).yaml"])
      #expect(again.status == 2 && again.errors.contains("[output-exists]"))
      #expect(try Array(printed.output.utf8) == workspace.read("\(model).yaml"))
    }
    #expect(try workspace.read("tiny-stories.yaml") == workspace.read("config-only.yaml"))
    let nowhere = try workspace.run(["init", "--model", "tiny-stories", "-o", "absent/recipe.yaml"])
    #expect(nowhere.status == 2 && nowhere.errors.contains("[missing-file]"))
  }
}
