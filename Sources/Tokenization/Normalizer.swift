internal import JSONDocuments
internal import Patterns

/// What is done to a text before it is cut into words.
enum Normalizer: Sendable {
  case sequence([Normalizer])
  /// Unicode Normalization Form C.
  case canonicalComposition
  /// Text set before every text that is not empty.
  case prepend([UInt8])
  /// Every match is replaced by these bytes, which are taken literally.
  case replace(Pattern, [UInt8])
  /// Every occurrence of some bytes, at least one, is replaced.
  case replaceLiteral([UInt8], [UInt8])

  /// Reads the `normalizer` member of a tokenizer.json; null is no normalizer.
  init?(reading json: JSON, path: String = "normalizer") throws(TokenizerError) {
    if json == .null { return nil }
    let type = try json.text("type", in: path)
    switch type {
    case "Sequence":
      var parts: [Normalizer] = []
      for (index, item) in try json.list("normalizers", in: path).enumerated() {
        if let part = try Normalizer(reading: item, path: "\(path).normalizers[\(index)]") { parts.append(part) }
      }
      self = .sequence(parts)
    case "NFC": self = .canonicalComposition
    case "Prepend": self = .prepend(Array(try json.text("prepend", in: path).utf8))
    case "Replace":
      let content = Array(try json.text("content", in: path).utf8)
      if let literal = json["pattern"]?["String"]?.string {
        if literal.isEmpty { throw .unsupported(component: "normalizer Replace of an empty text") }
        self = .replaceLiteral(Array(literal.utf8), content)
      } else if let regex = json["pattern"]?["Regex"]?.string {
        self = .replace(try OnigurumaSyntax.pattern(regex), content)
      } else {
        throw .malformed(path: "\(path).pattern")
      }
    default: throw .unsupported(component: "normalizer \(type)")
    }
  }

  /// The normalized text.
  func normalized(_ text: [UInt8]) -> [UInt8] {
    if text.isEmpty { return text }
    switch self {
    case .sequence(let parts): return parts.reduce(text) { $1.normalized($0) }
    case .canonicalComposition: return CanonicalComposition.composed(text)
    case .prepend(let prefix): return prefix + text
    case .replace(let pattern, let content):
      var result: [UInt8] = []
      var end = 0
      text.withUnsafeBufferPointer { bytes in
        pattern.forEachMatch(in: bytes) { match in
          result.append(contentsOf: bytes[end..<match.lowerBound])
          result.append(contentsOf: content)
          end = match.upperBound
        }
      }
      result.append(contentsOf: text[end...])
      return result
    case .replaceLiteral(let literal, let content): return Self.replacing(literal, by: content, in: text)
    }
  }

  private static func replacing(_ literal: [UInt8], by content: [UInt8], in text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count + text.count / 4)
    text.withUnsafeBufferPointer { bytes in
      var index = 0
      while index < bytes.count {
        if bytes[index] == literal[0] && bytes[index...].starts(with: literal) {
          result.append(contentsOf: content)
          index += literal.count
        } else {
          result.append(bytes[index])
          index += 1
        }
      }
    }
    return result
  }
}
