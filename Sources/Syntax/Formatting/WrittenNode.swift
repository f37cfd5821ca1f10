import Diagnostics

/// A document as it is written: nothing is resolved, expanded or left out but comments.
struct WrittenDocument {
  /// Directives and the marker of the document's start.
  let prologue: [SourceSpan]
  /// The root, which may be empty.
  let root: WrittenNode
  /// Markers of the document's end.
  let epilogue: [SourceSpan]
}

/// A node as it is written.
struct WrittenNode {
  /// What a node holds besides its anchor and tag.
  enum Content {
    case empty
    case text(WrittenText)
    indirect case collection(WrittenCollection)
  }

  /// The anchor and the tag, in their order.
  let properties: [SourceSpan]
  /// What it holds.
  let content: Content

  /// Whether it holds nothing but, perhaps, an anchor and a tag.
  var isEmpty: Bool { if case .empty = content { true } else { false } }

  /// Whether a colon or comma right behind it would be read as part of it.
  var mustStandOff: Bool {
    switch content {
    case .empty: !properties.isEmpty
    case .text(let text): text.form == .alias
    case .collection: false
    }
  }
}

/// A scalar, an alias, or a collection that is a key and stays as it is.
struct WrittenText {
  /// How it is to be written.
  enum Form: Hashable {
    /// On one line, as in the source.
    case asIs
    /// As in the source; a name, which must not touch what follows.
    case alias
    /// On one line, with other quotes or none.
    case requoted([UInt8])
    /// Over several lines, plain or quoted.
    case folded
    /// Behind a bar or a greater-than sign, in a block of this indentation in the source; -1 at the root.
    case block(parentIndentation: Int)
  }

  /// Where it stands.
  let span: SourceSpan
  /// How it is to be written.
  let form: Form
}

/// A mapping or a sequence as it is written.
struct WrittenCollection {
  /// How a collection is written.
  enum Style {
    /// Below each other; comments behind the last entry belong to it when they stand where these columns say.
    case block(CommentColumns)
    /// In brackets or braces; its characters on one line, or nil when comments or long texts forbid that.
    case flow(inlineWidth: Int?)
  }

  /// Whether it is a mapping.
  let isMapping: Bool
  /// How it is written.
  let style: Style
  /// Its entries in their order.
  let entries: [WrittenEntry]
  /// From the first character to the last, brackets included.
  let span: SourceSpan

  /// Where the opening bracket or brace of a flow collection stands.
  var opener: Int { span.start }
  /// Where the closing bracket or brace of a flow collection stands.
  var closer: Int { span.end - 1 }
}

/// The columns of the source at which comments below a block belong to it rather than to what follows.
struct CommentColumns {
  /// The column from which on all comments belong to it.
  let all: Int
  /// The column at which items that are commented out do, or nil.
  var items: Int?
}

/// An item of a sequence, an entry of a mapping, or a pair in brackets.
struct WrittenEntry {
  /// Where the dash of an item or the question mark of a key stands, or nil.
  let mark: Int?
  /// The key, or nil for an item.
  let key: WrittenNode?
  /// Where the colon stands, or nil.
  let colon: Int?
  /// The item or the value.
  let value: WrittenNode
  /// Where the comma behind it stands, or nil.
  var comma: Int?
}
