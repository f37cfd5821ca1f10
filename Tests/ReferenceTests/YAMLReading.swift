import JSONDocuments
import Syntax

/// How a reader of YAML understands scalars without quotes.
enum YAMLReading: CaseIterable {
  /// As PyYAML does, with it llm-compressor, and Pare.
  case version11
  /// As the language servers of editors do.
  case version12

  /// The JSON value of a document.
  func json(_ node: SyntaxNode) -> JSON {
    if let mapping = node.mapping { return .object(mapping.entries.map { .init($0.key.text, json($0.value)) }) }
    if let sequence = node.sequence { return .array(sequence.items.map(json)) }
    guard let scalar = node.scalar else { return .null }
    return self == .version12 && scalar.style == .plain ? Self.coreSchema(scalar.text) : Self.json(scalar.plainValue)
  }

  private static func json(_ value: PlainValue) -> JSON {
    switch value {
    case .null: .null
    case .boolean(let value): .boolean(value)
    case .integer(let value): .integer(Int64(value))
    case .number(let value): .number(value)
    case .string(let text): .string(text)
    case .date: .string("a date")
    }
  }

  /// YAML 1.2, section 10.3.2.
  private static func coreSchema(_ text: String) -> JSON {
    if ["", "~", "null", "Null", "NULL"].contains(text) { return .null }
    if ["true", "True", "TRUE"].contains(text) { return .boolean(true) }
    if ["false", "False", "FALSE"].contains(text) { return .boolean(false) }
    if text.wholeMatch(of: /[-+]?[0-9]+/) != nil, let value = Int64(text) { return .integer(value) }
    let isNumber = text.wholeMatch(of: /[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?/) != nil
    if isNumber, let value = Double(text.hasSuffix(".") ? text + "0" : text) { return .number(value) }
    return .string(text)
  }
}
