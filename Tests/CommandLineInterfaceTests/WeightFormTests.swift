import Foundation
import JSONDocuments
import TestSupport
import Testing

/// Models whose weights are not plain, or not where they are looked for.
@Suite struct WeightFormTests {
  private static func recipe(_ folder: Workspace) throws {
    let text = "quant_stage: {quant_modifiers: {QuantizationModifier: {scheme: FP8_DYNAMIC, targets: [Linear]}}}\n"
    try folder.write("recipe.yaml", text)
  }

  /// A model of the fixtures with something else to say of quantization.
  private static func model(saying quantization: JSON) throws -> Workspace {
    let folder = try Workspace()
    try recipe(folder)
    try folder.copyBundledModel()
    try folder.changeJSON("model/config.json") { $0["quantization_config"] = quantization }
    return folder
  }

  private static func object(_ text: String) throws -> JSON { try JSON.parse(Array(text.utf8)) }

  @Test(
    arguments: [
      (#"{"quant_method":"awq"}"#, #"quant_method "awq""#, "start from the original checkpoint"),
      (
        #"{"quant_method":"bitsandbytes","load_in_4bit":true}"#, #"quant_method "bitsandbytes""#,
        "start from the original"
      ),
      (#"{"quant_method":"mxfp4"}"#, #"quant_method "mxfp4""#, "Mxfp4Config(dequantize=True)"),
      (#"{"quant_method":"fp8","fmt":"e4m3"}"#, #"quant_method "fp8", format "e4m3""#, "weight_block_size"),
      (#"{"quant_method":"fbgemm_fp8"}"#, #"quant_method "fbgemm_fp8""#, "weight_block_size"),
      (
        #"{"quant_method":"compressed-tensors","format":"pack-quantized","config_groups":{"group_0":{"targets":["Linear"]}}}"#,
        #"format "pack-quantized""#, "start from the original"
      ),
      (
        #"{"quant_method":"compressed-tensors","format":"dense","sparsity_config":{"format":"sparse-24-bitmask"}}"#,
        #"quant_method "compressed-tensors", format "dense""#, #""sparse-24-bitmask""#
      ),
      (
        #"{"quant_method":"compressed-tensors","format":"dense","config_groups":{},"kv_cache_scheme":{"num_bits":8}}"#,
        #"format "dense""#, "kv_cache_scheme"
      ),
      (
        #"{"quant_method":"compressed-tensors","transform_config":{"config_groups":{}}}"#,
        #"quant_method "compressed-tensors""#, "transform_config"
      ),
      ("{}", #"quant_method "unknown""#, "start from the original"),
    ]
  )
  func whatIsCompressedIsNamed(quantization: String, name: String, advice: String) throws {
    let folder = try Self.model(saying: Self.object(quantization))
    for command in [["plan", "recipe.yaml", "--model", "model"], ["check", "recipe.yaml", "--model", "model"]] {
      let outcome = try folder.run(command)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("[already-compressed]") || outcome.output.contains("[already-compressed]"))
      let text = outcome.errors + outcome.output
      #expect(text.contains(name) && text.contains(advice), "\(text)")
    }
  }

  @Test func modelsOfModelOptimizerAreKnownByTheirOwnFile() throws {
    let folder = try Workspace()
    try Self.recipe(folder)
    try folder.copyBundledModel()
    try folder.write("model/hf_quant_config.json", "{}")
    let outcome = try folder.run(["plan", "recipe.yaml", "--model", "model"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains(#"quant_method "modelopt""#))
  }

  @Test(arguments: ["inspect model", "eval model --text story.txt", "compare model plain", "compare plain model"])
  func formsOfOtherToolsAreNotRead(command: String) throws {
    let folder = try Self.model(saying: Self.object(#"{"quant_method":"gptq"}"#))
    try folder.write("story.txt", "Once upon a time, there was a little girl\n")
    try folder.copy(Workspace.bundledModel, to: "plain")
    let outcome = try folder.run(command.split(separator: " ").map(String.init))
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("[unsupported-compression]"), "\(outcome.errors)")
  }

  @Test(
    arguments: [
      #"{"quant_method":"compressed-tensors","format":"dense","sparsity_config":{"format":"dense","sparsity_structure":"2:4"}}"#,
      #"{"quant_method":"compressed-tensors","config_groups":{},"kv_cache_scheme":null,"sparsity_config":{},"transform_config":{}}"#,
    ]
  )
  func aModelThatWasPrunedAndNoMoreIsPlain(quantization: String) throws {
    let folder = try Self.model(saying: Self.object(quantization))
    #expect(try folder.run(["inspect", "model"]).output.contains("compression   none"))
    #expect(try folder.run(["run", "recipe.yaml", "--model", "model", "--output", "out"]).status == 0)
    try folder.changeJSON("model/config.json") { $0["quantization_config"] = nil }
    #expect(try folder.run(["run", "recipe.yaml", "--model", "model", "--output", "plain"]).status == 0)
    for file in ["config.json", "model.safetensors"] {
      #expect(try folder.read("out/\(file)") == folder.read("plain/\(file)"))
    }
  }

  @Test(
    arguments: [
      ("model-Q4_K_M.gguf", "llama.cpp"), ("adapter_model.safetensors", "merge it into its base model"),
      ("consolidated.safetensors", "rename it"), ("model-00001-of-00002.safetensors", "model.safetensors.index.json"),
      ("flax_model.msgpack", "save_pretrained"),
    ]
  )
  func weightsInAnotherFormAreNamed(file: String, advice: String) throws {
    let folder = try Workspace()
    try Self.recipe(folder)
    try folder.makeFolder("model")
    try folder.write("model/\(file)", "GGUF")
    let outcome = try folder.run(["plan", "recipe.yaml", "--model", "model"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("[other-weight-files]"))
    #expect(outcome.errors.contains(file) && outcome.errors.contains(advice), "\(outcome.errors)")
  }

  @Test func float8InBlocksIsInspectedPlannedAndRun() throws {
    let folder = try Workspace()
    try Self.recipe(folder)
    try folder.copy(Places.fixtures(of: "Checkpoints").appending(path: "inputs/llama_fp8"), to: "model")
    let inspected = try folder.run(["inspect", "model", "--format", "json"])
    #expect(try Self.object(inspected.output)["float8Block"] == .array([.integer(128), .integer(128)]))
    let text = try folder.run(["inspect", "model"])
    #expect(text.output.contains("compression   float8 in blocks of 128 x 128, read as bfloat16"))
    #expect(try folder.run(["plan", "recipe.yaml", "--model", "model"]).status == 0)
    #expect(try folder.run(["run", "recipe.yaml", "--model", "model", "--output", "out"]).status == 0)
    #expect(try folder.run(["compare", "model", "out"]).status == 0)
  }
}
