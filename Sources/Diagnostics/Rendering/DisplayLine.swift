/// One source line as a terminal shows it, and the cell at which each of its bytes appears.
struct DisplayLine {
  /// The line without its break, tabs widened and control characters made visible; a very long line is cut.
  let text: String
  /// For each byte offset from the cut's start, the cell it appears in; one more for the end.
  private let cells: [Int]
  /// Bytes of the line before the cut.
  private let cutByteCount: Int

  /// Bytes of a line that are shown at most, and how many of them stand before the marked place.
  private static let (shownByteCount, leadingByteCount) = (180, 60)

  /// Cells of a tab; fixed, because the gutter shifts real tab stops.
  private static let tabWidth = 4

  /// Lays out a line; when it is too long, the part around a byte offset.
  init(_ line: ArraySlice<UInt8>, around place: Int) {
    var content = line
    while let last = content.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { content.removeLast() }
    let bytes = DisplayLine.cut(content, around: place)
    cutByteCount = bytes.startIndex - content.startIndex
    var text = cutByteCount > 0 ? "…" : ""
    var cells: [Int] = []
    var cell = text.count
    var (decoded, byteCounts) = DisplayLine.decoded(bytes)
    if cutByteCount == 0, decoded.unicodeScalars.first == "\u{FEFF}" {
      // A byte order mark is no character of the line.
      decoded.unicodeScalars.removeFirst()
      cells += Array(repeating: cell, count: byteCounts.removeFirst())
    }
    var counts = byteCounts[...]
    for character in decoded {
      let shown = DisplayLine.shown(character)
      let scalarCount = character.unicodeScalars.count
      cells += Array(repeating: cell, count: counts.prefix(scalarCount).reduce(0, +))
      counts = counts.dropFirst(scalarCount)
      text += shown
      cell += shown.reduce(0) { $0 + $1.cellCount }
    }
    cells.append(cell)
    self.text = bytes.endIndex < content.endIndex ? text + "…" : text
    self.cells = cells
  }

  /// The cell of a byte of the line; what is cut off is at the nearer end.
  func cell(at byte: Int) -> Int {
    if cutByteCount > 0, byte < cutByteCount { return 0 }
    return cells[min(max(byte - cutByteCount, 0), cells.count - 1)]
  }

  private static func cut(_ line: ArraySlice<UInt8>, around place: Int) -> ArraySlice<UInt8> {
    guard line.count > shownByteCount else { return line }
    var start = max(line.startIndex + min(place - leadingByteCount, line.count - shownByteCount), line.startIndex)
    while start > line.startIndex, line[start] & 0xC0 == 0x80 { start -= 1 }
    var end = min(start + shownByteCount, line.endIndex)
    while end < line.endIndex, line[end] & 0xC0 == 0x80 { end += 1 }
    return line[start..<end]
  }

  /// The text of bytes and how many bytes stand behind each of its scalars; U+FFFD stands for what is not UTF-8.
  private static func decoded(_ bytes: ArraySlice<UInt8>) -> (text: String, byteCounts: [Int]) {
    var text = String.UnicodeScalarView()
    var byteCounts: [Int] = []
    var parser = Unicode.UTF8.ForwardParser()
    var rest = bytes.makeIterator()
    while true {
      switch parser.parseScalar(from: &rest) {
      case .valid(let encoded):
        text.append(Unicode.UTF8.decode(encoded))
        byteCounts.append(encoded.count)
      case .error(let length):
        text.append("\u{FFFD}")
        byteCounts.append(length)
      case .emptyInput:
        return (String(text), byteCounts)
      }
    }
  }

  private static func shown(_ character: Character) -> String {
    if character == "\t" { return String(repeating: " ", count: tabWidth) }
    guard character.unicodeScalars.contains(where: \.isTreacherous) else { return String(character) }
    var shown = String.UnicodeScalarView()
    for scalar in character.unicodeScalars { shown.append(scalar.isTreacherous ? scalar.picture : scalar) }
    return String(shown)
  }
}
