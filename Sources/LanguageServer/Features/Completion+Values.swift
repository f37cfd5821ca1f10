internal import Models
internal import RecipeGrammar
internal import Vocabulary

extension Completion {
  /// Names of modules that are offered at once; a longer word brings others.
  private static let moduleLimit = 200
  /// Structures that people prune to.
  private static let masks = ["2:4", "4:8"]

  /// Values at a place, and whether there would be more for a longer word.
  func values(_ expectation: Expectation, isItem: Bool) -> (offers: [CompletionOffer], isCut: Bool) {
    switch expectation {
    case .modules: modules(isItem: isItem)
    case .observer: (observers(), false)
    case .field(let field, _): (values(of: field), false)
    default: ([], false)
    }
  }

  private func values(of field: FieldEntry) -> [CompletionOffer] {
    let typical: [CompletionOffer] =
      switch field.type {
      case .boolean: words(["true", "false"])
      case .choice, .choices: words(field.choices)
      case .scheme:
        grammar.presets.map { .init(label: $0.name, kind: .constant, detail: $0.summary, topic: $0.name) }
      case .observer: observers()
      case .format:
        grammar.formats.filter(\.isSettable)
          .map { .init(label: $0.format.rawValue, kind: .constant, detail: $0.summary, topic: $0.format.rawValue) }
      case .runtime: grammar.runtimes.map { .init(label: $0.name, kind: .constant, detail: $0.summary, topic: $0.name) }
      case .elementType: words(Grammar.elementTypes.keys.sorted())
      case .activationOrder: words(["static", "weight"])
      case .dynamic: words(["false", "true", "local"])
      case .mask: quoted(Self.masks)
      case .maskShape: words(["unstructured"]) + quoted(Self.masks)
      case .autoInteger: words(["auto"])
      case .byteCount: words(["5GB", "20GB"])
      default: []
      }
    let more = [field.defaultText, field.isNullable ? "null" : nil].compactMap { $0 }
    let isShown = Set(typical.map(\.label))
    let rest = more.filter { !isShown.contains($0) && !isShown.contains("\"\($0)\"") }
    return (typical + (field.type == .mask ? quoted(rest) : words(rest))).map { offer in
      var offer = offer
      if offer.label == field.defaultText, offer.detail.isEmpty { offer.detail = "the default" }
      return offer
    }
  }

  private func observers() -> [CompletionOffer] {
    grammar.observers.map { observer in
      .init(
        label: observer.name,
        kind: .constant,
        detail: observer.summary,
        topic: observer.name,
        isDeprecated: observer.instead != nil
      )
    }
  }

  private func words(_ words: [String]) -> [CompletionOffer] {
    words.map { .init(label: $0, kind: .enumMember) }
  }

  /// Words that YAML would read as something else without quotes.
  private func quoted(_ words: [String]) -> [CompletionOffer] {
    words.map { .init(label: site.isQuoted ? $0 : "\"\($0)\"", kind: .enumMember) }
  }

  // MARK: Modules

  /// Classes with weights, patterns of the last parts of layers' names, and as many names as the word leaves.
  private func modules(isItem: Bool) -> (offers: [CompletionOffer], isCut: Bool) {
    guard let model else { return ([.init(label: "Linear", kind: .module, detail: "every linear layer")], false) }
    let modules = model.outline.modules
    var classCounts: [String: Int] = [:]
    var lastParts: [(name: String, count: Int)] = []
    var places: [Substring: Int] = [:]
    for module in modules {
      if case .other = module.kind {} else { classCounts[module.className, default: 0] += 1 }
      guard module.linear != nil else { continue }
      let last = module.lastPart
      if let place = places[last] {
        lastParts[place].count += 1
      } else {
        places[last] = lastParts.count
        lastParts.append((String(last), 1))
      }
    }
    let classes = classCounts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { name, count in
      CompletionOffer(label: name, kind: .module, detail: "class of \(Self.counted(count))")
    }
    let patterns = lastParts.filter { $0.count > 1 }.map { name, count in
      CompletionOffer(
        label: "\(Target.patternPrefix).*\\.\(name)$",
        kind: .module,
        detail: "pattern of \(Self.counted(count))"
      )
    }
    let names = modules.filter { $0.linear != nil && $0.name.hasPrefix(site.typed) }
    let isLeaf = Set(lastParts.filter { $0.count == 1 }.map(\.name))
    // Single layers, such as the head, come before the many that blocks have.
    let ordered = names.filter { isLeaf.contains($0.name) } + names.filter { !isLeaf.contains($0.name) }
    let shown = ordered.prefix(Self.moduleLimit).map { module in
      CompletionOffer(label: module.name, kind: .module, detail: module.className)
    }
    return (classes + patterns + shown, names.count > shown.count)
  }

  private static func counted(_ count: Int) -> String { count == 1 ? "1 module" : "\(count) modules" }
}
