internal import Diagnostics
internal import JSONDocuments
internal import Syntax

/// Collects what is wrong with an architecture document.
final class DocumentFindings {
  let file: SourceFile
  private(set) var diagnostics: [Diagnostic] = []

  init(_ file: SourceFile) {
    self.file = file
  }

  func add(_ diagnostic: Diagnostic) {
    var diagnostic = diagnostic
    diagnostic.file = file
    diagnostics.append(diagnostic)
  }
}

/// The members of one mapping of an architecture document; whatever is wrong with one is reported, and reading goes on.
struct DocumentMembers {
  let mapping: MappingSyntax
  /// Where the mapping stands, such as `block.attention`; empty for the whole document.
  let path: String
  let findings: DocumentFindings

  /// Reports members that nobody reads.
  func expect(_ keys: [String]) {
    for entry in mapping.entries where !keys.contains(entry.key.text) {
      findings.add(ArchitectureDiagnostics.unknownKey(entry.key.spanned, in: path, known: keys))
    }
  }

  func has(_ key: String) -> Bool { mapping[key].map { !$0.isNull } ?? false }

  func optionalText(_ key: String) -> String? {
    guard has(key), let node = mapping[key] else { return nil }
    guard let text = node.scalar?.text, !text.isEmpty else {
      findings.add(ArchitectureDiagnostics.wrongValue(node.span, key, expected: "a name"))
      return nil
    }
    return text
  }

  func text(_ key: String) -> String {
    if !has(key) { missing(key) }
    return optionalText(key) ?? ""
  }

  /// A name, or a list of names.
  func texts(_ key: String) -> [String] {
    guard has(key), let node = mapping[key] else { return [] }
    guard let items = node.sequence?.items else { return optionalText(key).map { [$0] } ?? [] }
    return items.compactMap { item in
      if let text = item.scalar?.text, !text.isEmpty { return text }
      findings.add(ArchitectureDiagnostics.wrongValue(item.span, key, expected: "a name"))
      return nil
    }
  }

  func boolean(_ key: String) -> Bool {
    guard has(key), let node = mapping[key] else { return false }
    if case .boolean(let value)? = node.scalar?.plainValue { return value }
    findings.add(ArchitectureDiagnostics.wrongValue(node.span, key, expected: "true or false"))
    return false
  }

  func integer(_ key: String) -> Int? {
    guard has(key), let node = mapping[key] else { return nil }
    if case .integer(let value)? = node.scalar?.plainValue, 0...Self.largestInteger ~= value { return value }
    findings.add(ArchitectureDiagnostics.wrongValue(node.span, key, expected: "a whole number from 0 on"))
    return nil
  }

  /// One of the words of a kind, or the standard one.
  func word<Word: RawRepresentable & CaseIterable>(_ key: String, standard: Word) -> Word
  where Word.RawValue == String {
    guard has(key), let node = mapping[key] else { return standard }
    let words = Word.allCases.map(\.rawValue)
    guard let text = node.scalar?.text, let word = Word(rawValue: text) else {
      findings.add(
        ArchitectureDiagnostics.unknownWord(Spanned(node.scalar?.text ?? "", at: node.span), key, known: words)
      )
      return standard
    }
    return word
  }

  func optionalMembers(_ key: String) -> DocumentMembers? {
    guard has(key), let node = mapping[key] else { return nil }
    guard let mapping = node.mapping else {
      findings.add(ArchitectureDiagnostics.wrongValue(node.span, key, expected: "a mapping"))
      return nil
    }
    return DocumentMembers(mapping: mapping, path: path.isEmpty ? key : "\(path).\(key)", findings: findings)
  }

  func members(_ key: String) -> DocumentMembers? {
    if !has(key) { missing(key) }
    return optionalMembers(key)
  }

  func missing(_ key: String) {
    findings.add(ArchitectureDiagnostics.missingKey(key, in: path, at: mapping.span))
  }

  private static let largestInteger = 1 << 28
}

extension SyntaxNode {
  /// The node as a value of config.json would be: numbers, booleans, texts and lists of them; nil for anything else.
  var json: JSON? {
    switch self {
    case .scalar(let scalar):
      switch scalar.plainValue {
      case .null: return .null
      case .boolean(let value): return .boolean(value)
      case .integer(let value): return .integer(Int64(value))
      case .number(let value): return .number(value)
      default: return .string(scalar.text)
      }
    case .sequence(let sequence):
      let items = sequence.items.map(\.json)
      return items.contains { $0 == nil } ? nil : .array(items.compactMap { $0 })
    case .mapping: return nil
    }
  }
}
