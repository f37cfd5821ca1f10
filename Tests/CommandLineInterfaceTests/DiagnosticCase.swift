import Checkpoints
import CommandLineInterface
import Diagnostics
import Execution
import Foundation
import JSONDocuments
import Kernels
import Testing

/// One code of the commands: a situation that is built for real, or an error value where no test can bring it about.
struct DiagnosticCase: Sendable, CustomTestStringConvertible {
  let code: String
  let status: Int32
  let cause: Cause

  enum Cause: Sendable {
    /// The arguments of a command, and what is done in its folder before.
    case command(String, @Sendable (Workspace) throws -> Void)
    /// A failure of the machine or of numbers.
    case failure(@Sendable () -> CommandFailure)
  }

  var testDescription: String { code }

  private init(_ code: String, _ status: Int32, _ cause: Cause) {
    self.code = code
    self.status = status
    self.cause = cause
  }

  static func command(
    _ code: String,
    exits status: Int32 = 1,
    _ arguments: String,
    _ prepare: @escaping @Sendable (Workspace) throws -> Void
  ) -> DiagnosticCase {
    DiagnosticCase(code, status, .command(arguments, prepare))
  }

  static func failure(
    _ code: String,
    exits status: Int32 = 1,
    _ failure: @escaping @Sendable () -> CommandFailure
  ) -> DiagnosticCase {
    DiagnosticCase(code, status, .failure(failure))
  }

  private static let plan = "plan recipe.yaml --model model"
  private static let run = "run recipe.yaml --model model --output out --calibration calibration.jsonl"
  private static let layer = "model.layers.0.self_attn.q_proj"

  private static let unfinished = UnfinishedRun(path: "./.out.partial", blockCount: 3)

  static let all: [DiagnosticCase] = inputs + calibration + compressed + pairs + machine + hub

  // MARK: The model's files

  private static let inputs: [DiagnosticCase] = [
    command("already-compressed", plan) { folder in
      try folder.copyBundledModel()
      try folder.changeJSON("model/config.json") {
        $0["quantization_config"] = .object([.init("quant_method", .string("gptq"))])
      }
    },
    command("duplicate-tensor", plan) { folder in
      try folder.copyBundledModel()
      try folder.split(into: 2) { shards in shards[1].tensors.append(shards[0].tensors[0]) }
    },
    command("malformed-json", plan) { folder in
      try folder.copyBundledModel()
      try folder.write("model/config.json", "{\"model_type\": \"llama\",}\n")
    },
    command("malformed-model-config", plan) { folder in
      try folder.copyBundledModel()
      try folder.changeJSON("model/config.json") { $0["intermediate_size"] = nil }
    },
    command("malformed-safetensors", plan) { folder in
      try folder.copyBundledModel()
      try folder.write("model/model.safetensors", Array(folder.read("model/model.safetensors").dropLast(1000)))
    },
    command("malformed-shard-index", plan) { folder in
      try folder.copyBundledModel()
      try folder.split(into: 2) { _ in }
      try folder.changeJSON("model/model.safetensors.index.json") { index in
        index["weight_map"]?["model.norm.weight"] = .string("../elsewhere.safetensors")
      }
    },
    command("missing-file", exits: 2, plan) { folder in
      try folder.makeFolder("model")
      try folder.copy(Workspace.bundledModel.appending(path: "config.json"), to: "model/config.json")
    },
    command("missing-tensor", plan) { folder in
      try folder.copyBundledModel()
      try folder.changeWeights { $0.tensors.removeAll { $0.name == "\(layer).weight" } }
    },
    command("not-finite", run) { folder in
      try folder.copyBundledModel()
      try folder.writeRows(count: 1, length: 16)
      try folder.changeWeights { try $0.change("\(layer).weight") { $0.set(0x7FC0, at: 128 + 5) } }
    },
    command("other-weight-files", exits: 2, plan) { folder in
      try folder.makeFolder("model")
      try folder.copy(Workspace.bundledModel.appending(path: "config.json"), to: "model/config.json")
      for name in ["training_args.bin", "pytorch_model.bin"] { try folder.write("model/\(name)", "PK") }
    },
    command("system-refused", exits: 2, "plan recipe.yaml --model recipe.yaml") { _ in },
    command("unexpected-file", plan) { folder in
      try folder.copyBundledModel()
      try folder.extend("model/config.json", to: 300_000_000)
    },
    command("unexpected-tensor", plan) { folder in
      try folder.copyBundledModel()
      try folder.changeJSON("model/config.json") { $0["vocab_size"] = .integer(1000) }
    },
    command("unknown-topic", exits: 2, "explain GPTModifer") { _ in },
    command("unreadable-file", exits: 2, "plan absent.yaml --model model") { _ in },
    command("unsupported-model", plan) { folder in
      try folder.copyBundledModel()
      try folder.changeJSON("model/config.json") { $0["rope_parameters"]?["rope_type"] = .string("spiral") }
    },
  ]

  // MARK: Calibration data and the tokenizer

  private static let calibration: [DiagnosticCase] = [
    command("calibration-missing", "run recipe.yaml --model model --output out") { folder in
      try folder.copyBundledModel()
    },
    command("chat-template-fails", run) { folder in
      try folder.copyBundledModel()
      try folder.write(
        "model/chat_template.jinja",
        "{% if messages[0].role != 'user' %}\n{{ raise_exception('a user begins') }}\n{% endif %}"
      )
      try folder.write("calibration.jsonl", "{\"messages\": [{\"role\": \"assistant\", \"content\": \"Once\"}]}\n")
    },
    command("fewer-calibration-sequences", exits: 0, run + " --samples 4 --sequence-length 16") { folder in
      try folder.copyBundledModel()
      try folder.writeRows(count: 2, length: 16)
    },
    command("layer-without-input", run) { folder in
      try folder.copyBundledModel()
      try folder.writeRows(count: 128, length: 4)
      try folder.changeWeights { file in
        try file.change("model.layers.0.input_layernorm.weight") { tensor in
          tensor.bytes = Array(repeating: 0, count: tensor.bytes.count)
        }
      }
    },
    command("malformed-calibration-data", run) { folder in
      try folder.copyBundledModel()
      try folder.write("calibration.jsonl", "{\"text\": \"Once upon a time\"}\n{\"story\": \"Once\", \"id\": 2}\n")
    },
    command("malformed-tokenizer", run) { folder in
      try folder.copyBundledModel()
      try folder.write("calibration.jsonl", "{\"text\": \"Once upon a time\"}\n")
      try folder.changeJSON("model/tokenizer.json") { $0["model"]?["merges"] = nil }
    },
    command("missing-chat-template", run) { folder in
      try folder.copyBundledModel()
      try folder.write("calibration.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": \"Once\"}]}\n")
    },
    command("missing-tokenizer", "run recipe.yaml --model model --output out --calibration story.txt") { folder in
      try folder.copyBundledModel()
      try FileManager.default.removeItem(at: folder.url("model/tokenizer.json"))
      try folder.write("story.txt", "Once upon a time\n")
    },
    command("missing-folder", exits: 2, "plan recipe.yaml") { folder in try folder.copyBundledModel() },
    command("more-dampening", exits: 0, run + " --samples 1 --sequence-length 16") { folder in
      try folder.copyBundledModel()
      try folder.writeRows(count: 1, length: 16)
    },
    command("parquet-data", "run recipe.yaml --model model --output out --calibration data.parquet") { folder in
      try folder.copyBundledModel()
    },
    command("token-out-of-range", run) { folder in
      try folder.copyBundledModel()
      try folder.write("calibration.jsonl", "{\"input_ids\": [5, 17]}\n{\"input_ids\": [3, 1024]}\n")
    },
    command("unsupported-tokenizer", run) { folder in
      try folder.copyBundledModel()
      try folder.write("calibration.jsonl", "{\"text\": \"Once upon a time\"}\n")
      try folder.changeJSON("model/tokenizer.json") { $0["model"]?["type"] = .string("Unigram") }
    },
    failure("moments-not-finite") {
      ExecutionError.factorization(layer: layer, .notFinite).failure(calibration: "calibration.jsonl", output: "out")
    },
    failure("not-positive-definite") {
      ExecutionError.factorization(layer: layer, .notPositiveDefinite(dampeningFraction: 0.1))
        .failure(calibration: "calibration.jsonl", output: "out")
    },
  ]

  // MARK: Checkpoints that a run has written

  private static let compressed: [DiagnosticCase] = [
    command("activations-not-simulated", exits: 0, "eval out --text story.txt --sequence-length 4") { folder in
      try folder.copyBundledModel()
      try folder.compress()
      try folder.write("story.txt", "Once upon a time, there was a little girl\n")
      try folder.changeJSON("out/config.json") { config in
        config["quantization_config"]?["config_groups"]?["group_0"]?["input_activations"]?["strategy"] = .string(
          "tensor"
        )
      }
    },
    command("evaluation-needs-architecture", "eval out --text story.txt") { folder in
      try folder.copyBundledModel()
      try folder.changeJSON("model/config.json") { $0["model_type"] = .string("kangaroo") }
      try folder.compress()
      try folder.write("story.txt", "Once upon a time\n")
    },
    command("malformed-quantization-config", "inspect out") { folder in
      try folder.copyBundledModel()
      try folder.compress()
      try folder.changeJSON("out/config.json") { $0["quantization_config"]?["format"] = .string("pack-quantised") }
    },
    command("already-finished", exits: 0, "run recipe.yaml --model model --output out --resume") { folder in
      try folder.copyBundledModel()
      try folder.compress()
    },
    command("nothing-to-resume", exits: 0, "run recipe.yaml --model model --output out --resume") { folder in
      try folder.copyBundledModel()
    },
    command("memory-too-small", exits: 2, "plan recipe.yaml --model model --memory 20MB") { try $0.copyBundledModel() },
    command("output-exists", exits: 2, "run recipe.yaml --model model --output out") { folder in
      try folder.copyBundledModel()
      try folder.compress()
    },
    command("unsupported-compression", "eval out --text story.txt --sequence-length 4") { folder in
      try folder.copyBundledModel()
      try folder.compress()
      try folder.write("story.txt", "Once upon a time, there was a little girl\n")
      try folder.changeJSON("out/config.json") { config in
        config["quantization_config"]?["config_groups"]?["group_0"]?["weights"]?["group_size"] = .integer(96)
      }
    },
  ]

  // MARK: The machine

  private static let machine: [DiagnosticCase] = [
    failure("disk-full", exits: 3) {
      CheckpointError.diskFull(path: "out", needed: 4_690_000_000, available: 1_200_000_000).failure
    },
    failure("unaccounted-tensor") {
      ExecutionError.unaccounted(["model.layers.0.extra", "model.layers.1.extra"]).failure(
        calibration: "",
        output: "out"
      )
    },
    failure("interrupted", exits: 3) {
      ExecutionError.stopped(unfinished, by: .interrupted).failure(calibration: "calibration.jsonl", output: "out")
    },
    failure("run-in-progress", exits: 2) {
      ExecutionError.checkpoint(.inUse(path: "./.out.partial")).failure(calibration: "", output: "out")
    },
    failure("run-kept", exits: 3) {
      ExecutionError.stopped(
        unfinished,
        by: .checkpoint(.diskFull(path: "./.out.partial/stream-1", needed: 4_294_967_296, available: 1_200_000_000))
      ).failure(calibration: "", output: "out")
    },
    failure("unfinished-run", exits: 2) {
      ExecutionError.unfinished(unfinished).failure(calibration: "", output: "out")
    },
    failure("different-run", exits: 2) {
      ExecutionError.differs(
        unfinished,
        [
          RunFingerprint.Difference(.recipe, earlier: "c0ffee", now: "decade"),
          RunFingerprint.Difference(.sequences, earlier: "64", now: "128"),
        ]
      ).failure(calibration: "", output: "out")
    },
    failure("unwritable-file", exits: 3) {
      FileReplacement.Obstacle.system(path: "recipe.yaml", code: EACCES).failure
    },
    failure("output-incomplete") { CheckpointError.unwritten(["\(layer).weight_packed", "lm_head.weight"]).failure },
  ]
}

extension Workspace {
  /// Runs the recipe, which must need no data, so that there is a compressed checkpoint `out`.
  fileprivate func compress() throws {
    let outcome = try run(["run", "recipe.yaml", "--model", "model", "--output", "out"])
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  /// Makes `model` a sharded checkpoint whose index is right for the shards as they were before `change`.
  fileprivate func split(into count: Int, change: (inout [WeightFile]) -> Void) throws {
    let whole = try WeightFile(read("model/model.safetensors"))
    let size = (whole.tensors.count + count - 1) / count
    var shards = (0..<count).map { index in
      var shard = whole
      shard.tensors = Array(whole.tensors.dropFirst(index * size).prefix(size))
      return shard
    }
    let names = (1...count).map { "model-0000\($0)-of-0000\(count).safetensors" }
    let map = zip(names, shards).flatMap { name, shard in
      shard.tensors.map { JSON.Member($0.name, .string(name)) }
    }
    change(&shards)
    for (name, shard) in zip(names, shards) { try write("model/\(name)", shard.bytes) }
    try write(
      "model/model.safetensors.index.json",
      JSON.object([.init("weight_map", .object(map))]).serialized(.compact)
    )
    try FileManager.default.removeItem(at: url("model/model.safetensors"))
  }

  /// Makes a file as long as told, without filling the disk.
  fileprivate func extend(_ name: String, to byteCount: UInt64) throws {
    let handle = try FileHandle(forWritingTo: url(name))
    try handle.truncate(atOffset: byteCount)
    try handle.close()
  }
}
