import Diagnostics
import RecipeGrammar
import Syntax

/// What can be wrong with one field by itself.
enum FieldDiagnostics {
  static func evaluatedExpression(_ text: Spanned<String>, value: String) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("evaluated-expression"),
      "\"\(text.value)\" is read as \(value)",
      at: text.span,
      label: "computed",
      notes: ["llm-compressor evaluates nothing since May 2025 and takes the text as it stands"],
      fixIts: [FixIt("write \(value)", .safe, edits: [TextEdit(text.span, value)])]
    )
  }

  static func fieldWithoutEffect(
    _ key: Spanned<String>,
    because reason: String,
    removal: TextEdit? = nil
  ) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("field-without-effect"),
      "\(key.value) has no effect here: \(reason)",
      at: key.span,
      label: "remove it",
      fixIts: Self.removal(removal)
    )
  }

  static func internalField(_ key: Spanned<String>, removal: TextEdit?) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("internal-field"),
      "\(key.value) belongs to the run, not to the recipe",
      at: key.span,
      label: "remove it",
      notes: ["llm-compressor accepts it and then crashes or skips work"],
      fixIts: Self.removal(removal)
    )
  }

  static func missingField(_ field: FieldEntry, of owner: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("missing-field"),
      "\(owner) needs \(field.name)",
      at: span,
      label: "no \(field.name)",
      notes: ["\(field.name): \(field.summary)"]
    )
  }

  static func outOfRange(_ field: FieldEntry, found: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("out-of-range"),
      "\(field.name) must be \(field.range.phrase), found \(found)",
      at: span,
      label: field.range.phrase,
      notes: ["\(field.name): \(field.summary)"]
    )
  }

  static func removedActivationOrder(_ value: Spanned<String>) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("removed-activation-order"),
      "actorder \"\(value.value)\" no longer exists; use static",
      at: value.span,
      label: "columns would be regrouped while serving",
      notes: ["compressed-tensors 0.19 and vLLM refuse checkpoints that were made with it"],
      fixIts: [FixIt("replace with static", .unsafe, edits: [TextEdit(value.span, "static")])]
    )
  }

  static func unexpandedPlaceholder(
    _ text: Spanned<String>,
    field: FieldEntry,
    fault: String? = nil
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("unexpanded-placeholder"),
      "\"\(text.value)\" is a placeholder; \(field.name) needs a value",
      at: text.span,
      label: fault ?? "nothing replaces this",
      notes: ["llm-compressor evaluates no recipe arguments, and Pare only arithmetic"]
    )
  }

  static func unknownField(
    _ key: Spanned<String>,
    of owner: String,
    _ fields: [FieldEntry],
    grammar: Grammar
  ) -> Diagnostic {
    let known = fields.filter { $0.status == .open }.map(\.name)
    let nearest = nearestName(to: key.value, among: known)
    var notes = ["\(owner) has \(known.joined(separator: ", "))"]
    if nearest == nil, grammar.argumentFields.contains(where: { $0.name == key.value }) {
      notes.insert("\(key.value) belongs in config_groups, under weights or input_activations of a group", at: 0)
    } else if nearest == nil, let home = grammar.modifiers.first(where: { $0.fields.contains { $0.name == key.value } })
    {
      notes.insert("\(key.value) is a field of \(home.name)", at: 0)
    }
    return Diagnostic(
      .error,
      DiagnosticCode("unknown-field"),
      "\(owner) has no field \"\(key.value)\"" + (nearest.map { "; did you mean \($0)?" } ?? ""),
      at: key.span,
      label: "no field of this name",
      notes: notes,
      fixIts: replacement(nearest, for: key)
    )
  }

  static func unknownObserver(_ name: Spanned<String>, _ observers: [ObserverEntry]) -> Diagnostic {
    let nearest = nearestName(to: name.value, among: observers.map(\.name))
    return Diagnostic(
      .error,
      DiagnosticCode("unknown-observer"),
      "observer \"\(name.value)\" does not exist" + (nearest.map { "; did you mean \($0)?" } ?? ""),
      at: name.span,
      label: "no observer of this name",
      notes: ["there are \(observers.map(\.name).joined(separator: ", "))"],
      fixIts: replacement(nearest, for: name)
    )
  }

  static func unknownValue(_ value: Spanned<String>, of field: FieldEntry, choices: [String]) -> Diagnostic {
    let nearest = nearestName(to: value.value, among: choices)
    var notes = ["\(field.name) is one of \(choices.joined(separator: ", "))"]
    if value.value.contains(" ") { notes.append("is the line below it indented too far?") }
    return Diagnostic(
      .error,
      DiagnosticCode("unknown-value"),
      "\(field.name) \"\(value.value)\" does not exist" + (nearest.map { "; did you mean \($0)?" } ?? ""),
      at: value.span,
      label: "not one of them",
      notes: notes,
      fixIts: replacement(nearest, for: value)
    )
  }

  static func wrongItem(_ field: FieldEntry, _ node: SyntaxNode) -> Diagnostic {
    var diagnostic = wrongType(field, node)
    diagnostic.message = "\(field.name) holds strings, found \(found(node))"
    diagnostic.label = "expected a string"
    if let scalar = node.scalar, !scalar.text.isEmpty {
      diagnostic.fixIts = [FixIt("quote it", .safe, edits: [TextEdit(node.span, scalar.text.quotedForYAML)])]
    }
    return diagnostic
  }

  static func wrongType(_ field: FieldEntry, _ node: SyntaxNode) -> Diagnostic {
    var notes = ["\(field.name): \(field.summary)"]
    if let scalar = node.scalar, scalar.style == .plain, scalar.text.contains(": ") || scalar.text.contains(" ") {
      notes.append("is the line below it indented too far?")
    }
    var fixIts: [FixIt] = []
    if field.type == .strings || field.type == .namesList, let scalar = node.scalar, !node.isNull {
      fixIts = [FixIt("make it a list", .safe, edits: [TextEdit(node.span, "[\(scalar.text.quotedForYAML)]")])]
    }
    return Diagnostic(
      .error,
      DiagnosticCode("wrong-type"),
      "\(field.name) must be \(field.type.phrase), found \(found(node))",
      at: node.span,
      label: "expected \(field.type.phrase)",
      notes: notes,
      fixIts: fixIts
    )
  }

  /// The fix-it that takes a field out.
  static func removal(_ edit: TextEdit?, _ applicability: FixIt.Applicability = .safe) -> [FixIt] {
    edit.map { [FixIt("remove it", applicability, edits: [$0])] } ?? []
  }

  /// Whether a text was to be replaced before anybody read it.
  static func isPlaceholder(_ text: String) -> Bool {
    if text.contains("eval(") || text.contains("{{") { return true }
    guard text.hasPrefix("$"), let second = text.dropFirst().first else { return false }
    return second.isLetter || second == "{"
  }

  static func found(_ node: SyntaxNode) -> String {
    switch node {
    case .mapping: "a mapping"
    case .sequence(let sequence): "a list of \(sequence.items.count)"
    case .scalar(let scalar):
      switch scalar.plainValue {
      case .null: "null"
      case .boolean(let value): "the boolean \(value)"
      case .integer(let value): "the integer \(value)"
      case .number: "the number \(scalar.text)"
      case .date(let text): "the date \(text)"
      case .string(let text): "the string \"\(text)\""
      }
    }
  }

  static func replacement(_ nearest: String?, for text: Spanned<String>) -> [FixIt] {
    nearest.map { [FixIt("replace with \($0)", .unsafe, edits: [TextEdit(text.span, $0)])] } ?? []
  }
}

extension FieldType {
  /// What a value of the type is called in messages.
  fileprivate var phrase: String {
    switch self {
    case .boolean: "true or false"
    case .integer: "an integer"
    case .number: "a number"
    case .any: "anything"
    case .autoInteger: "auto or an integer"
    case .string, .choice, .observer, .elementType, .format, .device, .runtime: "a string"
    case .balanceMappings: "a list of mappings with smooth_layer and balance_layers"
    case .smoothingMappings: "a list of pairs: balance layers, then the smooth layer"
    case .byteCount: "a number of bytes, such as 5GB"
    case .choices: "a list of words"
    case .list: "a list"
    case .mask: "n:m, such as \"2:4\""
    case .maskShape: "unstructured or n:m, such as \"2:4\""
    case .sparsity: "a number or a list of numbers"
    case .strings, .namesList: "a list of strings"
    case .names: "a string or a list of strings"
    case .scheme: "a preset or a mapping of presets to targets"
    case .groups, .arguments, .observers, .observerArguments, .transform: "a mapping"
    case .activationOrder: "static, weight or null"
    case .dynamic: "true, false or local"
    case .block: "two positive integers, rows and columns"
    }
  }
}
