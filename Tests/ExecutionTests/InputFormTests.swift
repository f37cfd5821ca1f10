import Checkpoints
import Execution
import Foundation
import Planning
import TestSupport
import Testing

/// Models in the forms that checkpoints come in, compressed like the same models in plain form.
struct InputFormTests {
  private static let inputs = Places.fixtures(of: "Checkpoints").appending(path: "inputs")

  private static func text(_ scheme: String) -> String {
    """
    work_stage:
      work_modifiers:
        QuantizationModifier: {scheme: \(scheme), targets: [Linear], ignore: [lm_head, 're:.*gate$']}
    """
  }

  @Test(arguments: ["qwen3_moe", "mixtral"])
  func fusedExpertsBecomeWhatSingleOnesBecome(family: String) throws {
    let single = try Self.run("FP8_DYNAMIC", on: family)
    let fused = try Self.run("FP8_DYNAMIC", on: "\(family)_fused")
    defer { [single.trial, fused.trial].forEach { $0.cleanUp() } }
    #expect(try fused.trial.written() == single.trial.written())
    #expect(fused.report.account == single.report.account)
    #expect(fused.report.account.readCount == fused.trial.headers.tensorNames.count)
    let experts = fused.report.layers.filter { $0.name.contains(".experts.") }
    #expect(experts.count == (family == "mixtral" ? 2 * 3 * 3 : 4 * 3))
  }

  private static func run(_ scheme: String, on name: String) throws -> (trial: Trial, report: RunReport) {
    let trial = try Trial(recipe: text(scheme), model: inputs.appending(path: name))
    return (trial, try trial.run())
  }
}

extension Trial {
  /// The bytes of what a loader of the result reads.
  fileprivate func written() throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in ["config.json", "model.safetensors"] {
      files[name] = try Data(contentsOf: URL(filePath: destination).appending(path: name))
    }
    return files
  }
}
