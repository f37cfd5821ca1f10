import Diagnostics

extension TokenScan {
  /// Whether the text is JSON: braces or brackets, double quotes, and nothing that only YAML has.
  func isJSON(_ file: SourceFile) -> Bool {
    guard isWhole, let first = tokens.first?.kind, first == .flowMappingStart || first == .flowSequenceStart else {
      return false
    }
    var place = tokens[0].span.start
    for (index, token) in tokens.enumerated() {
      // A comment is something that only YAML has.
      guard file.bytes[place..<token.span.start].allSatisfy({ $0.isSpaceOrTab || $0.isLineBreak }) else { return false }
      place = token.span.end
      let next = index + 1 < tokens.count ? tokens[index + 1].kind : nil
      switch token.kind {
      case .flowSequenceStart, .flowSequenceEnd, .flowMappingStart, .flowMappingEnd, .value, .scalar(.doubleQuoted):
        continue
      case .flowEntry where next != .flowSequenceEnd && next != .flowMappingEnd:
        continue
      case .key where token.span.start == token.span.end && next == .scalar(.doubleQuoted):
        continue
      case .scalar(.plain) where Self.isJSONWord(file.bytes[token.span.start..<token.span.end]):
        continue
      default:
        return false
      }
    }
    return file.bytes[place...].allSatisfy { $0.isSpaceOrTab || $0.isLineBreak }
  }

  /// Whether plain text is a number, `true`, `false` or `null`.
  private static func isJSONWord(_ text: ArraySlice<UInt8>) -> Bool {
    if ["true", "false", "null"].contains(where: { text.elementsEqual($0.utf8) }) { return true }
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let unsigned = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
    return unsigned.first.map(digits.contains) ?? false
      && unsigned.allSatisfy { digits.contains($0) || "+-.eE".utf8.contains($0) }
  }
}
