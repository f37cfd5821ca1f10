import Diagnostics
import Syntax
import Vocabulary

/// Reads one table; everything unexpected in it is thrown.
struct TableReader {
  let tree: SyntaxTree
  let root: MappingSyntax

  init(_ file: SourceFile) throws(GrammarError) {
    tree = SyntaxTree.parse(file)
    if let diagnostic = tree.diagnostics.first { throw .broken(diagnostic.concise) }
    guard let root = tree.root?.mapping else { throw .broken("\(file.name): no mapping") }
    self.root = root
  }

  func fault(_ node: SyntaxNode, _ what: String) -> GrammarError {
    fault(at: node.span, what)
  }

  func fault(at span: SourceSpan, _ what: String) -> GrammarError {
    let position = tree.file.position(at: span.start)
    return .broken("\(tree.file.name):\(position.line):\(position.column): \(what)")
  }

  func node(_ key: String, in mapping: MappingSyntax) throws(GrammarError) -> SyntaxNode {
    guard let node = mapping[key] else { throw fault(at: mapping.span, "no \(key)") }
    return node
  }

  func mapping(_ node: SyntaxNode) throws(GrammarError) -> MappingSyntax {
    guard let mapping = node.mapping else { throw fault(node, "expected a mapping") }
    return mapping
  }

  func mapping(_ key: String, in parent: MappingSyntax) throws(GrammarError) -> MappingSyntax {
    try mapping(node(key, in: parent))
  }

  func text(_ key: String, in mapping: MappingSyntax) throws(GrammarError) -> String {
    let node = try node(key, in: mapping)
    guard let scalar = node.scalar, !scalar.text.isEmpty else { throw fault(node, "expected text") }
    return scalar.text
  }

  func optionalText(_ key: String, in mapping: MappingSyntax) throws(GrammarError) -> String? {
    mapping[key] == nil ? nil : try text(key, in: mapping)
  }

  func texts(_ key: String, in mapping: MappingSyntax) throws(GrammarError) -> [String] {
    guard let node = mapping[key] else { return [] }
    guard let items = node.sequence?.items else { throw fault(node, "expected a list") }
    var texts: [String] = []
    for item in items {
      guard let scalar = item.scalar else { throw fault(item, "expected text") }
      texts.append(scalar.text)
    }
    return texts
  }

  func boolean(_ key: String, in mapping: MappingSyntax) throws(GrammarError) -> Bool {
    guard let node = mapping[key] else { return false }
    guard case .boolean(let value)? = node.scalar?.plainValue else { throw fault(node, "expected true or false") }
    return value
  }

  func number(_ key: String, in mapping: MappingSyntax) throws(GrammarError) -> Double? {
    guard let node = mapping[key] else { return nil }
    switch node.scalar?.plainValue {
    case .integer(let value)?: return Double(value)
    case .number(let value)?: return value
    default: throw fault(node, "expected a number")
    }
  }

  func word<Word: RawRepresentable>(_ key: String, in mapping: MappingSyntax) throws(GrammarError) -> Word
  where Word.RawValue == String {
    let text = try text(key, in: mapping)
    guard let word = Word(rawValue: text) else { throw fault(at: mapping.span, "\(key): unknown word \(text)") }
    return word
  }

  /// Keys that are not in the list are faults: a typo in a table must not pass.
  func expectKeys(_ keys: [String], in mapping: MappingSyntax) throws(GrammarError) {
    for entry in mapping.entries where !keys.contains(entry.key.text) {
      throw fault(at: entry.key.span, "unknown key \(entry.key.text)")
    }
  }

  func fields(_ mapping: MappingSyntax?) throws(GrammarError) -> [FieldEntry] {
    var fields: [FieldEntry] = []
    for entry in mapping?.entries ?? [] { fields.append(try field(entry)) }
    return fields
  }

  private func field(_ entry: MappingEntrySyntax) throws(GrammarError) -> FieldEntry {
    let body = try mapping(entry.value)
    try expectKeys(
      [
        "type", "default", "nullable", "required", "minimum", "maximum", "above", "below", "choices", "status",
        "summary", "instead",
      ],
      in: body
    )
    let type: FieldType = try word("type", in: body)
    let choices = try texts("choices", in: body)
    if (type == .choice || type == .choices) == choices.isEmpty {
      throw fault(entry.value, "a choice has choices, and nothing else has")
    }
    return FieldEntry(
      name: entry.key.text,
      type: type,
      defaultText: try optionalText("default", in: body),
      isNullable: try boolean("nullable", in: body),
      isRequired: try boolean("required", in: body),
      range: FieldRange(
        minimum: try number("minimum", in: body),
        maximum: try number("maximum", in: body),
        above: try number("above", in: body),
        below: try number("below", in: body)
      ),
      choices: choices,
      status: body["status"] == nil ? .open : try word("status", in: body),
      summary: try text("summary", in: body),
      instead: try optionalText("instead", in: body)
    )
  }
}
