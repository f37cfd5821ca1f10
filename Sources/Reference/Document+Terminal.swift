extension Document {
  /// How a document is laid out for a terminal.
  package struct TerminalStyle: Hashable, Sendable {
    /// Columns of the longest line, code and words that are longer aside.
    package var width: Int
    /// Whether names and headings are bold, in place of the signs of Markdown.
    package var isStyled: Bool

    package init(width: Int, isStyled: Bool) {
      self.width = width
      self.isStyled = isStyled
    }
  }

  /// The document as lines for a terminal, with a line break at the end.
  package func text(_ style: TerminalStyle) -> String {
    let layout = TerminalLayout(style: style)
    let title = layout.bold(title) + "\n"
    return ([title] + blocks.map(layout.text)).joined(separator: "\n")
  }
}

/// Lays out blocks in lines.
private struct TerminalLayout {
  /// Columns between a margin and what is set in from it.
  private static let indentation = 2
  /// Columns between the cells of a row.
  private static let gap = 2
  /// Columns of a table beyond which its rows are stacked when they do not fit.
  private static let mostColumns = 3
  /// Columns that a cell keeps when a table is too wide.
  private static let leastCellWidth = 12

  let style: Document.TerminalStyle

  func bold(_ text: String) -> String { style.isStyled ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

  func text(_ block: Document.Block) -> String {
    switch block {
    case .heading(let text, let level): heading(text, level: level)
    case .paragraph(let text): lines(wrapped(text, width: style.width))
    case .list(let items): items.map { hanging("- ", $0) }.joined()
    case .facts(let facts): self.facts(facts)
    case .table(let table): self.table(table)
    case .code(let text, _): code(text)
    }
  }

  private func heading(_ text: String, level: Int) -> String {
    let plain = RunningText(text).plain
    return bold(level > 1 ? plain : plain.uppercased()) + "\n"
  }

  private func code(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map { ($0.isEmpty ? "" : String(repeating: " ", count: 2 * Self.indentation)) + $0 + "\n" }.joined()
  }

  private func facts(_ facts: [Document.Fact]) -> String {
    let widest = facts.map(\.name.count).max() ?? 0
    return facts.map { fact in
      hanging(fact.name + String(repeating: " ", count: widest - fact.name.count + Self.gap), fact.text)
    }.joined()
  }

  /// A label and a text whose further lines stand under its first.
  private func hanging(_ label: String, _ text: String) -> String {
    let margin = String(repeating: " ", count: label.count)
    let lines = wrapped(text, width: max(style.width - label.count, Self.leastCellWidth))
    return lines.enumerated().map { index, line in (index == 0 ? label : margin) + line.text + "\n" }.joined()
  }

  private func table(_ table: Document.Table) -> String {
    let cells = table.rows.map { $0.map(RunningText.init) }
    let natural = table.heading.indices.map { column in
      max(table.heading[column].count, cells.map { $0[column].width(isStyled: style.isStyled) }.max() ?? 0)
    }
    let isTooWide = natural.reduce(0, +) + Self.gap * (natural.count - 1) > style.width
    if isTooWide, table.heading.count > Self.mostColumns { return stacked(table) }
    let widths = fitted(natural, table, cells)
    let heading = zip(table.heading, widths).map { bold($0) + String(repeating: " ", count: max($1 - $0.count, 0)) }
    let body = cells.map { row in
      let columns = zip(row, widths).map { $0.wrapped(width: $1, isStyled: style.isStyled) }
      return (0..<(columns.map(\.count).max() ?? 0)).map { index in
        zip(columns, widths).map { lines, width in
          let line = index < lines.count ? lines[index] : StyledLine()
          return line.text + String(repeating: " ", count: max(width - line.width, 0))
        }
      }
    }
    return ([heading] + body.joined()).map {
      trimmed($0.joined(separator: String(repeating: " ", count: Self.gap))) + "\n"
    }
    .joined()
  }

  /// Rows of many columns as a line with the name and what it takes, and under it the rest, set in.
  private func stacked(_ table: Document.Table) -> String {
    let last = table.heading.count - 1
    return table.rows.map { row in
      let properties = row.indices.dropFirst().dropLast().filter { !row[$0].isEmpty }.map { column in
        column == 1 ? row[column] : "\(table.heading[column]): \(row[column])"
      }
      let margin = String(repeating: " ", count: 2 * Self.indentation)
      let name = RunningText(row[0]).wrapped(width: style.width, isStyled: style.isStyled).first?.text ?? ""
      return name + "\n" + hanging(margin, properties.joined(separator: "; ")) + hanging(margin, row[last])
    }.joined()
  }

  /// The width of every column: as wide as its widest cell where that fits, else the widest ones give way.
  private func fitted(_ natural: [Int], _ table: Document.Table, _ cells: [[RunningText]]) -> [Int] {
    var widths = natural
    let least = table.heading.indices.map { column in
      max(
        table.heading[column].count,
        min(cells.map { $0[column].longestWord(isStyled: style.isStyled) }.max() ?? 0, style.width / 2),
        min(widths[column], Self.leastCellWidth)
      )
    }
    var excess = widths.reduce(0, +) + Self.gap * (widths.count - 1) - style.width
    while excess > 0 {
      let slack = widths.indices.filter { widths[$0] > least[$0] }
      guard let widest = slack.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  private func wrapped(_ text: String, width: Int) -> [StyledLine] {
    RunningText(text).wrapped(width: width, isStyled: style.isStyled)
  }

  private func lines(_ lines: [StyledLine]) -> String { lines.map { $0.text + "\n" }.joined() }

  private func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}
