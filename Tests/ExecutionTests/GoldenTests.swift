import Checkpoints
import Foundation
import JSONDocuments
import Kernels
import Models
import Modifiers
import Planning
import TestSupport
import Testing

/// What llm-compressor 0.14.0.1 wrote for a random model, and what Pare writes at the same recipe.
struct GoldenTests {
  private static let schemes = ["fp8_dynamic": "FP8_DYNAMIC", "w4a16_asym_rtn": "W4A16_ASYM"]

  private static func golden(_ name: String) -> URL {
    Places.fixtures(of: "Checkpoints").appendingPathComponent("out/\(name)")
  }

  private static func recipe(_ scheme: String) -> String {
    """
    default_stage:
      default_modifiers:
        QuantizationModifier:
          targets: [Linear]
          ignore: [lm_head]
          scheme: \(scheme)
    """
  }

  private static func trial(_ scheme: String) throws -> Trial {
    try Trial(
      recipe: recipe(scheme),
      model: Places.fixtures(of: "Checkpoints").appendingPathComponent("base_untied")
    )
  }

  @Test(arguments: schemes.keys.sorted())
  func referenceArithmeticGivesTheSameBytes(name: String) throws {
    let trial = try Self.trial(try #require(Self.schemes[name]))
    defer { trial.cleanUp() }
    try trial.run(arithmetic: .reference)
    let written = try Data(contentsOf: URL(fileURLWithPath: trial.destination + "/model.safetensors"))
    let expected = try Data(contentsOf: Self.golden(name).appendingPathComponent("model.safetensors"))
    #expect(written == expected, "\(name)")
    let config = try Data(contentsOf: URL(fileURLWithPath: trial.destination + "/config.json"))
    #expect(config == (try Data(contentsOf: Self.golden(name).appendingPathComponent("config.json"))), "\(name)")
  }

  @Test(arguments: schemes.keys.sorted())
  func float32ArithmeticIsNoFurtherFromTheWeights(name: String) throws {
    let trial = try Self.trial(try #require(Self.schemes[name]))
    defer { trial.cleanUp() }
    try trial.run()
    let ours = try Checkpoint.open(trial.destination)
    let theirs = try Checkpoint.open(Self.golden(name).path)
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
