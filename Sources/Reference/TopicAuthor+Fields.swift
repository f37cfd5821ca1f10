internal import RecipeGrammar
internal import Vocabulary

extension TopicAuthor {
  /// A field as several owners have it, all alike.
  private struct Shared {
    let entry: FieldEntry
    var owners: [String]
  }

  /// The mappings that quantization arguments stand in.
  private static let argumentOwners = ["weights", "input_activations", "output_activations", "kv_cache_scheme"]

  /// Fields of modifiers, sections, observers and the smaller mappings, and those that only earlier releases had.
  func fields() -> [Topic] {
    let owned: [(owner: String, fields: [FieldEntry])] =
      grammar.modifiers.map { ($0.name, $0.fields) }
      + [
        ("recipe", grammar.documentFields), ("config_groups", grammar.schemeFields),
        ("mappings", grammar.balanceMappingFields),
        ("transform_config", grammar.transformFields.config), ("transform", grammar.transformFields.scheme),
        ("apply", grammar.transformFields.arguments),
      ]
      + grammar.sections.map { ($0.name, $0.fields) } + grammar.observers.map { ($0.name, $0.fields) }
    var shared: [Shared] = []
    var places: [FieldEntry: Int] = [:]
    for (owner, fields) in owned {
      for entry in fields {
        if let place = places[entry] {
          shared[place].owners.append(owner)
        } else {
          places[entry] = shared.count
          shared.append(Shared(entry: entry, owners: [owner]))
        }
      }
    }
    return shared.map(field) + goneFields()
  }

  func argument(_ entry: FieldEntry) -> Topic {
    let aliases = Self.argumentOwners.map { "\($0).\(entry.name)" }
    let facts = facts(entry, owners: Self.argumentOwners)
    let blocks = [.paragraph(entry.summary)] + prose[.argument, entry.name].about + [.facts(facts)]
    return Topic(.argument, entry.name, aliases: aliases, summary: entry.summary, blocks)
  }

  private func field(_ shared: Shared) -> Topic {
    let entry = shared.entry
    var blocks: [Document.Block] = [.paragraph(entry.summary), .facts(facts(entry, owners: shared.owners))]
    let rows = shared.owners.compactMap { owner in
      grammar.history.field(entry.name, of: owner).map { ["`\(owner)`", $0.releasesText] }
    }
    blocks.append(section: "History", rows.isEmpty ? [] : [.table(.init(["modifier", "llm-compressor"], rows))])
    let aliases = shared.owners.map { "\($0).\(entry.name)" }
    return Topic(
      .field,
      entry.name,
      title: aliases.count == 1 ? aliases[0] : entry.name,
      aliases: aliases,
      summary: entry.summary,
      blocks
    )
  }

  private func facts(_ entry: FieldEntry, owners: [String]) -> [Document.Fact] {
    let isEverywhere = grammar.modifiers.allSatisfy { owners.contains($0.name) }
    var facts = [Document.Fact("in", isEverywhere ? "every modifier" : Self.names(owners))]
    facts.append(.init("value", entry.valueText))
    if !entry.omissionText.isEmpty { facts.append(.init("when omitted", entry.omissionText)) }
    switch entry.type {
    case .scheme: facts.append(.init("presets", Self.names(grammar.presets.map(\.name))))
    case .observer: facts.append(.init("observers", Self.names(grammar.observers.map(\.name))))
    case .format:
      facts.append(.init("formats", Self.names(grammar.formats.filter(\.isSettable).map(\.format.rawValue))))
    case .runtime: facts.append(.init("runtimes", Self.names(grammar.runtimes.map(\.name))))
    case .arguments: facts.append(.init("arguments", Self.names(grammar.argumentFields.map(\.name))))
    default: break
    }
    if let status = entry.statusText { facts.append(.init("status", status)) }
    return facts
  }

  /// Fields of current modifiers that the latest release has no more, those that went the same way together.
  private func goneFields() -> [Topic] {
    struct Fate: Hashable {
      let name: String
      let text: String
    }
    var owners: [Fate: [(modifier: String, history: FieldHistory)]] = [:]
    for (modifier, history) in grammar.history.modifiers where history.until == nil {
      for (name, field) in history.fields {
        guard let text = field.effectText else { continue }
        owners[Fate(name: name, text: text), default: []].append((modifier, field))
      }
    }
    return owners.sorted { ($0.key.name, $0.key.text) < ($1.key.name, $1.key.text) }.map { fate, owners in
      let owners = owners.sorted { $0.modifier < $1.modifier }
      let summary = "A field of earlier releases."
      let rows = owners.map { ["`\($0.modifier)`", $0.history.releasesText] }
      return Topic(
        .field,
        fate.name,
        aliases: owners.map { "\($0.modifier).\(fate.name)" },
        summary: summary,
        [
          .paragraph(summary), .facts([.init("Pare", fate.text)]), .heading("History", level: 1),
          .table(.init(["modifier", "llm-compressor"], rows)),
        ]
      )
    }
  }
}
