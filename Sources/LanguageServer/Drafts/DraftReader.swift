internal import Diagnostics

/// Reads a draft line by line, in one pass.
struct DraftReader {
  var draft: Draft
  let bytes: [UInt8]
  let end: Int
  var next: Int
  /// Entries that what follows may stand in, outermost first.
  private var open: [Int] = []
  /// The column that the lines of a long text are behind; nil outside of one.
  private var longTextIndent: Int?

  init(_ draft: Draft, part: SourceSpan) {
    self.draft = draft
    bytes = draft.file.bytes
    next = part.start
    end = part.end
  }

  mutating func read() {
    while next < end { readLine() }
  }

  private mutating func readLine() {
    let start = next
    skipBlanks()
    let column = next - start
    defer { skipLine() }
    guard let byte = peek(), !isLineBreak(byte) else { return }
    if let indent = longTextIndent {
      if column > indent {
        draft.silences.append(SourceSpan(start: start, end: lineEnd(from: next)))
        return
      }
      longTextIndent = nil
    }
    if column == 0, text(at: next, is: "---") || text(at: next, is: "...") {
      open = []
      return
    }
    readContent(column: column, lineStart: start)
  }

  private mutating func readContent(column: Int, lineStart: Int) {
    var column = column
    while peek() == UInt8(ascii: "-"), isSpaceOrEnd(at: next + 1) {
      closeForItem(column: column)
      let span = SourceSpan(start: next, end: next + 1)
      open.append(add(key: nil, span: span, parent: open.last, indent: column))
      next += 1
      skipBlanks()
      column = next - lineStart
    }
    guard let byte = peek(), !isLineBreak(byte) else { return }
    if skipComment() { return }
    if let key = key(isInBrackets: false) {
      closeForKey(column: column)
      let entry = add(key: key.text, span: key.span, parent: open.last, indent: column)
      open.append(entry)
      readValue(of: entry)
    } else if let last = open.last, draft.entries[last].key == nil, draft.entries[last].span.start >= lineStart {
      readValue(of: last)
    } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
      if let last = open.last {
        guard !draft.entries[last].isComplete else { return }
        draft.entries[last].holdsBrackets = true
      }
      readBrackets(of: open.last, indent: open.last.map { draft.entries[$0].indent } ?? -1)
    }
  }

  /// What follows a colon or a dash on its line.
  private mutating func readValue(of entry: Int) {
    skipBlanks()
    while let byte = peek(), byte == UInt8(ascii: "&") || byte == UInt8(ascii: "!") {
      while let byte = peek(), !isSpace(byte), !isLineBreak(byte) { next += 1 }
      skipBlanks()
    }
    guard let byte = peek(), !isLineBreak(byte), !skipComment() else { return }
    switch byte {
    case UInt8(ascii: "|"), UInt8(ascii: ">"):
      longTextIndent = draft.entries[entry].indent
      draft.entries[entry].value = .init(text: "", span: SourceSpan(start: next, end: next + 1), isQuoted: false)
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      draft.entries[entry].holdsBrackets = true
      readBrackets(of: entry, indent: draft.entries[entry].indent)
    default:
      draft.entries[entry].value = scalar(isInBrackets: false)
      skipBlanks()
      _ = skipComment()
    }
  }

  /// What can hold no item in this column is closed: deeper entries, earlier items, and keys that have a value.
  private mutating func closeForItem(column: Int) {
    while let last = open.last {
      let entry = draft.entries[last]
      let isDeeper = entry.indent > column || (entry.indent == column && (entry.key == nil || entry.isComplete))
      guard isDeeper || entry.isComplete else { return }
      open.removeLast()
    }
  }

  private mutating func closeForKey(column: Int) {
    while let last = open.last, draft.entries[last].indent >= column || draft.entries[last].isComplete {
      open.removeLast()
    }
  }

  // MARK: What brackets share

  mutating func add(key: String?, span: SourceSpan, parent: Int?, indent: Int, isInBrackets: Bool = false) -> Int {
    draft.entries.append(
      Draft.Entry(parent: parent, key: key, span: span, indent: indent, isInBrackets: isInBrackets)
    )
    return draft.entries.count - 1
  }

  func peek() -> UInt8? { next < end ? bytes[next] : nil }

  /// The key that begins here, and then the next byte is behind its colon; nil, and nothing is read, when there is none.
  mutating func key(isInBrackets: Bool) -> (text: String, span: SourceSpan)? {
    let start = next
    guard let value = scalar(isInBrackets: isInBrackets), !value.text.isEmpty else {
      next = start
      return nil
    }
    skipBlanks()
    // In brackets a colon may touch the value when the key has quotes, as in JSON.
    guard peek() == UInt8(ascii: ":"), isSpaceOrEnd(at: next + 1) || value.isQuoted || isInBrackets else {
      next = start
      return nil
    }
    next += 1
    return (value.text, value.span)
  }

  /// A scalar on this line; nil where none begins.
  mutating func scalar(isInBrackets: Bool) -> Draft.Value? {
    let start = next
    guard let first = peek() else { return nil }
    if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
      next += 1
      while let byte = peek(), !isLineBreak(byte) {
        let isDoubled = first == UInt8(ascii: "'") && byte == first && next + 1 < end && bytes[next + 1] == first
        if byte == first, !isDoubled { break }
        next += isDoubled || byte == UInt8(ascii: "\\") && first == UInt8(ascii: "\"") ? 2 : 1
      }
      next = min(next, lineEnd(from: start))
      let text = String(decoding: bytes[start + 1..<next], as: UTF8.self)
      if peek() == first { next += 1 }
      return .init(text: text, span: SourceSpan(start: start, end: next), isQuoted: true)
    }
    while let byte = peek(), !isLineBreak(byte), !endsPlain(byte, isInBrackets: isInBrackets, start: start) {
      next += 1
    }
    var textEnd = next
    while textEnd > start, isSpace(bytes[textEnd - 1]) { textEnd -= 1 }
    guard textEnd > start else { return nil }
    let text = String(decoding: bytes[start..<textEnd], as: UTF8.self)
    return .init(text: text, span: SourceSpan(start: start, end: textEnd), isQuoted: false)
  }

  private func endsPlain(_ byte: UInt8, isInBrackets: Bool, start: Int) -> Bool {
    switch UnicodeScalar(byte) {
    case ":":
      return isSpaceOrEnd(at: next + 1)
        || isInBrackets && next + 1 < end && Self.brackets.contains(UnicodeScalar(bytes[next + 1]))
    case "#": return next > start && isSpace(bytes[next - 1])
    case ",", "[", "]", "{", "}": return isInBrackets
    default: return false
    }
  }

  private static let brackets: Set<Unicode.Scalar> = [",", "[", "]", "{", "}"]

  /// Passes over a comment that begins here, and says whether there is one.
  mutating func skipComment() -> Bool {
    guard peek() == UInt8(ascii: "#"), next == 0 || isSpace(bytes[next - 1]) || isLineBreak(bytes[next - 1]) else {
      return false
    }
    let start = next
    next = lineEnd(from: next)
    draft.silences.append(SourceSpan(start: start + 1, end: next))
    return true
  }

  mutating func skipBlanks() {
    while let byte = peek(), isSpace(byte) { next += 1 }
  }

  private mutating func skipLine() {
    next = lineEnd(from: next)
    if peek() == UInt8(ascii: "\r") { next += 1 }
    if peek() == UInt8(ascii: "\n") { next += 1 }
  }

  func lineEnd(from offset: Int) -> Int {
    var offset = offset
    while offset < end, !isLineBreak(bytes[offset]) { offset += 1 }
    return offset
  }

  func isSpaceOrEnd(at offset: Int) -> Bool { offset >= end || isSpace(bytes[offset]) || isLineBreak(bytes[offset]) }

  func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  func isLineBreak(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

  private func text(at offset: Int, is text: String) -> Bool { bytes[offset..<end].starts(with: text.utf8) }
}
