internal import Checkpoints
internal import Diagnostics
internal import JSONDocuments

/// What is said of models whose weights are in a form that a command cannot begin with.
enum WeightFormDiagnostics {
  static func alreadyCompressed(_ compression: JSON) -> Diagnostic {
    let method = method(compression)
    return Diagnostic(
      .error,
      DiagnosticCode("already-compressed"),
      "the model is quantized already (\(phrase(compression))); Pare compresses plain weights only",
      help: remedies[method] ?? "start from the original checkpoint",
      notes: reason(method, compression).map { [$0] } ?? []
    )
  }

  static func otherWeightFiles(_ file: String, in folder: String) -> Diagnostic {
    let (form, remedy) = form(of: file)
    return Diagnostic(
      .error,
      DiagnosticCode("other-weight-files"),
      "\(folder) has neither model.safetensors nor an index of shards; \(file) \(form)",
      help: remedy
    )
  }

  static func unsupportedCompression(_ compression: JSON) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("unsupported-compression"),
      "the model is quantized by a tool whose checkpoints Pare does not read (\(phrase(compression)))"
    )
  }

  /// The value of `quant_method`.
  static func method(_ compression: JSON) -> String { compression["quant_method"]?.string ?? "unknown" }

  /// Method and, where the config names one, format.
  private static func phrase(_ compression: JSON) -> String {
    let format = (compression["format"] ?? compression["fmt"])?.string.map { ", format \"\($0)\"" }
    return "quant_method \"\(method(compression))\"" + (format ?? "")
  }

  /// Why a checkpoint that looks like one that Pare begins with is none.
  private static func reason(_ method: String, _ compression: JSON) -> String? {
    func says(_ key: String) -> Bool { compression[key]?.object?.isEmpty == false }
    if method == "fp8" || method == "fbgemm_fp8" {
      return "float8 is read where each block of a weight has a factor of its own, as weight_block_size says"
    }
    guard QuantizationConfig.isOurs(method), !says("config_groups") else { return nil }
    if let format = compression["sparsity_config"]?["format"]?.string, format != "dense" {
      return "its zeros are not stored: the format of its sparsity_config is \"\(format)\""
    }
    if says("kv_cache_scheme") {
      return "its kv_cache_scheme comes with scales, which belong to the weights as they are"
    }
    return says("transform_config") ? "its transform_config says that inputs are multiplied while serving" : nil
  }

  /// What to do where the original is not to be had, or not the right thing to ask for.
  private static let remedies = [
    "mxfp4": "start from a bfloat16 copy: load the model in transformers with Mxfp4Config(dequantize=True) and save it"
  ]

  private static func form(of file: String) -> (form: String, remedy: String) {
    let name = file.lowercased()
    if name.hasSuffix(".gguf") || name.hasSuffix(".ggml") {
      return ("is a file of llama.cpp", "start from the checkpoint that it was made of")
    }
    if name.hasPrefix("adapter_model.") {
      return ("is an adapter and no model", "merge it into its base model and save the result")
    }
    if name.hasPrefix("model-"), name.contains("-of-"), name.hasSuffix(".safetensors") {
      return ("is a shard", "take model.safetensors.index.json from where the model comes from")
    }
    if name.hasSuffix(".safetensors") {
      return (
        "is not where loaders look",
        "rename it to model.safetensors if it is the whole model in the names of transformers"
      )
    }
    return ("is not in safetensors", "load the model in transformers and save it with save_pretrained")
  }
}
