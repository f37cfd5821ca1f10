import Diagnostics

extension LayoutWriter {
  /// Writes a scalar or an alias.
  ///
  /// - Parameters:
  ///   - text: What to write.
  ///   - indent: The indentation if it begins a line, and of a block scalar's lines.
  ///   - continuation: The indentation of the other lines of a plain or quoted scalar.
  mutating func put(_ text: WrittenText, indent: Int, continuation: Int) {
    switch text.form {
    case .asIs, .alias: put(text.span, indent: indent)
    case .requoted(let requoted): put(text.span, requoted, indent: indent)
    case .folded: putFolded(text.span, indent: indent, continuation: continuation)
    case .block(let parent): putBlock(text.span, parent: parent, indent: max(indent, LayoutWriter.indentation))
    }
  }

  /// Writes a plain or quoted scalar of several lines, whose indentation means nothing.
  private mutating func putFolded(_ span: SourceSpan, indent: Int, continuation: Int) {
    let isDoubleQuoted = bytes[span.start] == UInt8(ascii: "\"")
    let lines = SourceLines(bytes, span)
    for (index, line) in lines.enumerated() {
      var text = bytes[line.span.start..<line.span.end]
      if index > 0 { text = text.drop { $0.isSpaceOrTab } }
      if line.hasBreak {
        let trimmed = text.withoutTrailingSpace
        // A backslash makes the space behind it part of the text.
        let escapes = isDoubleQuoted && trimmed.endsWithEscape && trimmed.count < text.count
        text = escapes ? text.prefix(trimmed.count + 1) : trimmed
      }
      if index == 0 {
        put(SourceSpan(start: text.startIndex, end: text.endIndex), indent: indent)
      } else {
        endLine()
        if !text.isEmpty { append(spaces: continuation) }
        append(text)
      }
    }
    advance(to: span.end)
  }

  /// Writes a block scalar, whose lines keep what they are indented beyond the first.
  private mutating func putBlock(_ span: SourceSpan, parent: Int, indent: Int) {
    let header = BlockScalarHeader(bytes, span)
    var lines = Array(SourceLines(bytes, SourceSpan(start: header.bodyStart, end: span.end)))
    let stripped = header.indentation.map { max(parent, 0) + $0 } ?? shownIndentation(of: lines, parent: parent)
    lines = lines.map { $0.dropping(spaces: stripped, in: bytes) }
    // At the end of a text without a last line break there is no break to keep.
    let isCut = lines.last.map { !$0.hasBreak && !$0.isEmpty } ?? false
    let chomping = isCut ? BlockScalarHeader.Chomping.strip : header.chomping
    if chomping != .keep {
      while lines.last?.isEmpty ?? false { lines.removeLast() }
    }
    var indicators = [bytes[span.start]]
    if header.indentation != nil { indicators += "\(LayoutWriter.indentation)".utf8 }
    indicators += chomping.indicator.utf8
    put(header.indicators, indicators, indent: indent)
    putComments(before: header.bodyStart, indent: indent)
    breakLine()
    for line in lines {
      if !line.isEmpty {
        append(spaces: indent)
        append(bytes[line.span.start..<line.span.end])
      }
      endLine()
    }
    let contentEnd = lines.last?.span.end ?? header.comment?.end ?? header.indicators.end
    advance(to: chomping == .keep ? span.end : contentEnd)
  }

  /// The indentation that the first line of a block scalar shows, or an empty line before it that has more spaces.
  private func shownIndentation(of lines: [SourceLines.Line], parent: Int) -> Int {
    var indentation = max(parent + 1, 1)
    for line in lines {
      let text = bytes[line.span.start..<line.span.end]
      let spaces = text.prefix { $0 == UInt8(ascii: " ") }.count
      indentation = max(indentation, spaces)
      if spaces < text.count { break }
    }
    return indentation
  }
}

/// The lines of a span, each without its break.
private struct SourceLines: Sequence, IteratorProtocol {
  /// A line, and whether a break ends it.
  struct Line {
    let span: SourceSpan
    let hasBreak: Bool

    var isEmpty: Bool { span.start == span.end }

    /// The line without as many of its leading spaces.
    func dropping(spaces limit: Int, in bytes: [UInt8]) -> Line {
      let spaces = bytes[span.start..<span.end].prefix(limit).prefix { $0 == UInt8(ascii: " ") }.count
      return Line(span: SourceSpan(start: span.start + spaces, end: span.end), hasBreak: hasBreak)
    }
  }

  private let bytes: [UInt8]
  private let end: Int
  private var place: Int

  init(_ bytes: [UInt8], _ span: SourceSpan) {
    self.bytes = bytes
    end = span.end
    place = span.start
  }

  mutating func next() -> Line? {
    guard place < end else { return nil }
    let lineEnd = bytes[place..<end].firstIndex { $0.isLineBreak } ?? end
    let line = Line(span: SourceSpan(start: place, end: lineEnd), hasBreak: lineEnd < end)
    let isPair = bytes[lineEnd..<end].starts(with: [UInt8(ascii: "\r"), UInt8(ascii: "\n")])
    place = Swift.min(lineEnd + (isPair ? 2 : 1), end)
    return line
  }
}

extension BlockScalarHeader.Chomping {
  fileprivate var indicator: String {
    switch self {
    case .clip: ""
    case .strip: "-"
    case .keep: "+"
    }
  }
}

extension ArraySlice<UInt8> {
  /// Whether an odd number of backslashes stands at the end.
  fileprivate var endsWithEscape: Bool {
    !reversed().prefix { $0 == UInt8(ascii: "\\") }.count.isMultiple(of: 2)
  }
}
