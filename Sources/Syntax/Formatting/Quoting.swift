/// Which quotes a text needs.
enum Quoting {
  /// A quoted scalar on one line with the quotes of the canonical layout, or nil when it stays as it is.
  ///
  /// Quotes go where YAML 1.1, YAML 1.2 and PyYAML all read the same text without them; else they become double, unless
  /// that would take escapes.
  static func requoted(_ token: SyntaxToken, isInFlow: Bool) -> [UInt8]? {
    let text = token.quotedText
    switch token.kind {
    case .scalar(.singleQuoted), .scalar(.doubleQuoted):
      if isPlain(text, isInFlow: isInFlow) { return Array(text.utf8) }
      guard token.kind == .scalar(.singleQuoted), !text.utf8.contains(where: needsEscape) else { return nil }
      return Array("\"\(text)\"".utf8)
    default:
      return nil
    }
  }

  /// Whether a text without quotes is certainly the same string to every reader.
  ///
  /// It begins with a letter, an underscore or a slash, so that no number, date or indicator comes into question.
  private static func isPlain(_ text: String, isInFlow: Bool) -> Bool {
    guard let first = text.unicodeScalars.first, first.isWordStart, !text.hasSuffix(" "), !text.hasSuffix(":"),
      !reservedWords.contains(text.lowercased()), case .string = PlainValue(plain: text)
    else { return false }
    var previous: Unicode.Scalar = first
    for scalar in text.unicodeScalars {
      let isPrintable = scalar.isASCII ? (0x20..<0x7F).contains(scalar.value) : scalar.properties.isAlphabetic
      guard isPrintable else { return false }
      if isInFlow, flowIndicators.contains(scalar) { return false }
      if scalar == "#", previous == " " { return false }
      if scalar == " ", previous == ":" { return false }
      previous = scalar
    }
    return true
  }

  /// Words that some version of YAML reads as another type, in lower case.
  private static let reservedWords: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]

  /// What older readers do not take inside brackets.
  private static let flowIndicators: Set<Unicode.Scalar> = [",", "[", "]", "{", "}", ":", "?"]

  private static func needsEscape(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") }
}

extension Unicode.Scalar {
  fileprivate var isWordStart: Bool { properties.isAlphabetic || self == "_" || self == "/" }
}
