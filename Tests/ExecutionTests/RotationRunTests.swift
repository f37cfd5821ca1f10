import Checkpoints
import Execution
import Foundation
import JSONDocuments
import Kernels
import Models
import Planning
import TestSupport
import Testing
import Vocabulary

/// Whole runs of recipes that rotate.
struct RotationRunTests {
  private static let merged = "SpinQuantModifier: {rotations: [R1, R2]}"
  private static let all = "SpinQuantModifier: {rotations: [R1, R2, R4], transform_type: random-hadamard}"
  private static let layers = "QuIPModifier: {rotations: [v, u]}"

  /// What a rotation alone may change of a perplexity, as weights are rounded to bfloat16 once more.
  ///
  /// Measured is up to 0.005 %.
  private static let roundingBudget = 3e-4

  @Test(arguments: [
    "SpinQuantModifier: {rotations: [R1]}", merged, all, "QuIPModifier: {rotations: [v], ignore: []}", layers,
    "QuIPModifier: {rotations: [v, u], transform_type: random-matrix}",
    "QuIPModifier: {rotations: [v, u], transform_block_size: 32, transform_type: hadamard, precision: bfloat16}",
  ])
  func aRotationAloneLeavesThePerplexity(modifier: String) throws {
    let dense = try BundledText.perplexity(of: Checkpoint.open(BundledText.model.path))
    let rotated = try BundledText.perplexity(of: RotationRecipe(modifier))
    #expect(rotated != dense && abs(rotated / dense - 1) < Self.roundingBudget, "\(dense) became \(rotated)")
  }

  @Test(arguments: ["llama", "llama-tied", "mistral", "qwen2"])
  func biasesSharedHeadsAndTiedHeadsAreRotatedToo(name: String) throws {
    let model = Places.fixtures(of: "Inference").appending(path: "models/\(name)")
    for modifier in [Self.merged, "QuIPModifier: {rotations: [v, u], ignore: [], transform_type: random-matrix}"] {
      let trial = try Trial(recipe: RotationRecipe(modifier).text, model: model)
      defer { trial.cleanUp() }
      try trial.run()
      let text = windows(count: 2, length: 24, vocabulary: 64)
      let dense = try BundledText.perplexity(of: trial.checkpoint, on: text)
      let rotated = try BundledText.perplexity(of: Checkpoint.open(trial.destination), on: text)
      #expect(abs(rotated / dense - 1) < 1e-3, "\(modifier): \(dense) became \(rotated)")
    }
  }

  @Test(arguments: [
    (merged, "QuantizationModifier"), (merged, "GPTQModifier"), (all, "GPTQModifier"), (layers, "QuantizationModifier"),
    (layers, "GPTQModifier"),
  ])
  func everyOutputTensorIsAsPlanned(rotation: String, modifier: String) throws {
    let recipe = RotationRecipe(rotation, "\(modifier): {scheme: W4A16, ignore: [lm_head]}")
    let trial = try Trial(
      recipe: recipe.text,
      model: BundledText.model,
      request: PlanRequest(samples: 16, sequenceLength: 128)
    )
    defer { trial.cleanUp() }
    let report = try trial.run(windows: BundledText.calibration(count: 16))
    let written = try CheckpointHeaders.read(trial.destination)
    let found = Set(written.files.flatMap { $0.header.tensors.map(\.description) })
    #expect(found == Set(trial.plan.outputs.map(\.description)))
    #expect(written.tensorByteCount == trial.plan.costs.outputBytes)
    #expect(report.layers.count == 28)
    let account = report.account
    #expect(account.readCount == account.copiedCount + account.rewrittenCount + account.compressedCount)
    let isMerged = rotation.hasPrefix("SpinQuant")
    #expect(trial.plan.untiesHead == isMerged)
    #expect(written.config["tie_word_embeddings"] == .boolean(!isMerged))
    let config = try #require(try QuantizationConfig.read(from: written.config))
    // config.json has its keys in alphabetical order.
    let transforms = try #require(trial.plan.rotation).transforms.groups.sorted { $0.name < $1.name }
    #expect(config.transforms.groups == transforms)
    #expect(config.groups.count == 1 && config.transforms.groups.isEmpty == (rotation == Self.merged))
    #expect(trial.plan.stages.map(\.kind) == [.rotation, .quantization])
    #expect(trial.plan.assignments.allSatisfy { $0.stage == 1 })
    let perplexity = try BundledText.perplexity(of: Checkpoint.open(trial.destination))
    #expect(perplexity < 1.1 * 11.3546, "\(perplexity)")
  }

  @Test func foldedNormsBecomeOnes() throws {
    let trial = try Trial(
      recipe: RotationRecipe(Self.merged, "GPTQModifier: {scheme: W4A16, targets: ['re:.*layers.0.*q_proj$']}").text,
      model: BundledText.model,
      request: PlanRequest(samples: 2, sequenceLength: 64)
    )
    defer { trial.cleanUp() }
    // The sweep ends behind the first block; what lies behind it is rotated all the same.
    try trial.run(windows: BundledText.calibration(count: 2))
    let written = try Checkpoint.open(trial.destination)
    let norms = try #require(trial.plan.rotation).foldedNorms.map(\.tensor)
    #expect(norms.count == 9)
    for norm in norms { #expect(try written.tensor(norm).floats().allSatisfy { $0 == 1 }, "\(norm)") }
  }

  @Test func resultsDoNotDependOnTheThreadCount() throws {
    var results: [Data] = []
    for threads in [1, 2, 5] {
      let recipe = RotationRecipe(
        "QuIPModifier: {rotations: [v, u], transform_type: random-matrix}",
        "GPTQModifier: {scheme: W4A16, ignore: [lm_head]}"
      )
      let trial = try Trial(
        recipe: recipe.text,
        model: BundledText.model,
        request: PlanRequest(samples: 4, sequenceLength: 128)
      )
      defer { trial.cleanUp() }
      try trial.run(windows: BundledText.calibration(count: 4), threads: threads)
      results.append(try Data(contentsOf: URL(fileURLWithPath: trial.destination + "/model.safetensors")))
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test func theSeedOfTheRecipeDrawsAndIsKept() throws {
    var results: [Data] = []
    for (seed, section) in [(0, ""), (0, "calibration: {seed: 0}\n"), (7, "calibration: {seed: 7}\n")] {
      let trial = try Trial(recipe: section + RotationRecipe(Self.layers).text, model: BundledText.model)
      defer { trial.cleanUp() }
      try trial.run()
      results.append(try Data(contentsOf: URL(fileURLWithPath: trial.destination + "/model.safetensors")))
      let report = Array(try Data(contentsOf: URL(fileURLWithPath: trial.destination + "/pare-report.json")))
      #expect(try JSON.parse(report)["rotation"]?["seed"] == .integer(Int64(seed)))
    }
    #expect(results[0] == results[1] && results[0] != results[2])
  }

  @Test func layersOfAnUnknownModelAreRotatedAlike() throws {
    let unknown = FileManager.default.temporaryDirectory.appendingPathComponent("unknown-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: unknown) }
    try FileManager.default.copyItem(at: BundledText.model, to: unknown)
    var config = try CheckpointHeaders.read(unknown.path).config
    config["model_type"] = .string("kangaroo")
    try Data(config.serialized(.pretty).utf8).write(to: unknown.appending(path: "config.json"))
    let recipe = RotationRecipe(Self.layers, "QuantizationModifier: {scheme: W4A16, ignore: [lm_head]}")
    var codes: [[UInt8]] = []
    for model in [BundledText.model, unknown] {
      let trial = try Trial(recipe: recipe.text, model: model)
      defer { trial.cleanUp() }
      try trial.run()
      let written = try Checkpoint.open(trial.destination)
      codes.append(try written.tensor("model.layers.2.mlp.down_proj.weight_packed").withBytes { Array($0) })
    }
    #expect(codes[0] == codes[1])
  }
}

/// A recipe that rotates and then perhaps does something else.
struct RotationRecipe {
  let text: String

  init(_ rotation: String, _ modifiers: String...) {
    let others = modifiers.map { "    \($0)\n" }.joined()
    text =
      "rotation_stage: {rotation_modifiers: {\(rotation)}}\n"
      + (others.isEmpty ? "" : "quant_stage:\n  quant_modifiers:\n\(others)")
  }

  /// Modifiers without a rotation before them.
  init(plain modifier: String) { text = "quant_stage:\n  quant_modifiers:\n    \(modifier)\n" }
}
