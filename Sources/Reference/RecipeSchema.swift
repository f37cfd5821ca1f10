package import JSONDocuments
package import RecipeGrammar

/// The JSON Schema of recipes, draft 2020-12, for editors.
///
/// It knows names, types and ranges of one field. What YAML 1.1 and 1.2 read differently it accepts in both readings:
/// `1e-2` is text in one and a number in the other, `yes` a boolean or text, and a bare `2:4` the number 124 or text.
package enum RecipeSchema {
  /// The schema as a document.
  package static func document(_ grammar: Grammar) -> JSON {
    let author = SchemaAuthor(grammar: grammar)
    var members: [JSON.Member] = [
      .init("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
      .init("title", .string("Pare recipe")),
      .init("description", .string("What a compressed language model shall be. llm-compressor reads it too.")),
    ]
    members += author.recipe()
    members.append(.init("$defs", .object(author.definitions())))
    return .object(members)
  }

  /// The schema as it is committed in `grammar/recipe.schema.json`.
  package static func text(_ grammar: Grammar) -> String { document(grammar).serialized(.prettyInOrder) }
}

/// Writes the parts of the schema.
struct SchemaAuthor {
  let grammar: Grammar

  /// The keywords of the whole document.
  func recipe() -> [JSON.Member] {
    let stage = Self.reference("stage")
    let legacy = grammar.legacyDocumentKeys.map { key in
      JSON.Member(key, Self.deprecated(because: "nothing follows from it"))
    }
    let stages = JSON.Member(
      "stages",
      Self.deprecated(
        because: "write each stage as a key that ends in \(grammar.stageSuffix)",
        [.init("type", .string("object")), .init("additionalProperties", stage)]
      )
    )
    return Self.mapping(
      properties: properties(grammar.documentFields) + grammar.sections.map { .init($0.name, section($0)) } + [stages]
        + legacy,
      patterns: [
        .init("\(grammar.stageSuffix)$", stage),
        .init(
          "\(grammar.stageSuffix)_[0-9]+$",
          Self.deprecated(
            because: "llm-compressor reads no key with a number at its end",
            [.init("$ref", .string("#/$defs/stage"))]
          )
        ),
        .init("\(grammar.groupSuffix)$", legacyGroup),
      ]
    ) + [.init("minProperties", .integer(1))]
  }

  private var legacyGroup: JSON {
    Self.deprecated(
      because: "write it under a key that ends in \(grammar.stageSuffix)",
      [.init("$ref", .string("#/$defs/group"))]
    )
  }

  /// The parts that others refer to.
  func definitions() -> [JSON.Member] {
    let stageKeys = grammar.legacyStageKeys.map { key in
      JSON.Member(key, Self.deprecated(because: "nothing follows from it"))
    }
    let bareGroup = JSON.Member(
      "modifiers",
      Self.deprecated(
        because: "write a key that ends in \(grammar.groupSuffix)",
        [.init("$ref", .string("#/$defs/group"))]
      )
    )
    let groups = JSON.Member(grammar.groupSuffix + "$", Self.reference("group"))
    let modifiers = grammar.modifiers.map { JSON.Member($0.name, Self.reference($0.name)) }
    return [
      .init("stage", .object(Self.mapping(properties: [bareGroup] + stageKeys, patterns: [groups]))),
      .init("group", .object(Self.mapping(properties: modifiers))),
    ] + grammar.modifiers.map { .init($0.name, modifier($0)) } + [
      .init("preset", preset),
      .init(
        "config_group",
        .object(Self.mapping(properties: properties(grammar.schemeFields), requiredIn: grammar.schemeFields))
      ),
      .init("arguments", .object(Self.mapping(properties: properties(grammar.argumentFields)))),
      .init("observer", observer),
      .init("observer_arguments", .object(Self.mapping(properties: observerArguments))),
      .init(
        "balance_mapping",
        .object(
          Self.mapping(properties: properties(grammar.balanceMappingFields), requiredIn: grammar.balanceMappingFields)
        )
      ),
      .init("transform_config", transformConfig),
    ] + FieldSchema.definitions
  }

  private func section(_ entry: SectionEntry) -> JSON {
    .object(
      [.init("description", .string(entry.summary))]
        + Self.mapping(properties: properties(entry.fields))
    )
  }

  private func modifier(_ entry: ModifierEntry) -> JSON {
    var members: [JSON.Member] = [
      .init("title", .string(entry.name)), .init("description", .string(entry.summary + " " + entry.source)),
    ]
    if let instead = entry.instead { members += Self.deprecation(because: instead) }
    return .object(
      members + Self.mapping(properties: properties(entry.fields) + pastProperties(entry), requiredIn: entry.fields)
    )
  }

  /// Fields of earlier releases that are still understood.
  private func pastProperties(_ entry: ModifierEntry) -> [JSON.Member] {
    let past = grammar.history.modifiers[entry.name]?.fields.sorted { $0.key < $1.key } ?? []
    return past.compactMap { name, history in
      guard let effect = history.effect, effect != .unknown, let text = history.effectText else { return nil }
      let reason = Self.deprecation(because: "Pare \(text)")
      switch effect {
      case .renamed:
        let field = entry.fields.first { $0.name == history.replacement }
        return .init(name, .object(reason + (field.map(value) ?? [])))
      case .moved:
        let owner = grammar.modifiers.first { $0.method == .roundToNearest }
        return .init(name, .object(reason + (owner?.fields.first { $0.name == name }.map(value) ?? [])))
      case .nothing, .unknown: return .init(name, .object(reason))
      }
    }
  }

  private func properties(_ fields: [FieldEntry]) -> [JSON.Member] {
    fields.filter { $0.status != .internal }.map { .init($0.name, property($0)) }
  }

  private func property(_ field: FieldEntry) -> JSON {
    var members: [JSON.Member] = [.init("description", .string(field.summary))]
    if let text = field.defaultText { members.append(.init("default", FieldSchema.standard(text, of: field.type))) }
    if field.status != .open { members += Self.deprecation(because: field.statusText ?? field.summary) }
    return .object(members + value(field))
  }

  private func value(_ field: FieldEntry) -> [JSON.Member] {
    FieldSchema(field: field, grammar: grammar).members
  }

  /// The arguments of all observers; which of them one has, and within which bounds, only the checker knows.
  private var observerArguments: [JSON.Member] {
    var seen: Set<String> = []
    return grammar.observers.flatMap(\.fields).filter { seen.insert($0.name).inserted }.map { field in
      let value = FieldSchema(field: field, grammar: grammar, isBounded: false).members
      return .init(field.name, .object([.init("description", .string(field.summary))] + value))
    }
  }

  private var preset: JSON {
    FieldSchema.words(grammar.presets.map(\.name), pattern: grammar.presets.map { FieldSchema.anyCase($0.name) })
  }

  private var observer: JSON {
    FieldSchema.words(
      grammar.observers.map(\.name),
      pattern: grammar.observers.map { entry in
        entry.name.split(separator: "_").map { FieldSchema.anyCase(String($0)) }.joined(separator: "[-_]?")
      }
    )
  }

  private var transformConfig: JSON {
    let fields = grammar.transformFields
    let apply = JSON.object(Self.mapping(properties: properties(fields.arguments), requiredIn: fields.arguments))
    var scheme = properties(fields.scheme)
    for index in scheme.indices where scheme[index].key == "apply" { scheme[index].value["items"] = apply }
    let group = JSON.object(Self.mapping(properties: scheme, requiredIn: fields.scheme))
    let groups = JSON.object([.init("type", .string("object")), .init("additionalProperties", group)])
    return .object(Self.mapping(properties: [.init("config_groups", groups)], requiredIn: fields.config))
  }
}

// MARK: Keywords

extension SchemaAuthor {
  static func reference(_ name: String) -> JSON { .object([.init("$ref", .string("#/$defs/\(name)"))]) }

  /// The keywords of a mapping that has these keys and no other.
  private static func mapping(
    properties: [JSON.Member],
    patterns: [JSON.Member] = [],
    requiredIn fields: [FieldEntry] = []
  ) -> [JSON.Member] {
    let required = fields.filter(\.isRequired).map { JSON.string($0.name) }
    var members: [JSON.Member] = [.init("type", .string("object")), .init("properties", .object(properties))]
    if !patterns.isEmpty { members.append(.init("patternProperties", .object(patterns))) }
    if !required.isEmpty { members.append(.init("required", .array(required))) }
    members.append(.init("additionalProperties", .boolean(false)))
    return members
  }

  private static func deprecated(because reason: String, _ members: [JSON.Member] = []) -> JSON {
    .object(deprecation(because: reason) + members)
  }

  /// `deprecationMessage` is what the language servers of VS Code show.
  private static func deprecation(because reason: String) -> [JSON.Member] {
    [.init("deprecated", .boolean(true)), .init("deprecationMessage", .string(reason))]
  }
}
