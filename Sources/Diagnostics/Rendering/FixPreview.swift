/// What a fix-it makes of the lines that it touches, when that is short enough to be shown.
struct FixPreview {
  /// A line of the preview.
  struct Line {
    /// How the line stands to the source.
    enum Kind {
      /// As it will be, with marks under what is new.
      case changed([LineMark])
      /// It goes.
      case removed
      /// It comes.
      case added
    }

    let number: Int
    let text: String
    let kind: Kind
  }

  /// The edited file, when it is not the one that the diagnostic is about.
  let otherFile: SourceFile?
  let lines: [Line]

  /// Lines that are worth showing, and lines of the source that are looked at for them, at most.
  private static let (lineLimit, touchedLineLimit) = (6, 12)

  /// Bytes of a line, before or after, that are worth showing at most.
  private static let byteLimit = 180

  /// The preview of a fix-it's edits, or nil when they are not short or reach into several files.
  init?(_ fixIt: FixIt, in file: SourceFile?) {
    guard let first = fixIt.edits.first, let edited = first.file ?? file else { return nil }
    let edits = fixIt.edits.sorted { ($0.span.start, $0.span.end) < ($1.span.start, $1.span.end) }
    for (edit, next) in zip(edits, edits.dropFirst()) where next.span.start < edit.span.end { return nil }
    guard edits.allSatisfy({ ($0.file ?? file) == edited && $0.span.end <= edited.bytes.count }) else { return nil }
    var lines: [Line] = []
    for hunk in FixPreview.hunks(edits, in: edited) {
      guard let shown = FixPreview.lines(of: hunk, in: edited) else { return nil }
      lines += shown
      guard lines.count <= FixPreview.lineLimit else { return nil }
    }
    guard !lines.isEmpty else { return nil }
    self.lines = lines
    otherFile = edited == file ? nil : edited
  }

  /// Edits that touch the same or neighbouring lines together.
  private static func hunks(_ edits: [TextEdit], in file: SourceFile) -> [[TextEdit]] {
    var hunks: [[TextEdit]] = []
    var lastLine = Int.min
    for edit in edits {
      if !hunks.isEmpty, file.lines.line(at: edit.span.start) <= lastLine + 1 {
        hunks[hunks.count - 1].append(edit)
      } else {
        hunks.append([edit])
      }
      lastLine = file.lines.line(at: edit.span.end)
    }
    return hunks
  }

  private static func lines(of hunk: [TextEdit], in file: SourceFile) -> [Line]? {
    guard let start = hunk.first?.span.start, let end = hunk.map(\.span.end).max() else { return nil }
    let first = file.lines.line(at: start)
    let last = file.lines.line(at: end)
    guard last - first < touchedLineLimit else { return nil }
    let region = file.lines.start(ofLine: first)..<file.lines.range(ofLine: last).upperBound
    let (bytes, marks) = edited(region, by: hunk, in: file)
    let before = LineTable.lines(Array(file.bytes[region]))
    let after = LineTable.lines(bytes)
    if before.count == 1, after.count == 1, !hunk.contains(where: { $0.replacement.isEmpty }) {
      return [changed(after[0], number: first, marks: marks)].allOrNone(within: byteLimit)
    }
    let common = zip(before, after).prefix { $0 == $1 }.count
    let rest = (before.dropFirst(common), after.dropFirst(common))
    let trailing = zip(rest.0.reversed(), rest.1.reversed()).prefix { $0 == $1 }.count
    func shown(_ lines: ArraySlice<[UInt8]>, _ kind: Line.Kind) -> [Line] {
      lines.dropLast(trailing).enumerated().map { index, line in
        Line(number: first + common + index, text: DisplayLine(line[...], around: 0).text, kind: kind)
      }
    }
    return (shown(rest.0, .removed) + shown(rest.1, .added)).allOrNone(within: byteLimit)
  }

  /// The region after the edits, and where in it their replacements are.
  private static func edited(
    _ region: Range<Int>,
    by edits: [TextEdit],
    in file: SourceFile
  ) -> (bytes: [UInt8], marks: [(range: Range<Int>, replaces: Bool)]) {
    var bytes: [UInt8] = []
    var marks: [(range: Range<Int>, replaces: Bool)] = []
    var next = region.lowerBound
    for edit in edits {
      bytes += file.bytes[next..<edit.span.start]
      let start = bytes.count
      bytes += edit.replacement.utf8
      marks.append((start..<bytes.count, edit.span.start < edit.span.end))
      next = edit.span.end
    }
    return (bytes + file.bytes[next..<region.upperBound], marks)
  }

  private static func changed(
    _ line: [UInt8],
    number: Int,
    marks: [(range: Range<Int>, replaces: Bool)]
  ) -> Line {
    let display = DisplayLine(line[...], around: marks.first?.range.lowerBound ?? 0)
    let rules = marks.map { mark in
      let start = display.cell(at: mark.range.lowerBound)
      let width = max(display.cell(at: mark.range.upperBound) - start, 1)
      return LineMark(start: start, width: width, label: "", rule: mark.replaces ? "~" : "+", style: .addition)
    }
    return Line(number: number, text: display.text, kind: .changed(rules))
  }
}

extension [FixPreview.Line] {
  /// The lines, or nil when one is too long to be worth showing.
  fileprivate func allOrNone(within byteLimit: Int) -> Self? {
    allSatisfy { $0.text.utf8.count <= byteLimit } ? self : nil
  }
}

extension LineTable {
  /// The lines of a text without their breaks; an empty last line is none.
  fileprivate static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
    let table = LineTable(bytes)
    let lines = (1...table.count).map { line in
      var line = bytes[table.range(ofLine: line)]
      while let last = line.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { line.removeLast() }
      return Array(line)
    }
    return lines.last == [] ? lines.dropLast() : lines
  }
}
