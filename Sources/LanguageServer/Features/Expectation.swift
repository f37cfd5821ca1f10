internal import RecipeGrammar

/// What the language has at a place of a draft.
enum Expectation {
  /// Sections and stages.
  case document
  /// Groups, in a stage of a name.
  case stage(String)
  /// Modifiers.
  case group
  /// A mapping with these fields, which the reference knows by the owner's name.
  case fields([FieldEntry], owner: String)
  /// The value of a field.
  case field(FieldEntry, owner: String)
  /// A mapping whose keys are free.
  indirect case named(Expectation)
  /// Names, classes or patterns of modules: one, or a list of them.
  case modules
  /// Presets with their targets.
  case presets
  /// An observer for each role.
  case observers
  /// The name of an observer.
  case observer
  /// The arguments of the observer that is named beside them, or of any.
  case observerArguments([FieldEntry])
  /// Nothing that the tables know.
  case unknown

  /// Fields whose texts name modules: the tables give them the types of other names and texts.
  static let moduleFields: Set<String> = [
    "activation_hook_target", "balance_layers", "ignore", "smooth_layer", "targets",
  ]
  /// What the field `observer` of a modifier gives observers to.
  static let observedRoles = ["weights", "input", "output"]
  /// Structures of earlier grammars that are read still: stages in a mapping, and a group without a name.
  private static let (stages, bareGroup) = ("stages", "modifiers")

  /// What an entry of a draft holds or says.
  static func of(_ entry: Int?, in draft: Draft, _ grammar: Grammar) -> Expectation {
    var expectation = Expectation.document
    for step in draft.path(to: entry) {
      if let key = step.key {
        expectation = expectation.behind(key, beside: step.parent, in: draft, grammar)
      } else {
        expectation = expectation.item(grammar)
      }
    }
    return expectation
  }

  private func behind(_ key: String, beside parent: Int?, in draft: Draft, _ grammar: Grammar) -> Expectation {
    switch self {
    case .document:
      if let section = grammar.section(key) { return .fields(section.fields, owner: section.name) }
      if let field = grammar.documentFields.first(where: { $0.name == key }) { return .field(field, owner: "recipe") }
      if key == Self.stages { return .named(.stage("")) }
      if key.hasSuffix(grammar.groupSuffix) { return .group }
      if let mark = key.firstRange(of: grammar.stageSuffix) { return .stage(String(key[..<mark.lowerBound])) }
      return .unknown
    case .stage: return key.hasSuffix(grammar.groupSuffix) || key == Self.bareGroup ? .group : .unknown
    case .group: return grammar.modifier(key).map { .fields($0.fields, owner: $0.name) } ?? .unknown
    case .fields(let fields, let owner):
      guard let field = fields.first(where: { $0.name == key }) else { return .unknown }
      if case .observerArguments = field.type {
        let observer = draft.value(of: "observer", in: parent).flatMap { grammar.observer($0.text) }
        return .observerArguments(observer?.fields ?? grammar.observers.flatMap(\.fields))
      }
      return Self.value(of: field, owner: owner, grammar)
    case .named(let value): return value
    case .presets: return .modules
    case .observers: return Self.observedRoles.contains(key) ? .observer : .unknown
    case .observerArguments(let fields):
      return fields.first { $0.name == key }.map { .field($0, owner: "observer_kwargs") } ?? .unknown
    case .field(let field, let owner):
      if case .scheme = field.type { return .modules }
      return Self.mapping(of: field, owner: owner, grammar)?.behind(key, beside: parent, in: draft, grammar) ?? .unknown
    case .modules, .observer, .unknown: return .unknown
    }
  }

  private func item(_ grammar: Grammar) -> Expectation {
    guard case .field(let field, _) = self else {
      if case .modules = self { return .modules } else { return .unknown }
    }
    switch field.type {
    case .balanceMappings: return .fields(grammar.balanceMappingFields, owner: "mappings")
    case .list: return .fields(grammar.transformFields.arguments, owner: field.name)
    case .smoothingMappings: return .modules
    case .choices, .names: return self
    default: return .unknown
    }
  }

  private static func value(of field: FieldEntry, owner: String, _ grammar: Grammar) -> Expectation {
    if moduleFields.contains(field.name) { return .modules }
    if let mapping = mapping(of: field, owner: owner, grammar) { return mapping }
    return field.type == .observer ? .observer : .field(field, owner: owner)
  }

  /// What a field holds whose value is a mapping; nil for the others, and for a scheme, which may be a name.
  private static func mapping(of field: FieldEntry, owner: String, _ grammar: Grammar) -> Expectation? {
    switch field.type {
    case .arguments: .fields(grammar.argumentFields, owner: field.name)
    case .groups:
      owner == "transform_config"
        ? .named(.fields(grammar.transformFields.scheme, owner: "transform"))
        : .named(.fields(grammar.schemeFields, owner: field.name))
    case .observers: .observers
    case .transform: .fields(grammar.transformFields.config, owner: field.name)
    default: nil
    }
  }
}
