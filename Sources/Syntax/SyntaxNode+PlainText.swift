extension SyntaxNode {
  /// The node as YAML text that both YAML 1.1 and 1.2 read alike: block mappings, lists as they were written, aliases
  /// and merge keys in full, no comments; ends with a line feed.
  package var plainText: String {
    var writer = PlainWriter()
    writer.write(self, indentation: 0)
    return writer.text
  }
}

/// Writes nodes as text.
private struct PlainWriter {
  private(set) var text = ""

  mutating func write(_ node: SyntaxNode, indentation: Int) {
    switch node {
    case .mapping(let mapping) where !mapping.entries.isEmpty && !mapping.isFlow:
      for entry in mapping.entries { write(entry.key, entry.value, indentation: indentation) }
    case .sequence(let sequence) where !sequence.items.isEmpty && !sequence.isFlow:
      for item in sequence.items {
        text += String(repeating: " ", count: indentation) + "- " + PlainWriter.flow(item) + "\n"
      }
    default: text += String(repeating: " ", count: indentation) + PlainWriter.flow(node) + "\n"
    }
  }

  private mutating func write(_ key: ScalarSyntax, _ value: SyntaxNode, indentation: Int) {
    text += String(repeating: " ", count: indentation) + PlainWriter.flow(.scalar(key)) + ":"
    switch value {
    case .mapping(let mapping) where !mapping.entries.isEmpty && !mapping.isFlow,
      .mapping(let mapping) where mapping.isDeep:
      text += "\n"
      for entry in mapping.entries { write(entry.key, entry.value, indentation: indentation + Self.step) }
    case .sequence(let sequence) where !sequence.items.isEmpty && !sequence.isFlow:
      text += "\n"
      write(value, indentation: indentation + Self.step)
    default:
      let flow = PlainWriter.flow(value)
      text += flow.isEmpty ? "\n" : " \(flow)\n"
    }
  }

  /// Spaces of one level.
  private static let step = 2

  /// A node in one line.
  private static func flow(_ node: SyntaxNode) -> String {
    switch node {
    case .scalar(let scalar): return scalar.quoted
    case .sequence(let sequence): return "[" + sequence.items.map(flow).joined(separator: ", ") + "]"
    case .mapping(let mapping):
      let entries = mapping.entries.map { entry in "\(entry.key.quoted): \(flow(entry.value))" }
      return "{" + entries.joined(separator: ", ") + "}"
    }
  }
}

extension MappingSyntax {
  /// Whether a mapping in braces holds one that was written in block form, as merging can bring about.
  fileprivate var isDeep: Bool {
    isFlow && entries.contains { entry in entry.value.mapping.map { !$0.isFlow && !$0.entries.isEmpty } ?? false }
  }
}

extension ScalarSyntax {
  /// The scalar in one line: plain as it was, or in quotes.
  fileprivate var quoted: String {
    let isPlain = style == .plain && !text.unicodeScalars.contains { "\n,[]{}".unicodeScalars.contains($0) }
    if isPlain { return text.isEmpty ? "null" : text }
    return text.quotedForYAML
  }
}

extension String {
  /// The text as a YAML scalar in quotes, on one line: double quotes unless the text has what they would have to escape.
  package var quotedForYAML: String {
    let scalars = unicodeScalars
    if !scalars.contains(where: { $0 == "\"" || $0 == "\\" || $0.needsEscape }) { return "\"\(self)\"" }
    var quoted = String.UnicodeScalarView()
    guard scalars.contains(where: \.needsEscape) else {
      for scalar in scalars {
        quoted.append(scalar)
        if scalar == "'" { quoted.append(scalar) }
      }
      return "'\(String(quoted))'"
    }
    for scalar in scalars {
      if scalar == "\"" || scalar == "\\" {
        quoted.append("\\")
        quoted.append(scalar)
      } else if scalar.needsEscape {
        let digits = String(scalar.value, radix: 16)
        for digit in ("\\U" + String(repeating: "0", count: 8 - digits.count) + digits).unicodeScalars {
          quoted.append(digit)
        }
      } else {
        quoted.append(scalar)
      }
    }
    return "\"\(String(quoted))\""
  }
}

extension Unicode.Scalar {
  /// Whether it breaks a line or is no character that YAML allows as it is.
  fileprivate var needsEscape: Bool {
    value < 0x20 || (0x7F...0x9F).contains(value) || self == "\u{2028}" || self == "\u{2029}" || self == "\u{FEFF}"
  }
}
