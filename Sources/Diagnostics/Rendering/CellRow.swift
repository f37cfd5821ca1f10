/// A line of terminal cells that marks and labels are drawn into, later ones over earlier ones.
struct CellRow {
  /// What stands in a cell; the second cell of a wide character holds no text.
  private struct Cell {
    var text: String
    var style: Paint.Style
  }

  private var cells: [Cell] = []

  /// Draws text from a column on.
  mutating func put(_ text: String, at column: Int, _ style: Paint.Style) {
    var next = column
    for character in text {
      let width = character.cellCount
      guard width > 0 else {
        // A lone combining mark belongs to the cell before it.
        grow(to: max(next, 1))
        cells[max(next, 1) - 1].text.append(character)
        continue
      }
      grow(to: next + width)
      cells[next] = Cell(text: String(character), style: style)
      for filler in next + 1..<next + width { cells[filler] = Cell(text: "", style: style) }
      next += width
    }
  }

  /// Draws one character, of one cell, into each of several columns.
  mutating func fill(_ character: Character, _ columns: Range<Int>, _ style: Paint.Style) {
    guard !columns.isEmpty else { return }
    grow(to: columns.upperBound)
    for column in columns { cells[column] = Cell(text: String(character), style: style) }
  }

  /// The line as text, without spaces at its end.
  func rendered(_ paint: Paint) -> String {
    let end = (cells.lastIndex { $0.text != " " && !$0.text.isEmpty } ?? -1) + 1
    var line = ""
    var run = ""
    var style = Paint.Style.plain
    for cell in cells[..<end] {
      if cell.style != style {
        line += paint(run, style)
        (run, style) = ("", cell.style)
      }
      run += cell.text
    }
    return line + paint(run, style)
  }

  private mutating func grow(to count: Int) {
    while cells.count < count { cells.append(Cell(text: " ", style: .plain)) }
  }
}
