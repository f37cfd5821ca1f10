import Checkpoints
import Diagnostics
import Foundation
import JSONDocuments
import Models
import Planning
import RecipeGrammar
import Recipes
import TestSupport
import Testing
import Vocabulary

extension TensorDescription {
  /// A tensor of another shape under the same name.
  func reshaped(_ shape: [Int]) -> TensorDescription {
    TensorDescription(name: name, elementType: elementType, shape: shape)
  }
}

/// The model of `models/tiny-stories` as planning sees it, with changes to its config and tensors where a test needs
/// another one.
struct BundledModel {
  var config: JSON
  var tensors: [TensorDescription]

  init(_ changes: [String: JSON?] = [:]) throws {
    let folder = Places.inRepository("models/tiny-stories").path(percentEncoded: false)
    let headers = try CheckpointHeaders.read(folder)
    config = headers.config
    tensors = headers.tensors
    for (key, value) in changes { config[key] = value }
  }

  /// A model whose attention looks back on no more than so many tokens.
  static func withWindow(_ tokens: Int) throws -> BundledModel {
    try BundledModel(["model_type": .string("mistral"), "sliding_window": .integer(Int64(tokens))])
  }

  /// A model that also sees images: the bundled one inside, and a tower beside it.
  static func wrapped() throws -> BundledModel {
    var model = try BundledModel()
    let inner = model.config
    model.config = .object([
      .init("model_type", .string("llava")), .init("architectures", .array([.string("LlavaForConditionalGeneration")])),
      .init("text_config", inner),
    ])
    model.tensors = model.tensors.map {
      TensorDescription(name: "language_model.\($0.name)", elementType: $0.elementType, shape: $0.shape)
    }
    model.add(["vision_tower.layers.0.fc1": [256, 128], "vision_tower.layers.0.fc2": [128, 256]])
    return model
  }

  /// A model whose parts are normed behind, and not before.
  static func withNormsBehind() throws -> BundledModel {
    var model = try BundledModel(["model_type": .string("olmo2")])
    let numbers = try #require(try BundledModel().outline().decoder).configuration
    model.tensors = model.tensors.map { tensor in
      TensorDescription(
        name: tensor.name.replacing("input_layernorm", with: "post_feedforward_layernorm"),
        elementType: tensor.elementType,
        shape: tensor.shape
      )
    }
    for block in 0..<numbers.blockCount {
      for (name, heads) in [("q_norm", numbers.queryHeads), ("k_norm", numbers.keyHeads)] {
        model.add(["model.layers.\(block).self_attn.\(name)": [heads * numbers.headDimension]])
      }
    }
    return model
  }

  /// A model of a family that nobody has described.
  static func unknown() throws -> BundledModel {
    try BundledModel(["model_type": .string("kangaroo")])
  }

  /// A model of as many blocks.
  static func withBlocks(_ count: Int) throws -> BundledModel {
    var model = try BundledModel(["num_hidden_layers": .integer(Int64(count))])
    let first = "model.layers.0."
    let block = model.tensors.filter { $0.name.hasPrefix(first) }
    model.tensors.removeAll { $0.name.hasPrefix("model.layers.") }
    for index in 0..<count {
      model.tensors += block.map {
        TensorDescription(
          name: "model.layers.\(index).\($0.name.dropFirst(first.count))",
          elementType: $0.elementType,
          shape: $0.shape
        )
      }
    }
    return model
  }

  /// A model of an unknown family with further matrices.
  static func unknown(with matrices: [String: [Int]]) throws -> BundledModel {
    var model = try unknown()
    model.add(matrices)
    return model
  }

  /// An unknown model whose blocks have two experts and a router each.
  static func withExperts() throws -> BundledModel {
    var matrices: [String: [Int]] = [:]
    for block in 0..<2 {
      matrices["model.layers.\(block).mlp.gate"] = [2, 128]
      for expert in 0..<2 {
        let name = "model.layers.\(block).mlp.experts.\(expert)"
        matrices["\(name).gate_proj"] = [256, 128]
        matrices["\(name).up_proj"] = [256, 128]
        matrices["\(name).down_proj"] = [128, 256]
      }
    }
    var model = try unknown()
    model.tensors.removeAll { $0.name.contains(".mlp.") }
    model.add(matrices)
    return model
  }

  private mutating func add(_ matrices: [String: [Int]]) {
    for (name, shape) in matrices.sorted(by: { $0.key < $1.key }) {
      tensors.append(TensorDescription(name: "\(name).weight", elementType: .bfloat16, shape: shape))
    }
  }

  func outline() throws -> ModelOutline {
    try ModelOutline(config: config, tensors: tensors)
  }

  /// The outline that follows from the config and the names of the tensors.
  func derivedOutline() throws -> ModelOutline {
    try #require(try ModelOutline.derived(config: config, tensorNames: tensors.map(\.name)))
  }

  /// Plans a recipe, which must hold by itself.
  func plan(_ file: SourceFile, request: PlanRequest = PlanRequest()) throws -> Checked<Plan> {
    try Self.plan(file, on: outline(), request: request)
  }

  /// Plans a recipe, which must hold by itself.
  static func plan(
    _ file: SourceFile,
    on outline: ModelOutline,
    request: PlanRequest = PlanRequest()
  ) throws -> Checked<Plan> {
    Plan.make(try recipe(file), on: outline, request: request)
  }

  /// Checks a recipe, which must hold by itself, for the runtime that it names.
  func check(_ file: SourceFile, request: PlanRequest = PlanRequest()) throws -> ModelCheck {
    try Self.check(file, on: outline(), request: request)
  }

  /// Checks a recipe, which must hold by itself, for the runtime that it names.
  static func check(
    _ file: SourceFile,
    on outline: ModelOutline,
    request: PlanRequest = PlanRequest()
  ) throws -> ModelCheck {
    let recipe = try recipe(file)
    var request = request
    request.runtime = request.runtime ?? recipe.sections.runtime.flatMap { request.grammar.runtime($0.value) }
    return Plan.check(recipe, on: outline, request: request)
  }

  private static func recipe(_ file: SourceFile) throws -> Recipe {
    let checked = Recipe.check(file)
    return try #require(checked.value, "\(checked.diagnostics.rendered())")
  }

  /// Plans one modifier; its fields are in YAML's flow style, without the outer braces.
  func plan(_ modifier: String, _ fields: String, request: PlanRequest = PlanRequest()) throws -> Checked<Plan> {
    try plan("{\(modifier): {\(fields)}}", request: request)
  }

  /// Plans modifiers, given as a mapping in YAML's flow style.
  func plan(_ modifiers: String, request: PlanRequest = PlanRequest()) throws -> Checked<Plan> {
    try plan(Self.file(modifiers), request: request)
  }

  /// Checks modifiers, given as a mapping in YAML's flow style.
  func check(_ modifiers: String, request: PlanRequest = PlanRequest()) throws -> ModelCheck {
    try check(Self.file(modifiers), request: request)
  }

  private static func file(_ modifiers: String) -> SourceFile {
    SourceFile(name: "recipe.yaml", text: "quant_stage: {quant_modifiers: \(modifiers)}\n")
  }
}
