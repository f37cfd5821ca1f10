internal import Diagnostics
internal import Syntax

/// A recipe while someone writes it: its keys and items as lines, indentation and brackets suggest them.
///
/// `SyntaxTree` knows better what a whole document says. A draft makes something of every text, and is there for the places
/// where people are writing: half a key, a colon without a value, an open bracket.
struct Draft {
  /// One key with what follows it, or one item of a sequence.
  struct Entry {
    /// What it stands in, an index into the entries; nil at the top.
    let parent: Int?
    /// The key; nil for an item.
    let key: String?
    /// The key with its quotes, or where the item begins.
    let span: SourceSpan
    /// Columns before the key or the dash; in brackets those of the line's owner.
    let indent: Int
    /// Whether it stands in brackets.
    let isInBrackets: Bool
    /// The scalar on the same line, if there is one.
    var value: Value?
    /// Whether brackets follow.
    var holdsBrackets = false

    /// Whether nothing can stand in it any more.
    var isComplete: Bool { value != nil || holdsBrackets }
  }

  /// A scalar.
  struct Value {
    /// What stands there without its quotes, escapes and all.
    let text: String
    /// Where it stands, with its quotes.
    let span: SourceSpan
    let isQuoted: Bool
  }

  /// What a scalar says as YAML reads it.
  func meaning(of value: Value) -> String {
    guard value.isQuoted else { return value.text }
    return SyntaxTree.parse(SourceFile(name: "", text: file[value.span])).root?.scalar?.text ?? value.text
  }

  /// What stands between two commas or brackets.
  struct Slot {
    /// The entry whose brackets these are; nil for a document in brackets.
    let owner: Int?
    /// Whether the brackets are braces.
    let isMapping: Bool
    /// From behind the comma or bracket to the next.
    var span: SourceSpan
    /// The entry in it, if there is one.
    var entry: Int?
    /// The offset behind the colon, if there is one.
    var valueStart: Int?
  }

  /// The text.
  let file: SourceFile
  /// Keys and items in the order of the text.
  var entries: [Entry] = []
  /// Parts of brackets; those inside come after those around them.
  var slots: [Slot] = []
  /// Places where nothing of the language stands: comments and long texts.
  var silences: [SourceSpan] = []

  /// Reads a text, whatever it is.
  static func read(_ file: SourceFile) -> Draft {
    guard let part = SyntaxTree.yamlPart(of: file) else { return Draft(file: file) }
    var reader = DraftReader(Draft(file: file), part: part)
    reader.read()
    return reader.draft
  }

  private init(file: SourceFile) {
    self.file = file
  }

  /// Indices of what stands directly in an entry, or at the top.
  func children(of entry: Int?) -> [Int] {
    entries.indices.filter { entries[$0].parent == entry }
  }

  /// The value of a key beside others.
  func value(of key: String, in parent: Int?) -> Value? {
    entries.first { $0.parent == parent && $0.key == key }?.value
  }

  /// The entries from the top to one, itself last.
  func path(to entry: Int?) -> [Entry] {
    var path: [Entry] = []
    var next = entry
    while let index = next {
      path.append(entries[index])
      next = entries[index].parent
    }
    return path.reversed()
  }

  /// The entry whose key or scalar a place touches, and which of the two.
  func entry(at offset: Int) -> (index: Int, isKey: Bool)? {
    let index = entries.lastIndex { entry in
      entry.span.touches(offset) && entry.key != nil || entry.value?.span.touches(offset) ?? false
    }
    return index.map { ($0, !(entries[$0].value?.span.touches(offset) ?? false)) }
  }
}

extension SourceSpan {
  /// Whether a place is in the span or at either end.
  func touches(_ offset: Int) -> Bool { start <= offset && offset <= end }
}
