import Diagnostics
import RecipeGrammar
import Syntax
import Vocabulary

extension RecipeModifier {
  /// Reads one modifier; nil after a report of what is wrong with it.
  static func read(
    _ modifier: RecipeDocument.Modifier,
    earlier: [RecipeModifier],
    _ context: inout CheckContext
  ) -> RecipeModifier? {
    if let instead = modifier.entry.instead {
      context.report(ModifierDiagnostics.deprecatedModifier(modifier.name, instead: instead))
    }
    let values = FieldValues(
      modifier.body,
      of: modifier.name.value,
      entries: modifier.entry.fields,
      history: context.grammar.history.modifiers[modifier.entry.name],
      &context
    )
    guard let work = work(modifier, values, earlier: earlier, &context) else { return nil }
    let read = RecipeModifier(
      name: modifier.name,
      stageName: modifier.stage,
      groupName: modifier.group,
      isImplied: modifier.isImplied,
      work: work
    )
    ModifierRules.check(read, values, &context)
    return read
  }

  private static func work(
    _ modifier: RecipeDocument.Modifier,
    _ values: FieldValues,
    earlier: [RecipeModifier],
    _ context: inout CheckContext
  ) -> Work? {
    switch modifier.entry.stage {
    case .rotation: RotationReader(modifier: modifier, values: values).read(&context).map(Work.rotation)
    case .smoothing: SmoothingReader(modifier: modifier, values: values).read(&context).map(Work.smoothing)
    case .pruning: PruningReader(modifier: modifier, values: values).read(&context).map(Work.pruning)
    case .quantization:
      QuantizationReader(modifier: modifier, values: values).read(earlier: earlier, &context)
    }
  }

  /// Whether a group of its own stores weights in few bits.
  var hasWeights: Bool {
    guard case .quantization(let stage) = work else { return false }
    return stage.groups.contains { $0.scheme.value.weights != nil }
  }

  /// Whether it rounds to the nearest, which another modifier may take over.
  var isRoundToNearest: Bool {
    guard case .quantization(let stage) = work else { return false }
    return stage.method == .roundToNearest
  }
}
