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
    let before = context.diagnostics.count
    let values = FieldValues(
      modifier.body,
      of: modifier.name.value,
      entries: modifier.entry.fields,
      removed: modifier.entry.removedFields,
      &context
    )
    let observers = ObserverOverrides(values, &context)
    let reader = GroupsReader(modifier: modifier, values: values, observers: observers)
    let groups = reader.read(&context)
    let cache = reader.readCache(&context)
    let targets = TargetReader()
    let ignored = targets.read(values.strings("ignore") ?? [], isIgnored: true, &context)
    if values.hasFailed || context.diagnostics[before...].contains(where: { $0.severity == .error }) { return nil }
    observers.checkUse(in: groups, &context)
    let method = method(modifier, values)
    var isTakeover = false
    if groups.isEmpty, cache == nil {
      isTakeover =
        method != .roundToNearest && !reader.saysAnything && ignored.isEmpty
        && earlier.contains { $0.hasWeights && $0.isRoundToNearest }
      if !isTakeover {
        context.report(ModifierDiagnostics.nothingToQuantize(modifier.name, isGPTQ: method != .roundToNearest))
        return nil
      }
    } else if !groups.contains(where: { isWork($0.scheme.value, method) }), cache == nil || method != .roundToNearest {
      context.report(ModifierDiagnostics.nothingToQuantize(modifier.name, isGPTQ: method != .roundToNearest))
      return nil
    }
    let work: Work
    if isTakeover {
      if let key = values.key("actorder") {
        let reason = "the groups of the modifier before it say in which order columns are visited"
        context.report(FieldDiagnostics.fieldWithoutEffect(Spanned("actorder", at: key), because: reason))
      }
      work = .takeover(method)
    } else {
      let ordered =
        method == .roundToNearest ? groups : ActivationOrderRule(values: values).resolve(groups, &context)
      let needs = needsCalibration(ordered, cache: cache, method: method, context.grammar)
      work = .stage(
        QuantizationStage(
          modifier: modifier.name,
          method: method,
          groups: ordered,
          ignored: ignored,
          needsCalibration: needs,
          keyValueCache: cache,
          bypassesDivisibilityChecks: values.boolean("bypass_divisibility_checks") ?? false
        )
      )
    }
    let read = RecipeModifier(name: modifier.name, stageName: modifier.stage, groupName: modifier.group, work: work)
    ModifierRules.check(read, values, cache: cache, &context)
    return read
  }

  /// Whether a group of its own stores weights in few bits.
  var hasWeights: Bool {
    guard case .stage(let stage) = work else { return false }
    return stage.groups.contains { $0.scheme.value.weights != nil }
  }

  fileprivate var isRoundToNearest: Bool {
    guard case .stage(let stage) = work else { return false }
    return stage.method == .roundToNearest
  }

  /// Whether a scheme leaves the method anything to do; GPTQ works on weights only.
  private static func isWork(_ scheme: QuantizationScheme, _ method: QuantizationMethod) -> Bool {
    if scheme.weights != nil { return true }
    return method == .roundToNearest && (scheme.inputActivations != nil || scheme.outputActivations != nil)
  }

  /// Only a GPTQ table entry has a block size.
  private static func method(_ modifier: RecipeDocument.Modifier, _ values: FieldValues) -> QuantizationMethod {
    guard modifier.entry.fields.contains(where: { $0.name == "block_size" }) else { return .roundToNearest }
    return .gptq(
      GPTQParameters(
        blockSize: values.integer("block_size") ?? 0,
        dampeningFraction: values.number("dampening_frac") ?? 0
      )
    )
  }

  private static func needsCalibration(
    _ groups: [QuantizationGroup],
    cache: Spanned<QuantizationArguments>?,
    method: QuantizationMethod,
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
