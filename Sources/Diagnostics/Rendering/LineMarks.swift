/// A rule under part of one line, in terminal cells, and what is said of it.
struct LineMark {
  let start: Int
  let width: Int
  /// The text beside or below the rule; may be empty.
  let label: String
  /// The character that the rule is made of.
  let rule: Character
  let style: Paint.Style

  var end: Int { start + width }
}

/// The rows under a source line: rules first, then labels that hang from them so that none collide.
///
///     ------ ^^^^^^ said of the last mark
///     |
///     said of the first
struct LineMarks {
  private let marks: [LineMark]

  /// Places marks; where two overlap, the later one is drawn over the earlier one.
  init(_ marks: [LineMark]) {
    self.marks = marks
  }

  /// The rows, each drawn from a column on.
  func rows(from column: Int) -> [CellRow] {
    guard !marks.isEmpty else { return [] }
    var rules = CellRow()
    for mark in marks { rules.fill(mark.rule, column + mark.start..<column + mark.end, mark.style) }
    let beside = besideIndex
    if let beside {
      rules.put(marks[beside].label, at: column + marks[beside].end + 1, marks[beside].style)
    }
    let hanging = hanging(without: beside)
    guard let rowCount = hanging.map({ $0.row + 1 }).max() else { return [rules] }
    var rows = Array(repeating: CellRow(), count: rowCount)
    for (mark, row) in hanging {
      for above in 0..<row { rows[above].put("|", at: column + mark.start, mark.style) }
    }
    for (mark, row) in hanging { rows[row].put(mark.label, at: column + mark.start, mark.style) }
    return [rules] + rows
  }

  /// The mark whose label stands beside its rule: the one that ends last, when it has a label.
  private var besideIndex: Int? {
    let last = marks.indices.max { (marks[$0].end, marks[$0].start) < (marks[$1].end, marks[$1].start) }
    return last.flatMap { marks[$0].label.isEmpty ? nil : $0 }
  }

  /// The other labels with the rows below the rules that they stand in, from right to left; the first row has bars only.
  private func hanging(without beside: Int?) -> [(mark: LineMark, row: Int)] {
    var placed: [(mark: LineMark, row: Int)] = []
    let rest = marks.indices.filter { $0 != beside && !marks[$0].label.isEmpty }
    for index in rest.sorted(by: { (marks[$0].start, $0) > (marks[$1].start, $1) }) {
      let mark = marks[index]
      let end = mark.start + mark.label.reduce(0) { $0 + $1.cellCount }
      var row = 1
      while placed.contains(where: { $0.row >= row && $0.mark.start <= end }) { row += 1 }
      placed.append((mark, row))
    }
    return placed
  }
}
