import Diagnostics
import RecipeGrammar
import Syntax

/// The structure of a recipe: its modifiers, their bodies still unread, and its sections.
struct RecipeDocument {
  /// A modifier as written.
  struct Modifier {
    let name: Spanned<String>
    let stage: Spanned<String>
    let group: Spanned<String>
    let entry: ModifierEntry
    let body: MappingSyntax
  }

  private(set) var modifiers: [Modifier] = []
  private(set) var calibration = CalibrationRequest()

  static func read(_ root: SyntaxNode, _ context: inout CheckContext) -> RecipeDocument {
    var document = RecipeDocument()
    guard let mapping = root.mapping else {
      context.report(StructureDiagnostics.expectedMapping("a recipe", root))
      return document
    }
    for entry in mapping.entries {
      let key = entry.key.spanned
      if let section = context.grammar.section(key.value) {
        document.readSection(section, entry.value, &context)
      } else if key.value.hasSuffix(context.grammar.stageSuffix) {
        document.readStage(key, entry.value, &context)
      } else {
        context.report(StructureDiagnostics.unknownSection(key, entry.value, grammar: context.grammar))
      }
    }
    if document.modifiers.isEmpty, !context.diagnostics.hasErrors {
      context.report(StructureDiagnostics.noModifiers(root))
    }
    return document
  }

  private mutating func readStage(_ key: Spanned<String>, _ value: SyntaxNode, _ context: inout CheckContext) {
    guard let mapping = value.mapping else {
      context.report(StructureDiagnostics.expectedMapping("stage \(key.value)", value, key: key.span))
      return
    }
    let suffix = context.grammar.stageSuffix
    let stage = Spanned(String(key.value.dropLast(suffix.count)), at: key.span)
    for entry in mapping.entries {
      if entry.key.text.hasSuffix(context.grammar.groupSuffix) {
        readGroup(stage, entry, &context)
      } else {
        context.report(StructureDiagnostics.unknownGroup(entry.key.spanned, grammar: context.grammar))
      }
    }
  }

  private mutating func readGroup(
    _ stage: Spanned<String>,
    _ entry: MappingEntrySyntax,
    _ context: inout CheckContext
  ) {
    guard let mapping = entry.value.mapping else {
      let key = entry.key.spanned
      context.report(StructureDiagnostics.expectedMapping("group \(key.value)", entry.value, key: key.span))
      return
    }
    let suffix = context.grammar.groupSuffix
    let group = Spanned(String(entry.key.text.dropLast(suffix.count)), at: entry.key.span)
    for child in mapping.entries {
      let name = child.key.spanned
      guard let modifier = context.grammar.modifier(name.value) else {
        let isField = context.grammar.modifiers.contains { $0.fields.contains { $0.name == name.value } }
        context.report(
          isField
            ? StructureDiagnostics.misplacedField(name, grammar: context.grammar)
            : StructureDiagnostics.unknownModifier(name, grammar: context.grammar)
        )
        continue
      }
      guard let body = child.value.mapping else {
        context.report(StructureDiagnostics.expectedMapping(name.value, child.value, key: name.span))
        continue
      }
      modifiers.append(Modifier(name: name, stage: stage, group: group, entry: modifier, body: body))
    }
  }

  private mutating func readSection(_ section: SectionEntry, _ node: SyntaxNode, _ context: inout CheckContext) {
    guard let mapping = node.mapping else {
      context.report(StructureDiagnostics.expectedMapping(section.name, node))
      return
    }
    let values = FieldValues(mapping, of: section.name, entries: section.fields, &context)
    calibration = CalibrationRequest(
      dataset: values.given("dataset"),
      textColumn: values.given("text_column"),
      samples: values.spannedInteger("samples"),
      sequenceLength: values.spannedInteger("sequence_length")
    )
  }
}
