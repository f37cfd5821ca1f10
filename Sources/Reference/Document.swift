/// A text with a structure, from which both terminals and Markdown are served.
///
/// Running text is a small part of Markdown: `code`, **bold** and [links](address).
package struct Document: Hashable, Sendable {
  /// What it is about.
  package let title: String
  /// What follows the title.
  package var blocks: [Block]

  package init(title: String, blocks: [Block] = []) {
    self.title = title
    self.blocks = blocks
  }

  /// One part of a document.
  package enum Block: Hashable, Sendable {
    /// A heading; those below the title have level 1.
    case heading(String, level: Int)
    /// Running text.
    case paragraph(String)
    /// Points, each running text.
    case list([String])
    /// A name and a few words for each of several properties.
    case facts([Fact])
    /// Rows under a heading.
    case table(Table)
    /// Text that keeps its lines, and what a Markdown fence says of it.
    case code(String, info: String)
  }

  /// One property.
  package struct Fact: Hashable, Sendable {
    /// What is said.
    package let name: String
    /// What it is, as running text.
    package let text: String

    package init(_ name: String, _ text: String) {
      self.name = name
      self.text = text
    }
  }

  /// Rows of running text under a heading.
  package struct Table: Hashable, Sendable {
    /// What stands above each column.
    package let heading: [String]
    /// As many cells as the heading has, in each row.
    package var rows: [[String]]

    package init(_ heading: [String], _ rows: [[String]] = []) {
      self.heading = heading
      self.rows = rows
    }
  }
}

extension [Document.Block] {
  /// Appends a heading and what stands under it, unless that is nothing.
  mutating func append(section heading: String, level: Int = 1, _ blocks: [Document.Block]) {
    guard !blocks.isEmpty else { return }
    append(.heading(heading, level: level))
    append(contentsOf: blocks)
  }
}
