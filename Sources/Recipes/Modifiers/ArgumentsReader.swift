import Diagnostics
import RecipeGrammar
import Syntax
import Vocabulary

/// What a set of quantization arguments is for; raw values are the keys of a scheme.
enum ArgumentsRole: String, CaseIterable {
  case weights
  case inputs = "input_activations"
  case outputs = "output_activations"
  case keyValueCache = "kv_cache_scheme"

  /// The key of the role in an `observer` mapping and the field that does the same; nil for the cache.
  var observerKey: String? {
    switch self {
    case .weights: "weights"
    case .inputs: "input"
    case .outputs: "output"
    case .keyValueCache: nil
    }
  }
}

/// Reads one mapping of quantization arguments, infers what is omitted, and holds it against the rules.
struct ArgumentsReader {
  let role: ArgumentsRole
  /// The observer that the modifier puts in place of the arguments' own.
  let observerOverride: Spanned<String>?

  /// The arguments, every default filled in; nil after a report of what is wrong.
  func read(_ node: SyntaxNode, _ context: inout CheckContext) -> QuantizationArguments? {
    guard let mapping = node.mapping else {
      context.report(StructureDiagnostics.expectedMapping(role.rawValue, node))
      return nil
    }
    let before = context.diagnostics.count
    let values = FieldValues(mapping, of: role.rawValue, entries: context.grammar.argumentFields, &context)
    if values.hasFailed { return nil }
    guard let strategy = strategy(values, &context) else { return nil }
    let size = values.integer("group_size")
    var arguments = QuantizationArguments(
      bitWidth: values.integer("num_bits") ?? 0,
      numberKind: values.string("type").flatMap(NumberKind.init) ?? .integer,
      isSymmetric: values.boolean("symmetric") ?? true,
      strategy: strategy,
      groupSize: strategy == .group || strategy == .tensorGroup ? size : nil,
      blockShape: values.block("block_structure"),
      dynamic: dynamic(values),
      activationOrder: values.given("actorder").flatMap { ActivationOrder(rawValue: $0.value) },
      scaleType: values.given("scale_dtype").flatMap { Grammar.elementType(named: $0.value) },
      zeroPointType: values.given("zp_dtype").flatMap { Grammar.elementType(named: $0.value) }
    )
    ArgumentsRules(role: role, arguments: arguments, values: values).check(&context)
    resolveObserver(&arguments, values, &context)
    let hasErrors = context.diagnostics[before...].contains { $0.severity == .error }
    return hasErrors ? nil : arguments
  }

  private func dynamic(_ values: FieldValues) -> Dynamic {
    switch values.string("dynamic") {
    case "local": .local
    case "true": .on
    default: .off
    }
  }

  /// The strategy given, or the one that the group size implies.
  private func strategy(_ values: FieldValues, _ context: inout CheckContext) -> Strategy? {
    let size = values.integer("group_size")
    let given = values.given("strategy").flatMap { Strategy(rawValue: $0.value) }
    let sizePlace = values.place("group_size")
    if size == 0 {
      context.report(ArgumentsDiagnostics.inconsistentStrategy("group_size 0 groups nothing", at: sizePlace))
      return nil
    }
    let strategy = given ?? (size.map { $0 > 0 ? Strategy.group : .channel } ?? .tensor)
    let isGrouped = strategy == .group || strategy == .tensorGroup
    if isGrouped, (size ?? -1) < 0 {
      context.report(
        ArgumentsDiagnostics.inconsistentStrategy(
          "strategy \(strategy.rawValue) needs a positive group_size",
          at: values.isGiven("group_size") ? sizePlace : values.place("strategy")
        )
      )
      return nil
    }
    if let size, !isGrouped, size > 0 || strategy != .channel {
      context.report(
        ArgumentsDiagnostics.inconsistentStrategy(
          "group_size \(size) contradicts strategy \(strategy.rawValue)",
          at: sizePlace,
          other: LabelledSpan(values.place("strategy"), "no groups")
        )
      )
      return nil
    }
    let hasBlock = values.block("block_structure") != nil
    if hasBlock != (strategy == .block) {
      context.report(
        ArgumentsDiagnostics.inconsistentStrategy(
          hasBlock
            ? "block_structure needs strategy block, not \(strategy.rawValue)"
            : "strategy block needs block_structure, such as [128, 128]",
          at: hasBlock ? values.place("block_structure") : values.place("strategy")
        )
      )
      return nil
    }
    return strategy
  }

  /// The observer of arguments that name none: of activations whose scales are found once, the tool's releases differ.
  private func defaultObserver(_ arguments: QuantizationArguments) -> String? {
    if arguments.dynamic == .local { return "minmax" }
    return role == .weights ? Grammar.defaultObserver : nil
  }

  /// An observer watches what is quantized once, so nothing dynamic has one.
  private func resolveObserver(
    _ arguments: inout QuantizationArguments,
    _ values: FieldValues,
    _ context: inout CheckContext
  ) {
    let own = values.given("observer")
    if arguments.dynamic == .on {
      if let own, own.value != Grammar.defaultObserver {
        context.report(
          FieldDiagnostics.fieldWithoutEffect(
            Spanned("observer", at: own.span),
            because: "the scale is found at run time"
          )
        )
      }
      return
    }
    arguments.observer = observerOverride?.value ?? own?.value ?? defaultObserver(arguments)
    guard let name = arguments.observer, let node = values.node("observer_kwargs"), let mapping = node.mapping,
      let observer = context.grammar.observer(name)
    else { return }
    arguments.observerArguments = ObserverArgumentsReader(observer: observer).read(mapping, &context)
  }
}
