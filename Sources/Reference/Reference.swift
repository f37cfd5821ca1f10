internal import Diagnostics
internal import RecipeGrammar

/// Everything that can be explained, from the tables of the language and the pages of its diagnostics.
package struct Reference: Sendable {
  /// The topics by kind, and within a kind in the order of the tables.
  package let topics: [Topic]
  private let found: [String: [Int]]

  /// Names that are offered in place of one that nothing has, at most.
  private static let offerLimit = 5
  /// Letters that a part of a name must have before names are offered for it.
  private static let leastPartLength = 3

  /// The reference as it was when Pare was built.
  package static let standard: Reference = {
    do {
      return Reference(.standard, prose: try .embedded(), diagnostics: embeddedDiagnostics())
    } catch {
      preconditionFailure("the prose of the reference is broken: \(error)")
    }
  }()

  init(_ grammar: Grammar, prose: Prose, diagnostics: [Document]) {
    let authors = TopicAuthor(grammar: grammar, prose: prose)
    topics = authors.topics() + diagnostics.map(Topic.diagnostic)
    var found: [String: [Int]] = [:]
    for (index, topic) in topics.enumerated() {
      for name in Set(([topic.name] + topic.aliases).map(Self.folded)) { found[name, default: []].append(index) }
    }
    self.found = found
  }

  /// The topics of a kind, in order.
  package func topics(of kind: Topic.Kind) -> [Topic] { topics.filter { $0.kind == kind } }

  /// The topics that a name stands for; case does not count, nor whether parts are joined by `-` or `_`.
  package func topics(named name: String) -> [Topic] {
    (found[Self.folded(name)] ?? []).map { topics[$0] }
  }

  /// Names like one that nothing has: misspelt ones first, then those that it is a part of.
  package func names(near name: String) -> [String] {
    let names = topics.flatMap { [$0.name] + $0.aliases }
    var offers: [String] = []
    while offers.count < Self.offerLimit,
      let nearest = nearestName(to: name, among: names.lazy.filter { !offers.contains($0) })
    {
      offers.append(nearest)
    }
    let part = Self.folded(name)
    if part.count >= Self.leastPartLength {
      offers += topics.map(\.name).filter { Self.folded($0).contains(part) && !offers.contains($0) }
    }
    return Array(offers.prefix(Self.offerLimit))
  }

  /// Everything by kind, with a sentence on each.
  package func index() -> Document {
    var document = Document(title: "What can be explained")
    for kind in Topic.Kind.allCases {
      let topics = topics(of: kind)
      let blocks: [Document.Block] =
        switch kind {
        case .field, .diagnostic: [.paragraph(Self.distinct(topics.map(\.name)).joined(separator: ", "))]
        default: [.table(.init(["name", "what it is"], topics.map { [$0.name, $0.summary] }))]
        }
      document.blocks.append(section: kind.heading, topics.isEmpty ? [] : blocks)
    }
    return document
  }

  private static func folded(_ name: String) -> String {
    String(name.lowercased().map { $0 == "-" ? "_" : $0 })
  }

  private static func distinct(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}
