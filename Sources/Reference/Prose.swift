internal import CReferenceTexts
internal import Diagnostics
internal import Syntax

/// What `grammar/prose` says of each word of the language besides the tables.
package struct Prose: Sendable {
  /// What is said of one word.
  package struct Entry: Hashable, Sendable {
    /// What it does, when to use it, what goes wrong.
    package var about: [Document.Block] = []
    /// Who described it.
    package var paper: String?
    /// What it computes from.
    package var needs: String?
    /// What it takes.
    package var costs: String?
    /// Whether Pare carries it out.
    package var isExecuted = false
    /// A whole recipe that shows it.
    package var example: String?
  }

  /// Entries by kind and name.
  package private(set) var entries: [Topic.Kind: [String: Entry]] = [:]

  subscript(kind: Topic.Kind, name: String) -> Entry { entries[kind]?[name] ?? Entry() }

  /// The texts that prose is read from.
  struct Texts {
    let files: [SourceFile]

    /// `grammar/prose`, as it was when Pare was built.
    static let embedded = Texts(files: [
      SourceFile(name: "modifiers.yaml", bytes: creference_prose_of_modifiers().copied),
      SourceFile(name: "schemes.yaml", bytes: creference_prose_of_schemes().copied),
      SourceFile(name: "observers.yaml", bytes: creference_prose_of_observers().copied),
      SourceFile(name: "formats.yaml", bytes: creference_prose_of_formats().copied),
      SourceFile(name: "arguments.yaml", bytes: creference_prose_of_arguments().copied),
      SourceFile(name: "structure.yaml", bytes: creference_prose_of_structure().copied),
    ])
  }

  /// What `grammar/prose` says, as it was when Pare was built.
  package static func embedded() throws(ReadingError) -> Prose { try read(.embedded) }

  /// Prose that cannot be read; place and fault as `file:line:column: …`.
  package enum ReadingError: Error {
    case broken(String)
  }

  /// Reads mappings of kinds (`modifiers`) to mappings of names to entries.
  static func read(_ texts: Texts) throws(ReadingError) -> Prose {
    var prose = Prose()
    for file in texts.files {
      let tree = SyntaxTree.parse(file)
      if let diagnostic = tree.diagnostics.first { throw .broken(diagnostic.concise) }
      for section in tree.root?.mapping?.entries ?? [] {
        guard let kind = Topic.Kind.allCases.first(where: { $0.rawValue + "s" == section.key.text }) else {
          throw fault(section.key, in: file)
        }
        for item in section.value.mapping?.entries ?? [] {
          prose.entries[kind, default: [:]][item.key.text] = try entry(item.value, in: file)
        }
      }
    }
    return prose
  }

  private static func entry(_ node: SyntaxNode, in file: SourceFile) throws(ReadingError) -> Entry {
    var entry = Entry()
    for item in node.mapping?.entries ?? [] {
      let text = item.value.scalar?.text ?? ""
      switch item.key.text {
      case "about": entry.about = [Document.Block](markdown: text)
      case "paper": entry.paper = text
      case "needs": entry.needs = text
      case "costs": entry.costs = text
      case "executed": entry.isExecuted = item.value.scalar?.plainValue == .boolean(true)
      case "example": entry.example = text
      default: throw fault(item.key, in: file)
      }
    }
    return entry
  }

  private static func fault(_ key: ScalarSyntax, in file: SourceFile) -> ReadingError {
    let position = file.position(at: key.span.start)
    return .broken("\(file.name):\(position.line):\(position.column): unknown key \(key.text)")
  }
}

extension creference_text {
  /// The bytes as an array.
  var copied: [UInt8] { Array(UnsafeBufferPointer(start: bytes, count: count)) }
}
