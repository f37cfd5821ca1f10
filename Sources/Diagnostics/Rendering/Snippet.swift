/// The lines of one file that a diagnostic shows, with marks on them.
struct Snippet {
  /// A place with what is said of it.
  struct Place {
    let span: SourceSpan
    let label: String
    let isPrimary: Bool
    let style: Paint.Style

    fileprivate var rule: Character { isPrimary ? "^" : "-" }
  }

  /// A line of the rendering, right of the bar.
  enum Row {
    /// A line of the source.
    case source(number: Int, CellRow)
    /// What is under it.
    case marks(CellRow)
    /// Lines that are left out.
    case gap(CellRow)
  }

  private let file: SourceFile
  /// Where the first of the places begins, as people count.
  let position: SourcePosition?
  private let singles: [Int: [Place]]
  private let blocks: [Block]
  /// The numbers of the lines that are shown, ascending.
  let lineNumbers: [Int]

  /// Finds the lines that show some places of a file.
  init(_ file: SourceFile, _ places: [Place]) {
    self.file = file
    position = places.first.map { file.position(at: $0.span.start) }
    var singles: [Int: [Place]] = [:]
    var candidates: [Block] = []
    for place in places {
      let place = place.trimmed(in: file)
      let first = file.lines.line(at: place.span.start)
      let last = file.lines.line(at: place.span.end)
      if first == last {
        singles[first, default: []].append(place)
      } else {
        candidates.append(
          Block(place: place, first: first, last: last, beginsLine: file.isIndentation(place.span.start))
        )
      }
    }
    let (blocks, rest) = Block.laidOut(candidates)
    // What finds no lane is marked on its first line.
    for block in rest {
      let end = file.lines.range(ofLine: block.first).upperBound
      let span = SourceSpan(start: block.place.span.start, end: end)
      let place = Place(
        span: span,
        label: block.place.label,
        isPrimary: block.place.isPrimary,
        style: block.place.style
      )
      singles[block.first, default: []].append(place.trimmed(in: file))
    }
    self.singles = singles
    self.blocks = blocks
    var numbers = Set(singles.keys)
    for block in blocks { numbers.formUnion(block.shownLines) }
    let sorted = numbers.sorted()
    // A gap of one line takes no less room than the line itself.
    for (line, next) in zip(sorted, sorted.dropFirst()) where next == line + 2 { numbers.insert(line + 1) }
    lineNumbers = numbers.sorted()
  }

  /// Columns at the left that bars of blocks take, the space after them included.
  private var laneWidth: Int { blocks.map { $0.lane + 2 }.max() ?? 0 }

  /// All rows, from the first line to the last.
  var rows: [Row] {
    var rows: [Row] = []
    var previous: Int?
    for line in lineNumbers {
      if let previous, line > previous + 1 {
        var gap = CellRow()
        for block in blocks where block.first <= previous && block.last >= line {
          gap.put("|", at: block.lane, block.place.style)
        }
        rows.append(.gap(gap))
      }
      rows += self.rows(ofLine: line)
      previous = line
    }
    return rows
  }

  private func rows(ofLine line: Int) -> [Row] {
    let range = file.lines.range(ofLine: line)
    // Further places first, so that the primary one is drawn over them.
    let places = (singles[line] ?? []).sorted { !$0.isPrimary && $1.isPrimary }
    let starts = places.map(\.span.start) + blocks.compactMap { $0.boundary(onLine: line) }
    let anchor = places.last { $0.isPrimary }?.span.start ?? starts.min() ?? range.lowerBound
    let display = DisplayLine(file.bytes[range], around: anchor - range.lowerBound)
    func cell(_ offset: Int) -> Int { display.cell(at: offset - range.lowerBound) }

    var source = CellRow()
    var active: [Block] = []
    for block in blocks where block.first <= line && block.last >= line {
      if block.first < line {
        source.put("|", at: block.lane, block.place.style)
        active.append(block)
      } else if block.beginsLine {
        source.put("/", at: block.lane, block.place.style)
        active.append(block)
      }
    }
    source.put(display.text, at: laneWidth, .plain)
    var rows: [CellRow] = []
    func addRow(_ row: CellRow) {
      var row = row
      for block in active { row.put("|", at: block.lane, block.place.style) }
      rows.append(row)
    }
    let marks = places.map { place in
      let start = cell(place.span.start)
      let width = max(cell(place.span.end) - start, 1)
      return LineMark(start: start, width: width, label: place.label.visible, rule: place.rule, style: place.style)
    }
    LineMarks(marks).rows(from: laneWidth).forEach(addRow)
    for block in blocks.reversed() where block.last == line {
      addRow(block.elbow(to: laneWidth + max(cell(block.place.span.end) - 1, 0), label: block.place.label.visible))
      active.removeAll { $0.lane == block.lane }
    }
    for block in blocks where block.first == line && !block.beginsLine {
      addRow(block.elbow(to: laneWidth + cell(block.place.span.start), label: ""))
      active.append(block)
    }
    return [.source(number: line, source)] + rows.map(Row.marks)
  }
}

/// A place of several lines, marked by a bar at their left.
private struct Block {
  let place: Snippet.Place
  let first: Int
  let last: Int
  /// Whether only indentation stands before it, so that no row of its own need show where it begins.
  let beginsLine: Bool
  /// The column of its bar.
  var lane = 0

  /// Lines of a block that are all shown; of longer ones the first few and the last few are.
  private static let (wholeLineCount, headLineCount, tailLineCount) = (6, 3, 2)

  /// Bars side by side at most.
  private static let laneLimit = 4

  var shownLines: [Int] {
    guard last - first >= Block.wholeLineCount else { return Array(first...last) }
    return Array(first..<first + Block.headLineCount) + Array(last - Block.tailLineCount + 1...last)
  }

  /// Where the block begins or ends on a line, if it does so there.
  func boundary(onLine line: Int) -> Int? {
    if line == first { return place.span.start }
    return line == last ? place.span.end : nil
  }

  /// The row that leads from the bar to where the block begins or ends.
  func elbow(to column: Int, label: String) -> CellRow {
    var row = CellRow()
    row.fill("_", lane + 1..<column, place.style)
    row.put(String(place.rule), at: column, place.style)
    if !label.isEmpty { row.put(label, at: column + 2, place.style) }
    return row
  }

  /// Gives each block a lane, the outer ones further left; the rest finds none.
  static func laidOut(_ candidates: [Block]) -> (blocks: [Block], rest: [Block]) {
    var blocks: [Block] = []
    var rest: [Block] = []
    for var block in candidates.sorted(by: { ($0.first, -$0.last) < ($1.first, -$1.last) }) {
      let taken = Set(blocks.filter { $0.first <= block.last && block.first <= $0.last }.map(\.lane))
      if let lane = (0..<laneLimit).first(where: { !taken.contains($0) }) {
        block.lane = lane
        blocks.append(block)
      } else {
        rest.append(block)
      }
    }
    return (blocks.sorted { $0.lane < $1.lane }, rest)
  }
}

extension Snippet.Place {
  /// The place within the file and without white space at its end, unless it holds nothing else.
  fileprivate func trimmed(in file: SourceFile) -> Snippet.Place {
    let start = min(span.start, file.bytes.count)
    let limit = min(span.end, file.bytes.count)
    let lineBreaks = [UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    let space = lineBreaks + [UInt8(ascii: " "), UInt8(ascii: "\t")]
    var end = limit
    while end > start, space.contains(file.bytes[end - 1]) { end -= 1 }
    if end == start {
      while end < limit, !lineBreaks.contains(file.bytes[end]) { end += 1 }
    }
    return Snippet.Place(span: SourceSpan(start: start, end: end), label: label, isPrimary: isPrimary, style: style)
  }
}

extension SourceFile {
  /// Whether only spaces stand between the start of a line and an offset.
  fileprivate func isIndentation(_ offset: Int) -> Bool {
    let start = lines.start(ofLine: lines.line(at: offset))
    return bytes[start..<offset].allSatisfy { $0 == UInt8(ascii: " ") }
  }
}
