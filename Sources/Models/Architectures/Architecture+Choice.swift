internal import JSONDocuments

extension Architecture {
  /// The architecture that describes a model, and the config of the part that it describes: all of it, or of a model that
  /// also sees images the part that speaks.
  ///
  /// - Parameters:
  ///   - config: config.json.
  ///   - given: The architecture, where the caller knows it.
  /// - Returns: Both, or nil when the architecture is unknown.
  static func describing(_ config: JSON, _ given: Architecture?) -> (architecture: Architecture, config: JSON)? {
    guard var text = config["text_config"], case .object = text else {
      guard let known = given ?? config["model_type"]?.string.flatMap(named) else { return nil }
      return (known, config)
    }
    let type = text["model_type"]?.string ?? standardTextTypes[config["model_type"]?.string ?? ""]
    guard let known = given ?? type.flatMap(named) else { return nil }
    for key in outerKeys where (text[key] ?? .null) == .null { text[key] = config[key] }
    text["architectures"] = config["architectures"]
    return (known, text)
  }

  /// What the part that speaks is where its config does not say.
  private static let standardTextTypes = [
    "gemma3": "gemma3_text", "llava": "llama", "llava_next": "llama", "mistral3": "mistral",
  ]
  /// Members of the outer config that count for the inner one.
  private static let outerKeys = ["dtype", "tie_word_embeddings", "torch_dtype"]
}
