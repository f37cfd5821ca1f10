import Diagnostics
import RecipeGrammar
import Vocabulary

/// Reads a modifier that quantizes.
struct QuantizationReader {
  let modifier: RecipeDocument.Modifier
  let values: FieldValues
  private let method: QuantizationMethod

  init(modifier: RecipeDocument.Modifier, values: FieldValues) {
    self.modifier = modifier
    self.values = values
    method = Self.method(modifier, values)
  }

  /// The work, or nil after a report of why there is none.
  func read(earlier: [RecipeModifier], _ context: inout CheckContext) -> RecipeModifier.Work? {
    let before = context.diagnostics.count
    let observers = ObserverOverrides(values, &context)
    let reader = GroupsReader(modifier: modifier, values: values, observers: observers)
    let groups = reader.read(&context)
    let cache = reader.readCache(&context)
    let ignored = TargetReader().read(values.strings("ignore") ?? [], isIgnored: true, &context)
    if values.hasFailed || context.hasErrors(since: before) { return nil }
    observers.checkUse(in: groups, &context)
    let isRounding = method == .roundToNearest
    if groups.isEmpty, cache == nil, !isRounding, !reader.saysHow, ignored.isEmpty,
      earlier.contains(where: { $0.hasWeights && $0.isRoundToNearest })
    {
      reportWithoutEffect("actorder", "in which order columns are visited", &context)
      if reader.hasOwnTargets { reportWithoutEffect("targets", "what is quantized", &context) }
      return .takeover(method)
    }
    let hasWork = groups.contains { isWork($0.scheme.value) }
    if !hasWork, cache == nil || !isRounding {
      return nothing(isNoted: isRounding && (reader.hasOwnTargets || !ignored.isEmpty), &context)
    }
    let ordered =
      modifier.entry.method == .gptq ? ActivationOrderRule(values: values).resolve(groups, &context) : groups
    return .quantization(
      QuantizationStage(
        modifier: modifier.name,
        method: method,
        groups: ordered,
        ignored: ignored,
        needsCalibration: needsCalibration(ordered, cache: cache, context.grammar),
        keyValueCache: cache
      )
    )
  }

  /// What becomes of a modifier that quantizes nothing: a remark when it says at least of what, an error otherwise.
  private func nothing(isNoted: Bool, _ context: inout CheckContext) -> RecipeModifier.Work? {
    if isNoted { return .nothing }
    context.report(ModifierDiagnostics.nothingToQuantize(modifier.name, isGPTQ: method != .roundToNearest))
    return nil
  }

  private func reportWithoutEffect(_ field: String, _ what: String, _ context: inout CheckContext) {
    guard let key = values.key(field) else { return }
    let reason = "the groups of the modifier before it say \(what)"
    context.report(FieldDiagnostics.fieldWithoutEffect(Spanned(field, at: key), because: reason))
  }

  /// Whether a scheme leaves the method anything to do; all but rounding work on weights only.
  private func isWork(_ scheme: QuantizationScheme) -> Bool {
    if scheme.weights != nil { return true }
    return method == .roundToNearest && (scheme.inputActivations != nil || scheme.outputActivations != nil)
  }

  private static func method(_ modifier: RecipeDocument.Modifier, _ values: FieldValues) -> QuantizationMethod {
    switch modifier.entry.method {
    case .gptq:
      .gptq(
        GPTQParameters(
          blockSize: values.integer("block_size") ?? 0,
          dampeningFraction: values.number("dampening_frac") ?? 0
        )
      )
    case .autoRound:
      .autoRound(
        AutoRoundParameters(
          stepCount: values.integer("iters") ?? 0,
          batchSize: values.integer("batch_size") ?? 0,
          learningRate: values.number("lr")
        )
      )
    default: .roundToNearest
    }
  }

  private func needsCalibration(
    _ groups: [QuantizationGroup],
    cache: Spanned<QuantizationArguments>?,
    _ grammar: Grammar
  ) -> Bool {
    method != .roundToNearest || cache != nil
      || groups.contains { group in
        let scheme = group.scheme.value
        let activations = [scheme.inputActivations, scheme.outputActivations].compactMap { $0 }
        let observer = scheme.weights?.observer.flatMap { grammar.observer($0) }
        return activations.contains { $0.dynamic != .on } || observer?.needsCalibration == true
      }
  }
}
