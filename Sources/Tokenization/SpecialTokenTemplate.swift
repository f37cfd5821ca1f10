internal import JSONDocuments

/// The tokens that stand around every text.
struct SpecialTokenTemplate: Sendable {
  private(set) var prefix: [Int32] = []
  private(set) var suffix: [Int32] = []

  /// Reads the `post_processor` member of a tokenizer.json; null adds no token.
  ///
  /// - Throws: `unsupported` for kinds not known and for templates that repeat or leave out the text.
  init(reading json: JSON, path: String = "post_processor") throws(TokenizerError) {
    if json == .null { return }
    let type = try json.text("type", in: path)
    switch type {
    case "ByteLevel": break  // It moves offsets only.
    case "Sequence":
      for (index, item) in try json.list("processors", in: path).enumerated() {
        let inner = try SpecialTokenTemplate(reading: item, path: "\(path).processors[\(index)]")
        prefix = inner.prefix + prefix
        suffix += inner.suffix
      }
    case "TemplateProcessing": try readTemplate(json, path: path)
    default: throw .unsupported(component: "post-processor \(type)")
    }
  }

  private mutating func readTemplate(_ json: JSON, path: String) throws(TokenizerError) {
    var hasText = false
    for (index, item) in try json.list("single", in: path).enumerated() {
      let place = "\(path).single[\(index)]"
      if let sequence = item["Sequence"] {
        guard sequence["id"] == .string("A"), !hasText else { throw .unsupported(component: "template \(place)") }
        hasText = true
      } else if let name = item["SpecialToken"]?["id"]?.string {
        let special = "\(path).special_tokens.\(name)"
        guard let ids = json["special_tokens"]?[name]?["ids"]?.array else { throw .malformed(path: special) }
        for id in ids {
          let id = try id.tokenID(in: special)
          if hasText { suffix.append(id) } else { prefix.append(id) }
        }
      } else {
        throw .malformed(path: place)
      }
    }
    guard hasText else { throw .unsupported(component: "template without a text") }
  }
}
