internal import Diagnostics
internal import JSONDocuments
internal import RecipeGrammar
internal import Syntax

/// The outline of a recipe: stages, groups, modifiers and fields.
struct DocumentSymbols {
  /// Numbers of the protocol.
  private enum Kind: Int {
    case module = 2
    case namespace = 3
    case package = 4
    case classKind = 5
    case property = 7
  }

  /// Levels below which nothing is listed.
  private static let depthLimit = 6
  /// Symbols of one document at most, and bytes of the lines that they stand in: of very long lines there are fewer.
  private static let (countLimit, byteLimit) = (10_000, 64 << 20)

  private let file: SourceFile
  private let encoding: PositionEncoding
  private let grammar: Grammar
  private var remainingCount = DocumentSymbols.countLimit
  private var remainingBytes = DocumentSymbols.byteLimit

  /// The symbols of a tree, each with those inside it.
  static func list(_ tree: SyntaxTree, _ grammar: Grammar, _ encoding: PositionEncoding) -> [JSON] {
    var symbols = DocumentSymbols(file: tree.file, encoding: encoding, grammar: grammar)
    return symbols.list(tree.root, depth: 0)
  }

  private init(file: SourceFile, encoding: PositionEncoding, grammar: Grammar) {
    self.file = file
    self.encoding = encoding
    self.grammar = grammar
  }

  private mutating func list(_ node: SyntaxNode?, depth: Int) -> [JSON] {
    guard let mapping = node?.mapping, depth < Self.depthLimit else { return [] }
    var symbols: [JSON] = []
    for entry in mapping.entries where remainingCount > 0 && remainingBytes > 0 {
      remainingCount -= 1
      remainingBytes -= file.lines.range(ofLine: file.lines.line(at: entry.key.span.start)).count
      // The value of an alias stands elsewhere, and so does what comes from a merge key.
      let isHere = entry.value.span.start >= entry.key.span.end
      let end = isHere ? entry.value.span.end : entry.key.span.end
      symbols.append(
        .members([
          "name": .string(entry.key.text.isEmpty ? "\"\"" : entry.key.text),
          "detail": entry.value.scalar.map { .string($0.text) },
          "kind": .integer(kind(of: entry.key.text, depth: depth).rawValue),
          "range": .range(SourceSpan(start: entry.key.span.start, end: end), of: file, in: encoding),
          "selectionRange": .range(entry.key.span, of: file, in: encoding),
          "children": isHere ? .array(list(entry.value, depth: depth + 1)) : nil,
        ])
      )
    }
    return symbols
  }

  private func kind(of key: String, depth: Int) -> Kind {
    if grammar.modifier(key) != nil { return .classKind }
    if depth == 0 { return key.hasSuffix(grammar.stageSuffix) ? .namespace : .module }
    return key.hasSuffix(grammar.groupSuffix) ? .package : .property
  }
}

extension JSON {
  /// Symbols inside one another as a list, for editors that know no tree.
  static func flatSymbols(_ symbols: [JSON], uri: String, container: String? = nil) -> [JSON] {
    symbols.flatMap { symbol in
      let flat = JSON.members([
        "name": symbol["name"],
        "kind": symbol["kind"],
        "location": .members(["uri": .string(uri), "range": symbol["range"]]),
        "containerName": container.map(JSON.string),
      ])
      return [flat] + flatSymbols(symbol["children"]?.array ?? [], uri: uri, container: symbol["name"]?.string)
    }
  }
}
