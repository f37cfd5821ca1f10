extension Document {
  /// The document as Markdown, its title a heading of a level; level 1 is a page's own.
  package func markdown(titleLevel: Int = 1) -> String {
    let parts = [Self.heading(title, level: titleLevel)] + blocks.map { Self.markdown(of: $0, titleLevel: titleLevel) }
    return parts.joined(separator: "\n")
  }

  private static func heading(_ text: String, level: Int) -> String {
    String(repeating: "#", count: level) + " " + text + "\n"
  }

  private static func markdown(of block: Block, titleLevel: Int) -> String {
    switch block {
    case .heading(let text, let level): heading(text, level: titleLevel + level)
    case .paragraph(let text): text + "\n"
    case .list(let items): items.map { "- \($0)\n" }.joined()
    case .facts(let facts): facts.map { "- **\($0.name)**: \($0.text)\n" }.joined()
    case .table(let table): markdown(of: table)
    case .code(let text, let info): "```\(info)\n\(text)```\n"
    }
  }

  private static func markdown(of table: Table) -> String {
    let rule = "|" + String(repeating: "---|", count: table.heading.count) + "\n"
    return row(table.heading) + rule + table.rows.map(row).joined()
  }

  private static func row(_ cells: [String]) -> String {
    "|" + cells.map { cell in cell.isEmpty ? " |" : " \(escaped(cell)) |" }.joined() + "\n"
  }

  private static func escaped(_ cell: String) -> String {
    cell.map { $0 == "|" ? "\\|" : String($0) }.joined()
  }
}
