internal import Diagnostics
internal import RecipeGrammar
internal import Vocabulary

/// One thing that may be written at a place.
struct CompletionOffer: Hashable {
  /// Numbers of the protocol.
  enum Kind: Int {
    case module = 9
    case property = 10
    case value = 12
    case keyword = 14
    case enumMember = 20
    case constant = 21
    case file = 17
  }

  /// What is shown, and what is written unless `text` says otherwise.
  let label: String
  let kind: Kind
  /// A few words beside the label.
  var detail = ""
  /// What the reference calls it, if it knows it.
  var topic: String?
  /// What stands behind it: a colon, for a key.
  var ending = ""
  /// What is written before it.
  var opening = ""
  /// Whether it is going away.
  var isDeprecated = false
}

/// What may be written at a place of a draft.
struct Completion {
  let draft: Draft
  let site: DraftSite
  let grammar: Grammar
  let model: ConfiguredModel?

  /// The rank of fields that are offered last.
  private static let lowestRank = 2

  /// Offers in their order, and whether there would be more for a longer word.
  func offers() -> (offers: [CompletionOffer], isCut: Bool) {
    switch site.role {
    case .key(let holder):
      let expectation = Expectation.of(holder, in: draft, grammar)
      if let items = itemsOnLines(expectation) { return items }
      return (keys(expectation, beside: siblings(in: holder)), false)
    case .item(let holder):
      let expectation = Expectation.of(holder, in: draft, grammar)
      return values(expectation, isItem: true)
    case .value(let entry):
      let written = draft.entries[entry]
      let expectation = Expectation.of(entry, in: draft, grammar)
      guard written.key == nil else { return values(expectation, isItem: false) }
      if case .fields = expectation { return (keys(expectation, beside: []), false) }
      return values(expectation, isItem: true)
    }
  }

  /// Keys that stand beside the word already.
  private func siblings(in holder: Int?) -> Set<String> {
    Set(draft.children(of: holder).filter { $0 != site.entry }.compactMap { draft.entries[$0].key })
  }

  /// On a line of its own under a key that takes a list, an item with its dash.
  private func itemsOnLines(_ expectation: Expectation) -> (offers: [CompletionOffer], isCut: Bool)? {
    switch expectation {
    case .modules: break
    case .field(let field, _) where field.type == .choices: break
    default: return nil
    }
    guard !site.isInBrackets else { return nil }
    var (offers, isCut) = values(expectation, isItem: true)
    for index in offers.indices { offers[index].opening = "- " + offers[index].opening }
    return (offers, isCut)
  }

  // MARK: Keys

  private func keys(_ expectation: Expectation, beside siblings: Set<String>) -> [CompletionOffer] {
    switch expectation {
    case .document: documentKeys(siblings)
    case .stage(let name): groupKeys(in: name, siblings)
    case .group:
      grammar.modifiers.filter { !siblings.contains($0.name) }.map { modifier in
        key(modifier.name, modifier.summary, topic: modifier.name, isDeprecated: modifier.instead != nil)
      }
    case .fields(let fields, let owner): self.fields(fields, owner: owner, siblings)
    case .observerArguments(let fields): self.fields(fields, owner: "", siblings)
    case .observers:
      Expectation.observedRoles.filter { !siblings.contains($0) }.map { key($0, "an observer", hasScalar: true) }
    case .field(let field, _) where field.type == .scheme: presetKeys(siblings)
    case .presets: presetKeys(siblings)
    case .named(.fields(_, let owner)) where owner == "config_groups":
      [key(freeGroupName(siblings), "a group of modules")]
    case .named, .field, .modules, .observer, .unknown: []
    }
  }

  private func documentKeys(_ siblings: Set<String>) -> [CompletionOffer] {
    let stages = grammar.stages.map { entry in
      key(entry.kind.rawValue + grammar.stageSuffix, entry.summary, topic: entry.kind.rawValue)
    }
    let typed = ownName(ending: grammar.stageSuffix).map { key($0, "a stage") }
    let sections = grammar.sections.map { key($0.name, $0.summary, topic: $0.name) }
    let others = grammar.documentFields.map { key($0.name, $0.summary, topic: "recipe.\($0.name)", hasScalar: true) }
    return without(siblings, stages + typed + sections + others)
  }

  private func groupKeys(in stage: String, _ siblings: Set<String>) -> [CompletionOffer] {
    let names = (stage.isEmpty ? [] : [stage]) + grammar.stages.map(\.kind.rawValue)
    let groups = names.map { key($0 + grammar.groupSuffix, "modifiers of the stage") }
    return without(siblings, groups + ownName(ending: grammar.groupSuffix).map { key($0, "modifiers of the stage") })
  }

  /// Names are free: what someone types becomes one.
  private func ownName(ending suffix: String) -> [String] {
    let name = site.typed.split(separator: "_").first.map(String.init) ?? ""
    let isName = !name.isEmpty && name.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || $0.value == 0x2D }
    return isName ? [name + suffix] : []
  }

  private func presetKeys(_ siblings: Set<String>) -> [CompletionOffer] {
    grammar.presets.filter { !siblings.contains($0.name) }.map { key($0.name, $0.summary, topic: $0.name) }
  }

  private func freeGroupName(_ siblings: Set<String>) -> String {
    var number = 0
    while siblings.contains("group_\(number)") { number += 1 }
    return "group_\(number)"
  }

  private func fields(_ fields: [FieldEntry], owner: String, _ siblings: Set<String>) -> [CompletionOffer] {
    let offered = fields.filter { $0.status != .internal && !siblings.contains($0.name) }
    // What must be given comes first, and last what every modifier has and nobody needs.
    let ranked = (0...Self.lowestRank).flatMap { rank in offered.filter { self.rank($0, owner: owner) == rank } }
    return ranked.map { field in
      key(
        field.name,
        field.summary,
        topic: owner.isEmpty ? field.name : "\(owner).\(field.name)",
        hasScalar: !field.type.isMapping,
        isDeprecated: field.status != .open
      )
    }
  }

  private func rank(_ field: FieldEntry, owner: String) -> Int {
    if field.isRequired { return 0 }
    let isEverywhere =
      grammar.modifier(owner) != nil
      && grammar.modifiers.allSatisfy { $0.fields.contains { $0.name == field.name } }
    return field.status == .open && !isEverywhere ? 1 : Self.lowestRank
  }

  private func key(
    _ name: String,
    _ detail: String,
    topic: String? = nil,
    hasScalar: Bool = false,
    isDeprecated: Bool = false
  ) -> CompletionOffer {
    CompletionOffer(
      label: name,
      kind: .property,
      detail: detail,
      topic: topic,
      ending: site.hasColon ? "" : hasScalar || site.isInBrackets ? ": " : ":",
      isDeprecated: isDeprecated
    )
  }

  private func without(_ siblings: Set<String>, _ offers: [CompletionOffer]) -> [CompletionOffer] {
    var seen = siblings
    return offers.filter { seen.insert($0.label).inserted }
  }
}

extension FieldType {
  /// Whether the value is a mapping, which begins on the next line.
  fileprivate var isMapping: Bool {
    switch self {
    case .arguments, .groups, .observers, .observerArguments, .transform: true
    default: false
    }
  }
}
