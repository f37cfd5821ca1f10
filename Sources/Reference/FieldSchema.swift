internal import JSONDocuments
internal import RecipeGrammar
internal import Vocabulary

/// The schema of one field's value.
struct FieldSchema {
  let field: FieldEntry
  let grammar: Grammar
  /// Whether numbers keep to the field's range.
  var isBounded = true

  /// The keywords; one alternative stands alone, several under `anyOf`.
  var members: [JSON.Member] {
    var forms = self.forms
    // No form at all admits everything.
    if forms.isEmpty { return [] }
    if field.isNullable { forms.append(Self.type("null")) }
    if forms.count == 1, case .object(let only) = forms[0] { return only }
    return [.init("anyOf", .array(forms))]
  }

  private var forms: [JSON] {
    switch field.type {
    case .any: []
    case .boolean: [SchemaAuthor.reference("boolean")]
    case .integer: [number("integer"), SchemaAuthor.reference("numeral")]
    case .number: [number("number"), SchemaAuthor.reference("numeral")]
    case .string, .device: [Self.type("string")]
    case .choice: choice
    case .choices: [Self.list(of: .object([.init("anyOf", .array(choice))]))]
    case .strings, .namesList: [Self.list(of: Self.type("string"))]
    case .names: [Self.type("string"), Self.list(of: Self.type("string"))]
    case .scheme: [SchemaAuthor.reference("preset"), Self.schemes]
    case .groups: [Self.object(of: SchemaAuthor.reference("config_group"))]
    case .arguments: [SchemaAuthor.reference("arguments")]
    case .observer: [SchemaAuthor.reference("observer")]
    case .observers: [Self.observers]
    case .observerArguments: [SchemaAuthor.reference("observer_arguments")]
    case .activationOrder: [Self.words(["static", "weight"]), Self.constant(.boolean(false))]
    case .dynamic:
      [Self.type("boolean"), Self.enumeration([.integer(0), .integer(1)]), Self.constant(.string("local"))]
    case .block: [Self.pair, Self.text(matching: "^[0-9]+[xX][0-9]+$")]
    case .elementType: [Self.elementType]
    case .format: [Self.enumeration(grammar.formats.filter(\.isSettable).map { .string($0.format.rawValue) })]
    case .autoInteger:
      [Self.words(["auto"]), Self.type("boolean"), number("integer"), SchemaAuthor.reference("numeral")]
    case .byteCount: [number("integer"), Self.text(matching: "^[0-9.]+ ?([kKmMgGtT]?[bB])?$")]
    case .balanceMappings: [Self.list(of: SchemaAuthor.reference("balance_mapping"))]
    case .list: [Self.type("array")]
    case .mask: [SchemaAuthor.reference("mask")]
    case .maskShape: [SchemaAuthor.reference("mask"), Self.words(["unstructured"])]
    case .runtime: [Self.words(grammar.runtimes.map(\.name))]
    case .smoothingMappings: [Self.list(of: Self.type("array"))]
    case .sparsity: sparsity
    case .transform: [SchemaAuthor.reference("transform_config")]
    }
  }

  private var choice: [JSON] {
    let words = Self.words(field.choices)
    return field.choices.contains("true") ? [words, SchemaAuthor.reference("boolean")] : [words]
  }

  private var sparsity: [JSON] {
    let one = [number("number"), SchemaAuthor.reference("numeral")]
    return one + [Self.list(of: .object([.init("anyOf", .array(one))]))]
  }

  private func number(_ type: String) -> JSON {
    func bound(_ keyword: String, _ value: Double?) -> [JSON.Member] {
      value.map { [.init(keyword, Int64(exactly: $0).map(JSON.integer) ?? .number($0))] } ?? []
    }
    let range = isBounded ? field.range : FieldRange()
    return .object(
      [.init("type", .string(type))] + bound("minimum", range.minimum) + bound("maximum", range.maximum)
        + bound("exclusiveMinimum", range.above) + bound("exclusiveMaximum", range.below)
    )
  }
}

// MARK: Forms that need no field

extension FieldSchema {
  /// Forms that many fields share.
  static let definitions: [JSON.Member] = [
    .init(
      "boolean",
      .object([
        .init("description", .string("true or false; also yes, no, on, off, 1 and 0")),
        .init(
          "anyOf",
          .array([
            type("boolean"), enumeration([.integer(0), .integer(1)]),
            text(matching: whole(booleanWords.map(anyCase))),
          ])
        ),
      ])
    ),
    .init(
      "numeral",
      .object([
        .init("description", .string("A number as text: in quotes, without a point as 1e-2, or computed by eval")),
        .init("type", .string("string")),
        .init("pattern", .string(#"^\s*[-+]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?\s*$|eval\("#)),
      ])
    ),
    .init(
      "mask",
      .object([
        .init("description", .string("n:m, for n zeros among every m columns; in quotes, or YAML 1.1 reads a number")),
        .init(
          "anyOf",
          .array([
            text(matching: "^[0-9]+:[0-9]+$"),
            .object([.init("type", .string("integer")), .init("minimum", .integer(leastSexagesimal))]),
          ])
        ),
      ])
    ),
  ]

  /// The least number that YAML 1.1 reads where `n:m` stands without quotes and `n` is not zero: base 60.
  private static let leastSexagesimal: Int64 = 60

  private static let booleanWords = ["true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "1", "0"]

  static func type(_ name: String) -> JSON { .object([.init("type", .string(name))]) }

  static func enumeration(_ values: [JSON]) -> JSON { .object([.init("enum", .array(values))]) }

  /// Words in any case: the words as they are, for completion, and a pattern for the rest.
  static func words(_ words: [String], pattern: [String]? = nil) -> JSON {
    .object([
      .init(
        "anyOf",
        .array([enumeration(words.map(JSON.string)), text(matching: whole(pattern ?? words.map(anyCase)))])
      )
    ])
  }

  /// A pattern of one word in any case; patterns of JSON Schema have no flag for that.
  static func anyCase(_ word: String) -> String {
    word.map { letter in
      if letter.isLetter { return "[\(letter.uppercased())\(letter.lowercased())]" }
      return letter == "." ? #"\."# : String(letter)
    }.joined()
  }

  /// The value of a field that is omitted, in the type that the field has.
  static func standard(_ text: String, of type: FieldType) -> JSON {
    switch type {
    case .boolean, .dynamic: .boolean(text == "true")
    case .integer, .number, .sparsity:
      Int64(text).map(JSON.integer) ?? Double(text).map(JSON.number) ?? .string(text)
    case .choices: .array(text.split(separator: ",").map { .string(String($0)) })
    default: .string(text)
    }
  }

  private static func constant(_ value: JSON) -> JSON { .object([.init("const", value)]) }

  private static func text(matching pattern: String) -> JSON {
    .object([.init("type", .string("string")), .init("pattern", .string(pattern))])
  }

  private static func whole(_ patterns: [String]) -> String { "^(\(patterns.joined(separator: "|")))$" }

  private static func list(of items: JSON) -> JSON {
    .object([.init("type", .string("array")), .init("items", items)])
  }

  private static func object(of values: JSON) -> JSON {
    .object([.init("type", .string("object")), .init("additionalProperties", values)])
  }

  /// Presets with their targets.
  private static var schemes: JSON {
    let names = JSON.object([.init("anyOf", .array([type("string"), list(of: type("string"))]))])
    return .object([
      .init("type", .string("object")), .init("propertyNames", SchemaAuthor.reference("preset")),
      .init("additionalProperties", names),
    ])
  }

  /// Roles with their observers.
  private static var observers: JSON {
    let observer = SchemaAuthor.reference("observer")
    return .object([
      .init("type", .string("object")),
      .init("properties", .object(["weights", "input", "output"].map { .init($0, observer) })),
      .init("additionalProperties", .boolean(false)),
    ])
  }

  /// Two positive integers.
  private static var pair: JSON {
    let side = JSON.object([.init("type", .string("integer")), .init("minimum", .integer(1))])
    return .object([
      .init("type", .string("array")), .init("items", side), .init("minItems", .integer(2)),
      .init("maxItems", .integer(2)),
    ])
  }

  private static var elementType: JSON {
    let names = Grammar.elementTypes.keys.sorted()
    return .object([
      .init(
        "anyOf",
        .array([
          enumeration(names.map(JSON.string)), text(matching: #"^torch\.("# + names.joined(separator: "|") + ")$"),
        ])
      )
    ])
  }
}
