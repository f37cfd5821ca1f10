extension [Document.Block] {
  /// Reads the Markdown that the reference is written in: headings, paragraphs, lists of points, and fenced code.
  ///
  /// A heading's level counts from its signs, less `titleLevel`. Anything else is running text.
  init(markdown text: String, titleLevel: Int = 0) {
    var reader = MarkdownReader(titleLevel: titleLevel)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) { reader.read(line) }
    reader.endBlock()
    self = reader.blocks
  }
}

/// Gathers lines into blocks.
private struct MarkdownReader {
  let titleLevel: Int
  var blocks: [Document.Block] = []
  private var paragraph: [String] = []
  private var items: [String] = []
  private var fence: (info: String, lines: [Substring])?

  init(titleLevel: Int) {
    self.titleLevel = titleLevel
  }

  mutating func read(_ line: Substring) {
    if let open = fence {
      guard line == "```" else {
        fence?.lines.append(line)
        return
      }
      blocks.append(.code(open.lines.map { $0 + "\n" }.joined(), info: open.info))
      fence = nil
    } else if line.hasPrefix("```") {
      endBlock()
      fence = (String(line.dropFirst(3)), [])
    } else if let signs = line.firstIndex(where: { $0 != "#" }), signs > line.startIndex, line[signs] == " " {
      endBlock()
      let level = line.distance(from: line.startIndex, to: signs) - titleLevel
      blocks.append(.heading(String(line[signs...].dropFirst()), level: level))
    } else if line.hasPrefix("- ") {
      if items.isEmpty { endBlock() }
      items.append(String(line.dropFirst(2)))
    } else if line.allSatisfy({ $0 == " " }) {
      endBlock()
    } else if !items.isEmpty, line.hasPrefix("  ") {
      items[items.count - 1] += " " + line.drop { $0 == " " }
    } else {
      if !items.isEmpty { endBlock() }
      paragraph.append(String(line.drop { $0 == " " }))
    }
  }

  /// Ends the paragraph or the list that is being read.
  mutating func endBlock() {
    if !paragraph.isEmpty { blocks.append(.paragraph(paragraph.joined(separator: " "))) }
    if !items.isEmpty { blocks.append(.list(items)) }
    paragraph = []
    items = []
  }
}
