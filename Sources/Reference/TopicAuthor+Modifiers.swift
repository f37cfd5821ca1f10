internal import RecipeGrammar
internal import Vocabulary

extension TopicAuthor {
  /// What modifiers' names end in; they are found without it too.
  private static let ending = "Modifier"

  func modifiers() -> [Topic] {
    let gone = grammar.history.modifiers.filter { $0.value.until != nil }.sorted { $0.key < $1.key }
    return grammar.modifiers.map(modifier) + gone.map(goneModifier)
  }

  private func modifier(_ entry: ModifierEntry) -> Topic {
    let prose = prose[.modifier, entry.name]
    var blocks = [.paragraph(entry.summary)] + prose.about + [.facts(facts(entry, prose))]
    let open = entry.fields.filter { $0.status == .open }
    blocks.append(section: "Fields", open.isEmpty ? [] : [.table(open.table)])
    blocks.append(section: "Fields without effect", idle(entry.fields))
    blocks.append(section: "History", history(entry))
    blocks.append(section: "Example", example(prose.example))
    return Topic(.modifier, entry.name, aliases: Self.shortened(entry.name), summary: entry.summary, blocks)
  }

  private static func shortened(_ name: String) -> [String] {
    name.hasSuffix(ending) ? [String(name.dropLast(ending.count))] : []
  }

  private func facts(_ entry: ModifierEntry, _ prose: Prose.Entry) -> [Document.Fact] {
    var facts = [Document.Fact("stage", entry.stage.rawValue)]
    if let needs = prose.needs { facts.append(.init("needs", needs)) }
    if let costs = prose.costs { facts.append(.init("costs", costs)) }
    if let paper = prose.paper { facts.append(.init("paper", paper)) }
    facts.append(.init("source", Self.link(entry.source)))
    if let history = grammar.history.modifiers[entry.name] {
      facts.append(.init("llm-compressor", "since \(history.since)"))
    }
    facts.append(
      .init("Pare", prose.isExecuted ? "carries it out" : "checks it; a plan with it ends with `not-yet-executable`")
    )
    if let instead = entry.instead { facts.append(.init("going away", instead)) }
    return facts
  }

  /// A paper's number as a link to it, other sources as they are.
  private static func link(_ source: String) -> String {
    let mark = "arXiv:"
    guard source.hasPrefix(mark) else { return source }
    return "[\(source)](https://arxiv.org/abs/\(source.dropFirst(mark.count)))"
  }

  /// Fields that may be given and from which nothing follows, and those that may not.
  private func idle(_ fields: [FieldEntry]) -> [Document.Block] {
    let accepted = fields.filter { ![.open, .internal].contains($0.status) }
    let refused = fields.filter { $0.status == .internal }.map(\.name)
    var blocks: [Document.Block] = []
    if !accepted.isEmpty {
      blocks.append(.table(.init(["field", "why"], accepted.map { ["`\($0.name)`", $0.instead ?? $0.summary] })))
    }
    if !refused.isEmpty {
      blocks.append(.paragraph("A run's own, and errors in a recipe: \(Self.names(refused))."))
    }
    return blocks
  }

  /// Fields that came after the modifier, and fields that are gone.
  private func history(_ entry: ModifierEntry) -> [Document.Block] {
    guard let history = grammar.history.modifiers[entry.name] else { return [] }
    let changed = history.fields.sorted { $0.key < $1.key }
      .filter { $0.value.until != nil || $0.value.since != history.since }
    if changed.isEmpty { return [] }
    guard changed.contains(where: { $0.value.effect != nil }) else {
      return [.table(.init(["field", "releases"], changed.map { ["`\($0.key)`", $0.value.releasesText] }))]
    }
    let rows = changed.map { ["`\($0.key)`", $0.value.releasesText, $0.value.effectText ?? ""] }
    return [.table(.init(["field", "releases", "what Pare does with it"], rows))]
  }

  private func goneModifier(_ name: String, _ history: ModifierHistory) -> Topic {
    let summary = "A modifier of earlier releases."
    var facts = [Document.Fact("llm-compressor", "\(history.since) to \(history.until ?? grammar.history.latest)")]
    if let instead = history.instead { facts.append(.init("Pare", "refuses it: \(instead)")) }
    let fields = history.fields.keys.sorted()
    return Topic(
      .modifier,
      name,
      aliases: Self.shortened(name),
      summary: summary,
      [.paragraph(summary), .facts(facts), .heading("Fields", level: 1), .paragraph(Self.names(fields))]
    )
  }
}

extension FieldHistory {
  /// The releases that had the field.
  var releasesText: String {
    switch (since, until) {
    case (let since?, let until?): since == until ? since : "\(since) to \(until)"
    case (let since?, nil): "since \(since)"
    case (nil, let until?): "in \(until), before llm-compressor"
    case (nil, nil): ""
    }
  }

  /// What Pare makes of a field that is gone; nil for one that the latest release has.
  var effectText: String? {
    guard let effect else { return nil }
    let reason = instead.map { ": \($0)" } ?? ""
    switch effect {
    case .nothing:
      return "warns that nothing follows from it" + (accepts.map { ", unless it is other than `\($0)`" } ?? "") + reason
    case .moved: return "moves it to the quantization modifier after it" + reason
    case .renamed: return "reads it as " + (replacement.map { "`\($0)`" } ?? "its new name")
    case .unknown: return "refuses it" + reason
    }
  }
}
