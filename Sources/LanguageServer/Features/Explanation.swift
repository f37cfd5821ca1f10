internal import Diagnostics
internal import Models
internal import RecipeGrammar
internal import Reference
internal import Vocabulary

/// What there is to say of a word of a recipe.
struct Explanation {
  /// Modules that are listed by name.
  private static let listedModules = 10

  let document: Document
  /// The word.
  let span: SourceSpan

  /// What is said of the word at a place, or nil.
  static func of(
    _ offset: Int,
    in draft: Draft,
    _ grammar: Grammar,
    reference: Reference,
    model: ConfiguredModel?
  ) -> Explanation? {
    guard let (index, isKey) = draft.entry(at: offset) else { return nil }
    let entry = draft.entries[index]
    if isKey, let key = entry.key {
      let holder = Expectation.of(entry.parent, in: draft, grammar)
      return document(ofKey: key, in: holder, grammar, reference).map { Explanation(document: $0, span: entry.span) }
    }
    guard let value = entry.value else { return nil }
    let expectation = Expectation.of(index, in: draft, grammar)
    return document(ofValue: draft.meaning(of: value), as: expectation, reference, model)
      .map { Explanation(document: $0, span: value.span) }
  }

  private static func document(
    ofKey key: String,
    in holder: Expectation,
    _ grammar: Grammar,
    _ reference: Reference
  ) -> Document? {
    switch holder {
    case .document:
      if grammar.section(key) != nil { return reference.document(key, [.section]) }
      if grammar.documentFields.contains(where: { $0.name == key }) {
        return reference.document("recipe.\(key)", [.field])
      }
      return key.hasSuffix(grammar.stageSuffix) ? stage(key, grammar) : nil
    case .stage: return key.hasSuffix(grammar.groupSuffix) ? group(key) : nil
    case .group: return reference.document(key, [.modifier])
    case .fields(_, let owner):
      return reference.document("\(owner).\(key)", [.field, .argument]) ?? reference.document(key, [.argument])
    case .presets: return reference.document(key, [.scheme])
    case .field(let field, _) where field.type == .scheme: return reference.document(key, [.scheme])
    case .observerArguments: return reference.document(key, [.field])
    default: return nil
    }
  }

  private static func document(
    ofValue text: String,
    as expectation: Expectation,
    _ reference: Reference,
    _ model: ConfiguredModel?
  ) -> Document? {
    switch expectation {
    case .modules: return model.map { modules(text, of: $0) }
    case .observer: return reference.document(text, [.observer])
    case .field(let field, let owner):
      let kind: Topic.Kind? =
        switch field.type {
        case .scheme: .scheme
        case .format: .format
        case .runtime: .runtime
        case .observer: .observer
        default: nil
        }
      return kind.flatMap { reference.document(text, [$0]) }
        ?? reference.document("\(owner).\(field.name)", [.field, .argument])
    default: return nil
    }
  }

  private static func stage(_ key: String, _ grammar: Grammar) -> Document {
    Document(
      title: key,
      blocks: [
        .paragraph("A stage. Its name is free; what it does follows from the modifiers in it."),
        .list(grammar.stages.map { "**\($0.kind.rawValue)**: \($0.summary)" }),
        .paragraph("The work is done in this order, whatever the order of the text."),
      ]
    )
  }

  private static func group(_ key: String) -> Document {
    Document(title: key, blocks: [.paragraph("A group of modifiers. Its name is free.")])
  }

  /// What a target or an ignore entry means in a model.
  private static func modules(_ text: String, of model: ConfiguredModel) -> Document {
    let indices = model.modules(matching: Target(text))
    let all = indices.map { model.outline.modules[$0] }
    let layerCount = all.count { $0.linear != nil }
    let sum =
      all.isEmpty
      ? "No module of the model in `\(model.folder)` matches."
      : "\(all.count) of \(model.outline.modules.count) modules of the model in `\(model.folder)`, "
        + "\(layerCount) of them linear layers:"
    let shown = all.prefix(listedModules).map { "`\($0.name)` (\($0.className))" }
    let rest = all.count > shown.count ? ["and \(all.count - shown.count) more"] : []
    return Document(title: text, blocks: [.paragraph(sum)] + (shown.isEmpty ? [] : [.list(shown + rest)]))
  }
}

extension Reference {
  /// The page of a name, if it has one of these kinds.
  func document(_ name: String, _ kinds: [Topic.Kind]) -> Document? {
    topics(named: name).first { kinds.contains($0.kind) }?.document
  }
}
