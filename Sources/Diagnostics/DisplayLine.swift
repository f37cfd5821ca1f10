/// One source line as a terminal shows it, and the cell at which each of its bytes appears.
struct DisplayLine {
  /// The line without its break, tabs widened and control characters made visible; a very long line is cut.
  let text: String
  /// For each byte offset from the cut's start, the cell it appears in; one more for the end.
  private let cells: [Int]
  /// Bytes of the line before the cut.
  private let cutByteCount: Int

  /// Bytes of a line that are shown at most, and how many of them stand before the marked place.
  private static let (shownByteCount, leadingByteCount) = (400, 100)

  /// Cells of a tab; fixed, because the gutter shifts real tab stops.
  private static let tabWidth = 4

  /// Lays out a line; when it is too long, the part around a byte offset.
  init(_ line: ArraySlice<UInt8>, around place: Int) {
    let bytes = DisplayLine.cut(line, around: place)
    cutByteCount = bytes.startIndex - line.startIndex
    var text = cutByteCount > 0 ? "…" : ""
    var cells: [Int] = []
    var cell = text.count
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      if scalar == "\n" || scalar == "\r" { break }
      let shown = DisplayLine.shown(scalar)
      let byteCount = scalar == "\u{FFFD}" ? 0 : UTF8.width(scalar)
      cells += Array(repeating: cell, count: byteCount)
      if scalar == "\u{FFFD}" {
        cells += Array(repeating: cell, count: DisplayLine.replacedByteCount(bytes, at: cells.count))
      }
      text += shown
      cell += shown.unicodeScalars.reduce(0) { $0 + DisplayLine.width(of: $1) }
    }
    cells.append(cell)
    self.text = bytes.endIndex < line.endIndex ? text + "…" : text
    self.cells = cells
  }

  /// The cell of a byte of the line; an offset at or beyond the line's end is its end.
  func cell(at byte: Int) -> Int {
    cells[min(max(byte - cutByteCount, 0), cells.count - 1)]
  }

  private static func cut(_ line: ArraySlice<UInt8>, around place: Int) -> ArraySlice<UInt8> {
    guard line.count > shownByteCount else { return line }
    var start = min(max(line.startIndex + place - leadingByteCount, line.startIndex), line.endIndex)
    while start > line.startIndex, start < line.endIndex, line[start] & 0xC0 == 0x80 { start -= 1 }
    var end = min(start + shownByteCount, line.endIndex)
    while end < line.endIndex, line[end] & 0xC0 == 0x80 { end += 1 }
    return line[start..<end]
  }

  private static func shown(_ scalar: Unicode.Scalar) -> String {
    if scalar == "\t" { return String(repeating: " ", count: tabWidth) }
    if scalar == "\u{FEFF}" { return "" }
    if scalar.properties.generalCategory == .control || isDirectionMark(scalar) { return "\u{FFFD}" }
    return String(scalar)
  }

  /// Marks that reorder the text around them, which would let a line lie about its content.
  private static func isDirectionMark(_ scalar: Unicode.Scalar) -> Bool {
    (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
  }

  /// Bytes of the source behind one U+FFFD: three when the source says U+FFFD itself, else the bytes repaired.
  private static func replacedByteCount(_ bytes: ArraySlice<UInt8>, at offset: Int) -> Int {
    let rest = bytes.dropFirst(offset)
    if rest.starts(with: [0xEF, 0xBF, 0xBD]) { return 3 }
    // Swift's decoder replaces a maximal part of a sequence: grow until one more byte starts a second scalar.
    var count = 1
    while count < 4, count < rest.count,
      String(decoding: rest.prefix(count + 1), as: UTF8.self).unicodeScalars.count == 1
    {
      count += 1
    }
    return count
  }

  /// Terminal cells of a scalar: none for combining marks, two for wide East Asian characters and emoji.
  private static func width(of scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return wideRanges.contains { $0.contains(scalar.value) } ? 2 : 1
    }
  }

  /// Blocks of width W or F in Unicode Standard Annex 11, to the precision that alignment needs.
  private static let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
    0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
    0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
  ]
}
