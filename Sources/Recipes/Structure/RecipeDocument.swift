import Diagnostics
import RecipeGrammar
import Syntax
import Vocabulary

/// The structure of a recipe: its modifiers, their bodies still unread, and its sections.
struct RecipeDocument {
  /// A modifier as written.
  struct Modifier {
    let name: Spanned<String>
    let stage: Spanned<String>
    let group: Spanned<String>
    let entry: ModifierEntry
    let body: MappingSyntax
    /// Whether it follows from fields that earlier releases had in another modifier.
    var isImplied = false
  }

  private(set) var modifiers: [Modifier] = []
  private(set) var sections = RecipeSections()
  /// Groups without a name of their own, which no release of today reads.
  private var bareGroups: [(key: Spanned<String>, isFree: Bool)] = []

  static func read(_ root: SyntaxNode, _ context: inout CheckContext) -> RecipeDocument {
    var document = RecipeDocument()
    guard let mapping = root.mapping else {
      context.report(StructureDiagnostics.expectedMapping("a recipe", root))
      return document
    }
    let arguments = RecipeArguments.read(mapping, grammar: context.grammar, source: context.file)
    context.arguments = arguments.texts
    for entry in mapping.entries where !context.isFull {
      document.readTopLevel(entry, of: mapping, arguments: arguments, &context)
    }
    document.reportBareGroups(&context)
    if document.modifiers.isEmpty, !context.diagnostics.hasErrors {
      context.report(StructureDiagnostics.noModifiers(root))
    }
    return document
  }

  private mutating func readTopLevel(
    _ entry: MappingEntrySyntax,
    of root: MappingSyntax,
    arguments: RecipeArguments,
    _ context: inout CheckContext
  ) {
    let grammar = context.grammar
    let key = entry.key.spanned
    if let section = grammar.section(key.value) {
      readSection(section, entry.value, &context)
    } else if key.value.hasSuffix(grammar.stageSuffix) {
      readStage(key.map { String($0.dropLast(grammar.stageSuffix.count)) }, entry.value, &context)
    } else if let name = LegacyForm.mergedStage(key.value, grammar), LegacyForm.holdsGroups(entry.value, grammar) {
      let stage = name + grammar.stageSuffix
      context.report(LegacyDiagnostics.mergedStage(key, name: stage, isFree: root[stage] == nil))
      readStage(key.map { _ in name }, entry.value, &context)
    } else if key.value.hasSuffix(grammar.groupSuffix), LegacyForm.holdsModifiers(entry.value, grammar) {
      let stage = key.map { String($0.dropLast(grammar.groupSuffix.count)) }
      let name = stage.value + grammar.stageSuffix
      context.report(LegacyDiagnostics.flatGroup(entry, stage: name, isFree: root[name] == nil, context.file))
      readGroup(stage, entry, &context)
    } else if key.value == LegacyForm.stagesKey, let stages = entry.value.mapping {
      context.report(LegacyDiagnostics.stagesMapping(key, grammar: grammar))
      for stage in stages.entries { readStage(stage.key.spanned, stage.value, &context) }
    } else if grammar.legacyDocumentKeys.contains(key.value) || arguments.isUsed(key.value) {
      context.report(LegacyDiagnostics.legacyKey(key, isArgument: arguments.isUsed(key.value)))
    } else {
      context.report(StructureDiagnostics.unknownSection(key, entry.value, grammar: grammar))
    }
  }

  /// Beside named groups a bare one is the grammar of early releases; alone it is a recipe that does nothing elsewhere.
  private func reportBareGroups(_ context: inout CheckContext) {
    let isAlone = modifiers.allSatisfy { modifier in bareGroups.contains { $0.key.span == modifier.group.span } }
    let name = LegacyForm.groupName(context.grammar)
    for group in bareGroups {
      context.report(LegacyDiagnostics.bareGroup(group.key, isAlone: isAlone, name: name, isFree: group.isFree))
    }
  }

  private mutating func readStage(_ stage: Spanned<String>, _ value: SyntaxNode, _ context: inout CheckContext) {
    guard let mapping = value.mapping else {
      context.report(StructureDiagnostics.expectedMapping("stage \(stage.value)", value, key: stage.span))
      return
    }
    for entry in mapping.entries where !context.isFull {
      let key = entry.key.spanned
      if key.value.hasSuffix(context.grammar.groupSuffix) {
        readGroup(stage, entry, &context)
      } else if key.value == LegacyForm.bareGroup, LegacyForm.holdsModifiers(entry.value, context.grammar) {
        bareGroups.append((key, isFree: mapping[LegacyForm.groupName(context.grammar)] == nil))
        readGroup(stage, entry, &context)
      } else if context.grammar.legacyStageKeys.contains(key.value) {
        let removal = EntryRemoval.edit(entry, in: mapping, context.file)
        let isOff = key.value == LegacyForm.enabledKey && entry.value.scalar.flatMap(LaxCoercion.boolean) == false
        context.report(
          isOff ? LegacyDiagnostics.disabledStage(key, stage: stage.value) : LegacyDiagnostics.legacyKey(key, removal)
        )
      } else {
        context.report(StructureDiagnostics.unknownGroup(key, grammar: context.grammar))
      }
    }
  }

  private mutating func readGroup(
    _ stage: Spanned<String>,
    _ entry: MappingEntrySyntax,
    _ context: inout CheckContext
  ) {
    let key = entry.key.spanned
    guard let mapping = entry.value.mapping else {
      context.report(StructureDiagnostics.expectedMapping("group \(key.value)", entry.value, key: key.span))
      return
    }
    let hasName = key.value.hasSuffix(context.grammar.groupSuffix)
    let group = key.map { hasName ? String($0.dropLast(context.grammar.groupSuffix.count)) : $0 }
    for child in mapping.entries where !context.isFull {
      let name = child.key.spanned
      guard let modifier = context.grammar.modifier(name.value) else {
        context.report(unknownModifier(name, context.grammar))
        continue
      }
      guard let body = child.value.mapping else {
        context.report(StructureDiagnostics.expectedMapping(name.value, child.value, key: name.span))
        continue
      }
      append(
        Modifier(name: name, stage: stage, group: group, entry: modifier, body: body),
        siblings: mapping,
        &context
      )
    }
  }

  /// Keeps a modifier; fields that have moved to a quantization modifier after it become one.
  private mutating func append(_ modifier: Modifier, siblings: MappingSyntax, _ context: inout CheckContext) {
    let history = context.grammar.history.modifiers[modifier.entry.name]
    let moved = modifier.body.entries.filter { history?.fields[$0.key.text]?.effect == .moved }
    guard !moved.isEmpty,
      let rounding = context.grammar.modifiers.first(where: { $0.method == .roundToNearest })
    else {
      modifiers.append(modifier)
      return
    }
    let names = Set(moved.map(\.key.text))
    context.report(
      LegacyDiagnostics.quantizationInside(
        modifier.name,
        moved: moved,
        body: modifier.body,
        into: siblings[rounding.name] == nil ? rounding.name : nil,
        until: moved.compactMap { history?.fields[$0.key.text]?.until }.first ?? "",
        context.file
      )
    )
    let own = Modifier(
      name: modifier.name,
      stage: modifier.stage,
      group: modifier.group,
      entry: modifier.entry,
      body: modifier.body.keeping { !names.contains($0.key.text) }
    )
    modifiers.append(own)
    modifiers.append(
      Modifier(
        name: modifier.name.map { _ in rounding.name },
        stage: modifier.stage,
        group: modifier.group,
        entry: rounding,
        body: modifier.body.keeping { names.contains($0.key.text) },
        isImplied: true
      )
    )
  }

  private func unknownModifier(_ name: Spanned<String>, _ grammar: Grammar) -> Diagnostic {
    if let past = grammar.history.modifiers[name.value], past.until != nil {
      return StructureDiagnostics.removedModifier(name, past)
    }
    let isField = grammar.modifiers.contains { $0.fields.contains { $0.name == name.value } }
    return isField
      ? StructureDiagnostics.misplacedField(name, grammar: grammar)
      : StructureDiagnostics.unknownModifier(name, grammar: grammar)
  }

  /// The choice of `recalibrate` that asks for passes of their own.
  private static let perStage = "per-stage"

  private mutating func readSection(_ section: SectionEntry, _ node: SyntaxNode, _ context: inout CheckContext) {
    guard let mapping = node.mapping else {
      context.report(StructureDiagnostics.expectedMapping(section.name, node))
      return
    }
    let values = FieldValues(mapping, of: section.name, entries: section.fields, &context)
    switch section.name {
    case "calibration":
      sections.calibration = CalibrationRequest(
        dataset: values.given("dataset"),
        textColumn: values.given("text_column"),
        samples: values.spannedInteger("samples"),
        sequenceLength: values.spannedInteger("sequence_length"),
        seed: values.spannedInteger("seed"),
        isPerStage: values.given("recalibrate")?.value == Self.perStage,
        propagation: values.given("propagation").flatMap { ErrorPropagation(rawValue: $0.value) },
        experts: values.given("experts").flatMap { ExpertCalibration(rawValue: $0.value) }
      )
    case "model": sections.model = values.given("path")
    case "output":
      sections.output = values.given("path")
      sections.shardSize = values.spannedInteger("shard_size")
      sections.format = values.given("format").flatMap { text in
        CheckpointFormat(rawValue: text.value).map { Spanned($0, at: text.span) }
      }
    case "runtime": sections.runtime = values.given("name")
    default: preconditionFailure("the tables have a section \(section.name) that nothing reads")
    }
  }
}
