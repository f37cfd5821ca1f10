import Checkpoints
import Execution
import Foundation
import JSONDocuments
import Planning
import Tensors
import TestSupport
import Testing
import Vocabulary

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

  /// Weights of few bits, which all three types hold exactly.
  @Test(arguments: [1, 4]) func weightsMayHaveAnyTypeAndStandInAnyFile(shards: Int) throws {
    let plain = try TypedModel(shardByteLimit: .max) { _ in .bfloat16 }
    let mixed = try TypedModel(shardByteLimit: shards == 1 ? .max : 100_000) { name in
      // The type of the first linear layer is that of scales.
      if name.contains("k_proj") || name.contains("norm") { return .float32 }
      return name.contains("mlp") || name.contains("embed") ? .float16 : .bfloat16
    }
    let recipe = Self.text("GPTQModifier", "scheme: W4A16, targets: [Linear], ignore: [lm_head, 're:.*up_proj']")
    let tokens = windows(count: 4, length: 32, vocabulary: 64)
    let expected = try Self.run(recipe, at: plain.folder, windows: tokens)
    let found = try Self.run(recipe, at: mixed.folder, windows: tokens)
    defer { [expected.trial, found.trial].forEach { $0.cleanUp() } }
    #expect(found.trial.headers.files.count >= shards)
    let (first, second) = (
      try Checkpoint.open(expected.trial.destination), try Checkpoint.open(found.trial.destination)
    )
    #expect(first.headers.tensorNames.sorted() == second.headers.tensorNames.sorted())
    for name in first.headers.tensorNames {
      let (one, other) = (try first.tensor(name), try second.tensor(name))
      if let kept = found.trial.headers.description(of: name) {
        #expect(other.description == kept)
        #expect(try one.floats() == other.floats(), "\(name)")
      } else {
        #expect(one.description == other.description)
        #expect(one.withBytes { bytes in other.withBytes { bytes.elementsEqual($0) } }, "\(name)")
      }
    }
  }

  private static func run(
    _ recipe: String,
    on name: String,
    windows: [[Int32]] = []
  ) throws -> (trial: Trial, report: RunReport) {
    try run(recipe, at: inputs.appending(path: name), windows: windows)
  }

  private static func run(
    _ recipe: String,
    at model: URL,
    windows: [[Int32]]
  ) throws -> (trial: Trial, report: RunReport) {
    let request = PlanRequest(samples: max(windows.count, 1), sequenceLength: windows.first?.count ?? 1)
    let trial = try Trial(recipe: recipe, model: model, request: request)
    return (trial, try trial.run(windows: windows))
  }
}

/// The small Llama of the fixtures with weights of few bits, in types and files of a test's choice.
private final class TypedModel {
  let folder: URL

  init(shardByteLimit: Int, type: (String) -> ElementType) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "typed-\(UUID().uuidString)")
    let source = try Checkpoint.open(
      Places.fixtures(of: "Checkpoints").appending(path: "inputs/llama_bf16").path(percentEncoded: false)
    )
    let tensors = source.headers.tensors.map {
      TensorDescription(name: $0.name, elementType: type($0.name), shape: $0.shape)
    }
    let writer = try CheckpointWriter(
      destination: folder.path(percentEncoded: false),
      layout: SafetensorsLayout(tensors: tensors, shardByteLimit: shardByteLimit)
    )
    for tensor in tensors {
      let values = try source.tensor(tensor.name).floats().map { value in (value * 512).rounded() / 512 }
      let bytes: [UInt8] = values.flatMap { value in
        switch tensor.elementType {
        case .float32: withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
        case .float16: withUnsafeBytes(of: Binary16.encode(value).littleEndian) { Array($0) }
        default: withUnsafeBytes(of: BFloat16.encode(value).littleEndian) { Array($0) }
        }
      }
      try writer.write(tensor.name, bytes: bytes)
    }
    try writer.writeFile("config.json", bytes: Array(source.headers.config.serialized(.pretty).utf8))
    try writer.finish()
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
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
