/// A text with the name that its reader knows it by; where it came from is not known here.
package struct SourceFile: Hashable, Sendable {
  /// The name shown in diagnostics, usually the path as it was given.
  package let name: String
  /// The content, which need not be valid UTF-8.
  package let bytes: [UInt8]
  /// Where the lines of the content begin.
  package let lines: LineTable
  private let columns: ColumnTable

  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    self.lines = LineTable(bytes)
    self.columns = ColumnTable(bytes, lines: lines)
  }

  package init(name: String, text: String) {
    self.init(name: name, bytes: Array(text.utf8))
  }

  /// The content as text, with U+FFFD for bytes that are not UTF-8.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The text of a span; a span that reaches beyond the content is cut.
  package subscript(span: SourceSpan) -> String {
    let lower = min(max(span.start, 0), bytes.count)
    return String(decoding: bytes[lower..<min(max(span.end, lower), bytes.count)], as: UTF8.self)
  }

  /// The line and the column of a byte offset; an offset beyond the content is its end.
  package func position(at offset: Int) -> SourcePosition {
    let offset = min(max(offset, 0), bytes.count)
    let line = lines.line(at: offset)
    var scalarCount = columns.scalarCount(from: lines.start(ofLine: line), to: offset, in: bytes)
    if line == 1, scalarCount > 0, bytes.starts(with: SourceFile.byteOrderMark) { scalarCount -= 1 }
    return SourcePosition(line: line, column: scalarCount + 1)
  }

  /// U+FEFF in UTF-8, which counts as no character at the start of a file.
  package static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
}

/// A place in a source file, as people count.
package struct SourcePosition: Hashable, Comparable, Sendable {
  /// The line, from 1.
  package let line: Int
  /// The column in characters (Unicode scalars), from 1.
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package static func < (left: SourcePosition, right: SourcePosition) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}
