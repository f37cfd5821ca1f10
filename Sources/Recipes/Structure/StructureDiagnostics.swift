import Diagnostics
import RecipeGrammar
import Syntax

/// What can be wrong with the structure of a recipe.
enum StructureDiagnostics {
  static func expectedMapping(_ owner: String, _ node: SyntaxNode, key: SourceSpan? = nil) -> Diagnostic {
    let isNothing = node.isNull
    var help: String?
    if node.sequence != nil {
      help = "write names as keys with a colon, without dashes"
    } else if isNothing {
      help = "indent what belongs to it, or write {} after the colon"
    }
    return Diagnostic(
      .error,
      DiagnosticCode("expected-mapping"),
      "\(owner) must be a mapping, found \(FieldDiagnostics.found(node))",
      at: isNothing ? key ?? node.span : node.span,
      label: "expected keys and values",
      help: help
    )
  }

  static func misplacedField(_ name: Spanned<String>, grammar: Grammar) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("misplaced-field"),
      "\(name.value) stands beside the modifiers, where a modifier's name is expected",
      at: name.span,
      label: "belongs inside a modifier",
      help: "indent it by two more spaces"
    )
  }

  static func noModifiers(_ root: SyntaxNode) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("no-modifiers"),
      "the recipe has no modifier",
      at: SourceSpan(start: root.span.start, end: root.span.start),
      label: "nothing would be done",
      help: "write quant_stage: → quant_modifiers: → QuantizationModifier: → fields",
      notes: ["llm-compressor would copy the model unchanged and report success"]
    )
  }

  static func removedModifier(_ name: Spanned<String>, _ past: ModifierHistory) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("removed-modifier"),
      "modifier \"\(name.value)\" no longer exists",
      at: name.span,
      label: past.until.map { "last in llm-compressor \($0)" } ?? "",
      notes: past.instead.map { [$0] } ?? []
    )
  }

  static func tooManyFindings(_ severity: Severity, at span: SourceSpan?, limit: Int) -> Diagnostic {
    Diagnostic(
      severity,
      DiagnosticCode("too-many-findings"),
      "there are more than \(limit) \(severity == .error ? "errors" : "remarks"), and the others are not shown",
      at: span,
      label: "the next one is here",
      help: severity == .error ? "repair the first ones and check again" : nil
    )
  }

  static func unknownGroup(_ key: Spanned<String>, grammar: Grammar) -> Diagnostic {
    var diagnostic = Diagnostic(
      .error,
      DiagnosticCode("unknown-group"),
      "a stage has no key \"\(key.value)\"",
      at: key.span,
      label: "must end in \(grammar.groupSuffix)",
      notes: ["llm-compressor ignores it"]
    )
    if grammar.modifier(key.value) != nil || key.value.hasSuffix("Modifier") {
      diagnostic.help = "put the modifier under a key such as quant\(grammar.groupSuffix):"
    } else if let corrected = corrected(key.value, suffix: grammar.groupSuffix) {
      diagnostic.message += "; did you mean \(corrected)?"
      diagnostic.fixIts = FieldDiagnostics.replacement(corrected, for: key)
    }
    return diagnostic
  }

  static func unknownModifier(_ name: Spanned<String>, grammar: Grammar) -> Diagnostic {
    let known = grammar.modifiers.map(\.name)
    let nearest = nearestModifier(to: name.value, among: known)
    return Diagnostic(
      .error,
      DiagnosticCode("unknown-modifier"),
      "modifier \"\(name.value)\" does not exist" + (nearest.map { "; did you mean \($0)?" } ?? ""),
      at: name.span,
      label: name.value == "Modifier" ? "what all modifiers have in common" : "no modifier of this name",
      notes: ["there are \(known.joined(separator: ", "))"],
      fixIts: FieldDiagnostics.replacement(nearest, for: name)
    )
  }

  /// The name nearest to one, compared without the ending that all names share and that would make any two look alike.
  private static func nearestModifier(to name: String, among known: [String]) -> String? {
    let ending = "Modifier"
    let stems = known.map { String($0.dropLast(ending.count)) }
    let stem = name.hasSuffix(ending) ? String(name.dropLast(ending.count)) : name
    if let nearest = nearestName(to: stem, among: stems) { return nearest + ending }
    return name.hasSuffix(ending) ? nil : nearestName(to: name, among: known)
  }

  static func unknownSection(_ key: Spanned<String>, _ value: SyntaxNode, grammar: Grammar) -> Diagnostic {
    let sections = grammar.sections.map(\.name)
    var diagnostic = Diagnostic(
      .error,
      DiagnosticCode("unknown-section"),
      "a recipe has no section \"\(key.value)\"",
      at: key.span,
      label: "neither \(sections.joined(separator: ", ")) nor a stage",
      notes: ["stage names end in \(grammar.stageSuffix); llm-compressor ignores every other key"]
    )
    let holdsGroups = value.mapping?.entries.contains { $0.key.text.hasSuffix(grammar.groupSuffix) } ?? false
    if key.value.hasSuffix(grammar.groupSuffix) {
      diagnostic.help = "indent it under a key such as quant\(grammar.stageSuffix):"
    } else if value.sequence != nil, key.value == "modifiers" {
      diagnostic.help =
        "write stages as nested keys: quant\(grammar.stageSuffix): → quant\(grammar.groupSuffix): → modifier"
    } else if let offer = corrected(key.value, suffix: grammar.stageSuffix)
      ?? (holdsGroups ? withoutCounter(key.value, grammar) : nearestName(to: key.value, among: sections))
    {
      diagnostic.message += "; did you mean \(offer)?"
      diagnostic.fixIts = FieldDiagnostics.replacement(offer, for: key)
    } else if ["args", "recipe_args", "variables"].contains(key.value) {
      diagnostic.help = "write the values where they are used: nothing is substituted"
    }
    return diagnostic
  }

  /// The key with its suffix put right, when it ends in something near it.
  private static func corrected(_ key: String, suffix: String) -> String? {
    guard let mark = key.lastIndex(where: { $0 == "_" || $0 == "-" }), mark > key.startIndex else { return nil }
    let tail = "_" + key[key.index(after: mark)...]
    guard nearestName(to: tail, among: [suffix]) != nil else { return nil }
    return key[..<mark] + suffix
  }

  /// `default_stage_0` and `default` both become `default_stage`-like names.
  private static func withoutCounter(_ key: String, _ grammar: Grammar) -> String {
    guard let mark = key.lastIndex(of: "_"), key[..<mark].hasSuffix(grammar.stageSuffix) else {
      return key + grammar.stageSuffix
    }
    let counter = key[key.index(after: mark)...]
    return key[..<mark].dropLast(grammar.stageSuffix.count) + "_" + counter + grammar.stageSuffix
  }
}
