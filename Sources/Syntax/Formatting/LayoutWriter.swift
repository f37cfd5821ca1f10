import Diagnostics

/// Writes tokens and the comments between them, one after the other, in the order of the source.
struct LayoutWriter {
  /// The source.
  let bytes: [UInt8]
  /// What has been written.
  private(set) var output: [UInt8] = []
  /// The characters written on the current line.
  private(set) var column = 0
  /// Whether an empty line before the next token is dropped, as at the start of a block.
  var dropsEmptyLine = true

  private let lineBreak: [UInt8]
  private var comments: ArraySlice<SourceSpan>
  /// The end of the source that is written.
  private var place: Int

  /// A writer for a document that ends its lines as given.
  init(bytes: [UInt8], comments: [SourceSpan], start: Int, lineBreak: [UInt8]) {
    self.bytes = bytes
    self.lineBreak = lineBreak
    self.comments = comments[...]
    place = start
  }

  /// Columns by which a block is indented more than the one around it.
  static let indentation = 2

  /// Columns that a flow collection may reach.
  static let widthLimit = 100

  // MARK: Tokens

  /// Writes the comments before a token, and the token, on the current line or indented on one of its own.
  mutating func put(_ span: SourceSpan, _ text: [UInt8]? = nil, indent: Int) {
    putComments(before: span.start, indent: indent)
    if column == 0 {
      if !dropsEmptyLine, hasEmptyLine(before: span.start) { output += lineBreak }
      append(spaces: indent)
    } else {
      append(spaces: 1)
    }
    append(text.map { $0[...] } ?? bytes[span.start..<span.end])
    dropsEmptyLine = false
    place = max(place, span.end)
  }

  /// Writes the comments before a token of one character, and the token, like other tokens.
  mutating func put(_ offset: Int, indent: Int) {
    put(SourceSpan(start: offset, end: offset + 1), indent: indent)
  }

  /// Writes right behind the last token one of a single character, which need not be in the source.
  mutating func join(_ text: String, for offset: Int? = nil) {
    append(Array(text.utf8)[...])
    if let offset { place = max(place, offset + 1) }
  }

  /// Ends the line if something stands on it, with the comment that stood behind it.
  mutating func breakLine() {
    if column > 0, let comment = comments.first, !hasToken(before: comment.start),
      lineStart(before: comment.start) == nil
    {
      putComment(comment, indent: 0)
    }
    if column > 0 { endLine() }
  }

  /// Ends the line, which may be empty.
  mutating func endLine() {
    output += lineBreak
    column = 0
  }

  /// Writes part of a token that spans several lines.
  mutating func append(_ text: ArraySlice<UInt8>) {
    output += text
    column += text.characterCount
  }

  /// Writes spaces.
  mutating func append(spaces count: Int) {
    output += repeatElement(UInt8(ascii: " "), count: count)
    column += count
  }

  /// Declares the source written up to an offset.
  mutating func advance(to offset: Int) {
    place = offset
  }

  // MARK: Comments

  /// Writes the comments that begin before an offset: behind the current line, or indented on lines of their own.
  mutating func putComments(before offset: Int, indent: Int) {
    while let comment = comments.first, comment.start < offset { putComment(comment, indent: indent) }
  }

  /// Ends the line and writes the comments that follow, as long as they stand at given columns of the source.
  mutating func putComments(at columns: CommentColumns, indent: Int) {
    breakLine()
    while let comment = comments.first, !hasToken(before: comment.start), let start = lineStart(before: comment.start) {
      let column = comment.start - start
      guard column >= columns.all || column == columns.items && isItem(comment) else { return }
      putComment(comment, indent: indent)
    }
  }

  /// Whether a comment is an item of a sequence that was commented out: `# - lm_head`.
  private func isItem(_ comment: SourceSpan) -> Bool {
    bytes[comment.start..<comment.end].drop { $0 == UInt8(ascii: "#") || $0.isSpaceOrTab }.starts(with: "- ".utf8)
  }

  private mutating func putComment(_ comment: SourceSpan, indent: Int) {
    comments.removeFirst()
    if column > 0, lineStart(before: comment.start) == nil {
      append(spaces: 2)
    } else {
      if column > 0 { endLine() }
      if !dropsEmptyLine, hasEmptyLine(before: comment.start) { endLine() }
      append(spaces: indent)
      dropsEmptyLine = false
    }
    append(bytes[comment.start..<comment.end].withoutTrailingSpace)
    endLine()
    place = max(place, comment.end)
  }

  // MARK: The space before a place of the source

  /// The start of the line when nothing but space stands before an offset, or nil.
  private func lineStart(before offset: Int) -> Int? {
    var start = offset
    while start > 0, bytes[start - 1].isSpaceOrTab { start -= 1 }
    return start == 0 || bytes[start - 1].isLineBreak || start == textStart ? start : nil
  }

  /// Whether anything but space and line breaks stands between what is written and an offset.
  private func hasToken(before offset: Int) -> Bool {
    place < offset && bytes[place..<offset].contains { !$0.isSpaceOrTab && !$0.isLineBreak }
  }

  /// Whether there are two line breaks before an offset, behind what is written.
  private func hasEmptyLine(before offset: Int) -> Bool {
    var breakCount = 0
    var index = offset
    while index > place, bytes[index - 1].isSpaceOrTab || bytes[index - 1].isLineBreak {
      let isPair = bytes[index - 1] == UInt8(ascii: "\n") && index - 1 > place && bytes[index - 2] == UInt8(ascii: "\r")
      breakCount += bytes[index - 1].isLineBreak ? 1 : 0
      index -= isPair ? 2 : 1
    }
    return breakCount > 1
  }

  /// Where the text begins behind a byte order mark.
  private var textStart: Int { bytes.starts(with: SourceFile.byteOrderMark) ? SourceFile.byteOrderMark.count : 0 }
}

extension ArraySlice<UInt8> {
  /// The text without spaces and tabs at its end.
  var withoutTrailingSpace: ArraySlice<UInt8> {
    self[..<(lastIndex { !$0.isSpaceOrTab }.map { $0 + 1 } ?? startIndex)]
  }
}
