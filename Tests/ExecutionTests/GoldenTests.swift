import Checkpoints
import Foundation
import JSONDocuments
import Kernels
import Models
import Modifiers
import Planning
import TestSupport
import Testing

/// What llm-compressor 0.14.0.1 wrote for random models, and what Pare writes at the same recipes.
struct GoldenTests {
  /// An output of the tool that Pare writes byte for byte, and its recipe.
  struct Golden: Sendable, CustomTestStringConvertible {
    let name: String
    let scheme: String
    var targets = "[Linear]"
    var base = "base_untied"
    var testDescription: String { name }

    var recipe: String {
      """
      default_stage:
        default_modifiers:
          QuantizationModifier:
            targets: \(targets)
            ignore: [lm_head]
            scheme: \(scheme)
      """
    }
  }

  static let goldens = [
    Golden(name: "fp8_dynamic", scheme: "FP8_DYNAMIC"),
    Golden(name: "w4a16_asym_rtn", scheme: "W4A16_ASYM"),
    Golden(name: "mxfp4", scheme: "MXFP4"),
    Golden(name: "nvfp4a16", scheme: "NVFP4A16"),
    Golden(name: "odd_fp8_block", scheme: "FP8_BLOCK", base: "base_odd"),
  ]

  private static let fixtures = Places.fixtures(of: "Checkpoints")

  private static func golden(_ name: String) -> URL { fixtures.appending(path: "out/\(name)") }

  private static func bytes(_ folder: URL, _ file: String) throws -> Data {
    try Data(contentsOf: folder.appending(path: file))
  }

  private static func trial(_ golden: Golden) throws -> Trial {
    try Trial(recipe: golden.recipe, model: fixtures.appending(path: golden.base))
  }

  /// Expects files of a result to be those of a golden.
  private static func expectFiles(_ trial: Trial, _ names: [String], of golden: String) throws {
    for name in names {
      let written = try bytes(URL(fileURLWithPath: trial.destination), name)
      #expect(try written == bytes(Self.golden(golden), name), "\(golden)/\(name)")
    }
  }

  @Test(arguments: goldens) func referenceArithmeticGivesTheSameBytes(golden: Golden) throws {
    let trial = try Self.trial(golden)
    defer { trial.cleanUp() }
    try trial.run(arithmetic: .reference)
    try Self.expectFiles(trial, ["model.safetensors", "config.json"], of: golden.name)
  }

  @Test func aQuantizedEmbeddingIsTiedNoLonger() throws {
    let base = try MadeCheckpoint(copying: Self.fixtures.appending(path: "base_untied"), leavingOut: ["lm_head.weight"])
    {
      $0["tie_word_embeddings"] = .boolean(true)
    }
    let golden = Golden(name: "tied_embedding_ignore_head", scheme: "W4A16", targets: "[Embedding, Linear]")
    let trial = try Trial(recipe: golden.recipe, model: base.folder)
    defer { trial.cleanUp() }
    try trial.run(arithmetic: .reference)
    try Self.expectFiles(trial, ["model.safetensors", "config.json"], of: golden.name)
  }

  @Test func tensorsAreSpreadOverFilesAlike() throws {
    let golden = Golden(name: "sharded_w4a16_asym", scheme: "W4A16_ASYM")
    let trial = try Trial(
      recipe: "output: {shard_size: 150KB}\n" + golden.recipe,
      model: Self.fixtures.appending(path: golden.base)
    )
    defer { trial.cleanUp() }
    try trial.run(arithmetic: .reference)
    try Self.expectFiles(trial, ["model.safetensors.index.json", "config.json"], of: golden.name)
    try Self.expectTensors(trial, of: "w4a16_asym_rtn") { _ in false }
  }

  private static let cache = """
    kv_cache_scheme: {num_bits: 8, type: float, symmetric: true, strategy: attn_head, dynamic: false}
    """

  /// Static recipes, and who has their weights: the tool's weights do not depend on what else it calibrates.
  static let calibrated = [("fp8", "FP8", "", "fp8"), ("kv_fp8_w", "FP8_DYNAMIC", cache, "fp8_dynamic")]

  @Test(arguments: calibrated)
  func weightsBesideCalibratedScalesAreTheSame(name: String, scheme: String, cache: String, weights: String) throws {
    let golden = Golden(name: name, scheme: scheme)
    let trial = try Trial(
      recipe: golden.recipe + (cache.isEmpty ? "" : "\n      \(cache)"),
      model: Self.fixtures.appending(path: golden.base),
      request: PlanRequest(samples: 2, sequenceLength: 32)
    )
    defer { trial.cleanUp() }
    try trial.run(windows: windows(count: 2, length: 32, vocabulary: 512), arithmetic: .reference)
    try Self.expectTensors(trial, of: weights) { name in
      name.hasSuffix("input_scale") || name.hasSuffix("k_scale") || name.hasSuffix("v_scale")
    }
    let config = try JSON.parse(Array(Self.bytes(URL(fileURLWithPath: trial.destination), "config.json")))
    let theirs = try JSON.parse(Array(Self.bytes(Self.golden(name), "config.json")))
    #expect(config == theirs)
  }

  /// Expects the tensors of a result to be those of a golden, but for those whose values are calibrated.
  private static func expectTensors(_ trial: Trial, of golden: String, isCalibrated: (String) -> Bool) throws {
    let (ours, theirs) = (try Checkpoint.open(trial.destination), try Checkpoint.open(Self.golden(golden).path))
    let names = ours.headers.tensorNames.filter { !isCalibrated($0) }
    #expect(Set(names) == Set(theirs.headers.tensorNames.filter { !isCalibrated($0) }))
    for name in names {
      let (own, other) = (try ours.tensor(name), try theirs.tensor(name))
      #expect(own.description == other.description)
      #expect(own.withBytes { first in other.withBytes { first.elementsEqual($0) } }, "\(name)")
    }
  }

  @Test(arguments: goldens.prefix(2)) func float32ArithmeticIsNoFurtherFromTheWeights(golden: Golden) throws {
    let trial = try Self.trial(golden)
    defer { trial.cleanUp() }
    try trial.run()
    let ours = try Checkpoint.open(trial.destination)
    let theirs = try Checkpoint.open(Self.golden(golden.name).path)
    let config = try #require(try QuantizationConfig.read(from: theirs.headers.config))
    let scheme = try #require(config.groups.first).scheme
    let processor = Processor(threadCount: 1)
    var errors = (ours: 0.0, theirs: 0.0)
    for assignment in trial.plan.assignments {
      let module = assignment.layer.name
      let dense = try trial.checkpoint.tensor(assignment.source).matrix()
      func error(_ checkpoint: Checkpoint) throws -> Double {
        processor.difference(of: dense, and: try checkpoint.decompressedWeight(of: module, scheme: scheme))
          .relativeError
      }
      let (own, other) = (try error(ours), try error(theirs))
      #expect(own <= other * 1.000_001, "\(module)")
      errors.ours += own
      errors.theirs += other
    }
    #expect(trial.plan.assignments.count == 14)
    #expect(errors.ours <= errors.theirs)
  }
}
