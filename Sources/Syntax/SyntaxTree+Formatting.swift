package import Diagnostics

extension SyntaxTree {
  /// The file in the canonical layout, with the same meaning and all its comments.
  ///
  /// There is no value where the text is not one whole document; the errors say why. JSON stays as it is, and so does
  /// what would not be worth the rules: text with the line breaks NEL, LS or PS, which most editors do not show as such,
  /// plain words that begin like a document marker, and question marks before nothing. Around front matter nothing
  /// changes.
  package func formatted() -> Checked<SourceFile> {
    guard isWhole, let part else { return Checked(nil, diagnostics.filter { $0.severity == .error }) }
    let scan = TokenScan(file, part: part)
    guard !scan.isJSON(file), !file.bytes[part.start..<part.end].hasUnicodeLineBreak, !scan.isOutsideTheRules(file)
    else { return Checked(file) }
    let comments = SyntaxPiece.cut(file, (part, scan), only: .comment).map(\.span)
    let document = WrittenReader.read(file, scan.tokens, comments: comments)
    let lineBreak = file.bytes[part.start..<part.end].firstLineBreak
    var writer = LayoutWriter(bytes: file.bytes, comments: comments, start: part.start, lineBreak: lineBreak)
    writer.write(document)
    let bytes =
      part == file.withoutByteOrderMark
      ? writer.output
      : file.bytes[..<part.start] + writer.output + file.bytes[part.end...]
    return Checked(SourceFile(name: file.name, bytes: bytes))
  }

  /// Whether the document is JSON, which `formatted` leaves as it is.
  package var isJSON: Bool {
    guard isWhole, let part else { return false }
    return TokenScan(file, part: part).isJSON(file)
  }
}

extension TokenScan {
  /// Whether plain text begins with three dashes or dots, which at the start of a line would end the document, or
  /// a question mark marks an empty key, where libyaml swallows the token behind it.
  fileprivate func isOutsideTheRules(_ file: SourceFile) -> Bool {
    tokens.indices.contains { index in
      let token = tokens[index]
      switch token.kind {
      case .scalar(.plain):
        let text = file.bytes[token.span.start..<token.span.end]
        return text.starts(with: "---".utf8) || text.starts(with: "...".utf8)
      case .key where token.span.start < token.span.end && index + 1 < tokens.count:
        return [.value, .flowEntry, .flowSequenceEnd, .flowMappingEnd].contains(tokens[index + 1].kind)
      default:
        return false
      }
    }
  }
}

extension ArraySlice<UInt8> {
  /// What ends the first line: CR LF, or LF for all others.
  fileprivate var firstLineBreak: [UInt8] {
    let lineFeed = UInt8(ascii: "\n")
    let carriageReturn = UInt8(ascii: "\r")
    guard let first = firstIndex(where: \.isLineBreak) else { return [lineFeed] }
    return self[first...].starts(with: [carriageReturn, lineFeed]) ? [carriageReturn, lineFeed] : [lineFeed]
  }
}
