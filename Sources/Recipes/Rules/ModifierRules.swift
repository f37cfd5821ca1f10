import Diagnostics
import RecipeGrammar
import Vocabulary

/// The rules over one whole modifier.
enum ModifierRules {
  /// Holds one modifier against the rules that need its groups resolved.
  static func check(
    _ modifier: RecipeModifier,
    _ values: FieldValues,
    _ context: inout CheckContext
  ) {
    checkCalibration(modifier, values, &context)
    if let key = values.key("actorder"), values.given("actorder") == nil {
      context.report(ModifierDiagnostics.nullNotKept(Spanned("actorder", at: key)))
    }
    guard case .quantization(let stage) = modifier.work else { return }
    checkDuplicateTargets(stage, &context)
    for group in stage.groups where group.preset == nil {
      for (arguments, name) in [
        (group.scheme.value.inputActivations, "input activations"),
        (group.scheme.value.outputActivations, "output activations"),
      ] {
        checkStatistics(arguments, name, at: group.scheme.span, &context)
      }
    }
    for group in stage.groups { checkStorage(group, &context) }
    let cache = stage.keyValueCache
    checkStatistics(cache?.value, "keys and values", at: cache?.span ?? values.span, &context)
  }

  /// Weights and inputs in groups of different sizes are unusual.
  static func checkGroupSizes(_ scheme: QuantizationScheme, at span: SourceSpan, _ context: inout CheckContext) {
    if let weights = scheme.weights?.groupSize, let inputs = scheme.inputActivations?.groupSize, weights != inputs {
      context.report(ModifierDiagnostics.differingGroupSizes(weights, inputs, at: span))
    }
  }

  /// `requires_calibration_data` is written by tools, and right when it says what follows anyway.
  private static func checkCalibration(
    _ modifier: RecipeModifier,
    _ values: FieldValues,
    _ context: inout CheckContext
  ) {
    let name = "requires_calibration_data"
    guard values.isGiven(name), let given = values.boolean(name) else { return }
    let needs = modifier.work.needsCalibration
    if given == needs { return }
    let key = Spanned(name, at: values.key(name) ?? values.span)
    if needs {
      context.report(ModifierDiagnostics.calibrationRequired(key, modifier.name.value))
    } else {
      context.report(FieldDiagnostics.fieldWithoutEffect(key, because: "nothing that is asked for reads data"))
    }
  }

  private static func checkDuplicateTargets(_ stage: QuantizationStage, _ context: inout CheckContext) {
    var seen: [Target: (group: String, span: SourceSpan)] = [:]
    for group in stage.groups {
      for target in group.targets {
        if let first = seen[target.value] {
          if first.group != group.name {
            context.report(TargetDiagnostics.duplicateTarget(target, first: first.span))
          }
        } else {
          seen[target.value] = (group.name, target.span)
        }
      }
    }
  }

  /// What a checkpoint makes of a group, where people expect something else.
  private static func checkStorage(_ group: QuantizationGroup, _ context: inout CheckContext) {
    let scheme = group.scheme.value
    let span = group.scheme.span
    if scheme.inputActivations != nil,
      let target = group.targets.first(where: { $0.value == .name(embedding) })
    {
      context.report(ModifierDiagnostics.embeddingInputs(target, scheme: span))
    }
    guard let weights = scheme.weights else {
      let isIdle = scheme.inputActivations == nil && scheme.outputActivations == nil
      if !isIdle, scheme.format == nil { context.report(ModifierDiagnostics.weightsLeftDense(span)) }
      return
    }
    if weights.numberKind == .integer, weights.bitWidth < byte, scheme.inputActivations != nil, scheme.format == nil {
      context.report(ModifierDiagnostics.unpackedWeights(span, bits: weights.bitWidth))
    }
  }

  /// The class whose inputs are token numbers.
  private static let embedding = "Embedding"
  /// Bits of the smallest unit that is stored unpacked.
  private static let byte = 8

  /// Ranges of values that come in batches need an observer that remembers the earlier ones.
  private static func checkStatistics(
    _ arguments: QuantizationArguments?,
    _ name: String,
    at span: SourceSpan,
    _ context: inout CheckContext
  ) {
    guard let arguments, arguments.dynamic == .off else { return }
    guard let observer = arguments.observer else {
      context.report(ModifierDiagnostics.observerNotNamed(name, at: span))
      return
    }
    if let entry = context.grammar.observer(observer), !entry.accumulates {
      context.report(ModifierDiagnostics.lastBatchStatistics(name, observer: entry.name, at: span))
    }
  }
}

extension RecipeModifier.Work {
  /// Whether it reads calibration data.
  fileprivate var needsCalibration: Bool {
    switch self {
    case .rotation, .nothing: false
    case .smoothing, .takeover: true
    case .pruning(let stage): stage.method.readsData
    case .quantization(let stage): stage.needsCalibration
    }
  }
}
