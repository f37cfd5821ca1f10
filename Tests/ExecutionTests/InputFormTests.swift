import Checkpoints
import Execution
import Foundation
import JSONDocuments
import Planning
import TestSupport
import Testing

/// Models in the forms that checkpoints come in, compressed like the same models in plain form.
struct InputFormTests {
  private static let inputs = Places.fixtures(of: "Checkpoints").appending(path: "inputs")

  private static func text(_ modifier: String, _ fields: String) -> String {
    "work_stage: {work_modifiers: {\(modifier): {\(fields)}}}\n"
  }

  @Test(arguments: ["qwen3_moe", "mixtral"])
  func fusedExpertsBecomeWhatSingleOnesBecome(family: String) throws {
    let recipe = Self.text(
      "QuantizationModifier",
      "scheme: FP8_DYNAMIC, targets: [Linear], ignore: [lm_head, 're:.*gate$']"
    )
    let single = try Self.run(recipe, on: family)
    let fused = try Self.run(recipe, on: "\(family)_fused")
    defer { [single.trial, fused.trial].forEach { $0.cleanUp() } }
    #expect(try fused.trial.written() == single.trial.written())
    #expect(fused.report.account == single.report.account)
    #expect(fused.report.account.readCount == fused.trial.headers.tensorNames.count)
    let experts = fused.report.layers.filter { $0.name.contains(".experts.") }
    #expect(experts.count == (family == "mixtral" ? 2 * 3 * 3 : 4 * 3))
  }

  @Test(
    arguments: [
      text("QuantizationModifier", "scheme: W4A16, targets: [Linear], ignore: [lm_head, 're:.*down_proj']"),
      text("GPTQModifier", "scheme: W4A16, targets: [Linear], ignore: [lm_head]"),
      text("MagnitudePruningModifier", "init_sparsity: 0, final_sparsity: 0.5, targets: ['re:.*up_proj']"),
    ]
  )
  func float8BecomesWhatBFloat16Becomes(recipe: String) throws {
    let tokens = windows(count: 4, length: 32, vocabulary: 64)
    let plain = try Self.run(recipe, on: "llama_bf16", windows: tokens)
    let float8 = try Self.run(recipe, on: "llama_fp8", windows: tokens)
    defer { [plain.trial, float8.trial].forEach { $0.cleanUp() } }
    #expect(try float8.trial.written() == plain.trial.written())
    #expect(float8.report.account == plain.report.account)
    #expect(float8.trial.plan.costs.inputBytes == plain.trial.plan.costs.inputBytes)
    let config = try CheckpointHeaders.read(float8.trial.destination).config
    #expect(
      config["quantization_config"]?["quant_method"]?.string
        == (plain.trial.plan.groups.isEmpty ? nil : "compressed-tensors")
    )
  }

  private static func run(
    _ recipe: String,
    on name: String,
    windows: [[Int32]] = []
  ) throws -> (trial: Trial, report: RunReport) {
    let request = PlanRequest(samples: max(windows.count, 1), sequenceLength: windows.first?.count ?? 1)
    let trial = try Trial(recipe: recipe, model: inputs.appending(path: name), request: request)
    return (trial, try trial.run(windows: windows))
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
