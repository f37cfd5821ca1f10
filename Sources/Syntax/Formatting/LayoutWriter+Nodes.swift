import Diagnostics

/// What stands before a node on its line.
private enum Position {
  /// Nothing: the node is the document.
  case root
  /// Nothing: the node is a key, or an item in brackets with a comma behind it.
  case lineStart
  /// A dash, a question mark or the colon after one: a block may begin on the same line.
  case mark
  /// A key and its colon.
  case colon
  /// A key and its colon in braces, with a comma behind the node.
  case colonInFlow

  var isColon: Bool { self == .colon || self == .colonInFlow }
  /// Columns that what follows the node takes.
  var reserve: Int { self == .lineStart || self == .colonInFlow ? 1 : 0 }
}

extension LayoutWriter {
  /// Writes a document and ends its last line.
  mutating func write(_ document: WrittenDocument) {
    for marker in document.prologue {
      breakLine()
      put(marker, indent: 0)
    }
    breakLine()
    write(document.root, at: 0, .root)
    for marker in document.epilogue {
      breakLine()
      put(marker, indent: 0)
    }
    putComments(before: .max, indent: 0)
    breakLine()
  }

  /// Writes a node whose lines, where it needs several, are indented as given.
  private mutating func write(_ node: WrittenNode, at indent: Int, _ position: Position) {
    for property in node.properties { put(property, indent: indent) }
    switch node.content {
    case .empty:
      break
    case .text(let text):
      let isFirst = position == .root || position == .lineStart
      put(text, indent: indent, continuation: isFirst ? indent + LayoutWriter.indentation : indent)
    case .collection(let collection):
      guard case .block(let columns) = collection.style else {
        write(flow: collection, at: indent, position)
        return
      }
      if position == .colon || !node.properties.isEmpty {
        putComments(before: collection.span.start, indent: indent)
        breakLine()
        dropsEmptyLine = true
      }
      write(block: collection, at: indent)
      putComments(at: columns, indent: indent)
    }
  }

  // MARK: Blocks

  private mutating func write(block collection: WrittenCollection, at indent: Int) {
    for (index, entry) in collection.entries.enumerated() {
      if index > 0 { breakLine() }
      if let mark = entry.mark {
        write(entry.key ?? entry.value, behind: mark, at: indent)
        guard entry.key != nil, let colon = entry.colon else { continue }
        breakLine()
        write(entry.value, behind: colon, at: indent)
      } else if let key = entry.key {
        write(key, at: indent, .lineStart)
        join(entry.needsSpaceBeforeColon ? " :" : ":", for: entry.colon)
        dropsEmptyLine = !entry.value.isEmpty
        write(entry.value, at: indent + LayoutWriter.indentation, .colon)
        putComments(below: entry.value, of: collection, at: indent)
      }
    }
  }

  private mutating func write(_ node: WrittenNode, behind mark: Int, at indent: Int) {
    put(mark, indent: indent)
    dropsEmptyLine = !node.isEmpty
    write(node, at: indent + LayoutWriter.indentation, .mark)
  }

  /// Keeps comments where a value would stand.
  private mutating func putComments(below value: WrittenNode, of collection: WrittenCollection, at indent: Int) {
    guard value.isEmpty, case .block(let columns) = collection.style else { return }
    putComments(at: CommentColumns(all: columns.all + 1), indent: indent + LayoutWriter.indentation)
  }

  // MARK: Brackets and braces

  private mutating func write(flow collection: WrittenCollection, at indent: Int, _ position: Position) {
    putComments(before: collection.span.start, indent: indent)
    guard case .flow(let inlineWidth) = collection.style else { return }
    if let width = inlineWidth.map({ $0 + position.reserve }) {
      let start = column == 0 ? indent : column + 1
      var fits = start + width <= LayoutWriter.widthLimit || collection.entries.isEmpty
      if !fits, position.isColon {
        breakLine()
        fits = indent + width <= LayoutWriter.widthLimit
      }
      if fits {
        put(collection.span, InlineText.text(of: collection, in: bytes), indent: indent)
        return
      }
    } else if position.isColon {
      breakLine()
    }
    put(collection.opener, indent: indent)
    dropsEmptyLine = true
    for entry in collection.entries {
      breakLine()
      write(flow: entry, at: indent + LayoutWriter.indentation)
      join(entry.needsSpaceBehind ? " ," : ",", for: entry.comma)
    }
    putComments(before: collection.closer, indent: indent + LayoutWriter.indentation)
    breakLine()
    dropsEmptyLine = true
    put(collection.closer, indent: indent)
  }

  private mutating func write(flow entry: WrittenEntry, at indent: Int) {
    if let mark = entry.mark { put(mark, indent: indent) }
    guard let key = entry.key else {
      write(entry.value, at: indent, .lineStart)
      return
    }
    write(key, at: indent, .lineStart)
    guard let colon = entry.colon else { return }
    join(entry.needsSpaceBeforeColon ? " :" : ":", for: colon)
    dropsEmptyLine = true
    write(entry.value, at: indent + LayoutWriter.indentation, .colonInFlow)
    if entry.value.isEmpty, entry.value.properties.isEmpty { join(" ") }
  }
}
