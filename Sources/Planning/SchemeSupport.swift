internal import Checkpoints
internal import RecipeGrammar
internal import Vocabulary

/// What execution has of what the language can say.
enum SchemeSupport {
  /// What of a scheme for layers cannot be executed, as a noun; nil when all can.
  static func gap(in scheme: QuantizationScheme, _ grammar: Grammar) -> String? {
    guard let weights = scheme.weights else { return "a scheme without weights" }
    if let gap = gap(inWeights: weights, grammar) { return gap }
    for (arguments, side) in [(scheme.inputActivations, "input"), (scheme.outputActivations, "output")] {
      guard let arguments else { continue }
      if let gap = gap(inActivations: arguments, grammar) { return "\(side) activations with \(gap)" }
    }
    let format = scheme.resolvedFormat
    guard format != .dense, format != .mixedPrecision else { return "the format \(format.rawValue)" }
    return nil
  }

  /// What of attention's inputs or of a cache cannot be executed.
  static func gap(inAttention arguments: QuantizationArguments, _ grammar: Grammar) -> String? {
    guard [.tensor, .attentionHead].contains(arguments.strategy) else {
      return "strategy \(arguments.strategy.rawValue)"
    }
    guard arguments.dynamic == .off else { return "scales found at run time" }
    guard arguments.numberKind == .integer || (arguments.bitWidth == 8 && arguments.isSymmetric) else {
      return "\(arguments.isSymmetric ? "" : "asymmetric ")float\(arguments.bitWidth) numbers"
    }
    guard rangeRule(of: arguments, grammar) != nil else { return "the observer \(arguments.observer ?? "")" }
    return nil
  }

  private static func gap(inWeights weights: QuantizationArguments, _ grammar: Grammar) -> String? {
    switch (weights.numberKind, weights.bitWidth) {
    case (.integer, 2...8), (.float, 8), (.float, 4): break
    default: return "\(weights.numberKind.rawValue)\(weights.bitWidth) weights"
    }
    guard weights.dynamic == .off else { return "weights with scales found at run time" }
    guard weights.numberKind == .integer || weights.isSymmetric else { return "asymmetric float weights" }
    guard ![.token, .attentionHead].contains(weights.strategy) else {
      return "weights with strategy \(weights.strategy.rawValue)"
    }
    switch (weights.numberKind, weights.bitWidth, weights.strategy, weights.scaleType) {
    case (.float, 4, .tensorGroup, .float8E4M3) where weights.groupSize == 16: break
    case (.float, 4, .group, .uint8) where weights.groupSize == 32: break
    case (.float, 8, .group, .uint8) where weights.groupSize == 32: break
    case (.integer, _, .tensorGroup, _), (.float, 8, .tensorGroup, _):
      return "\(weights.numberKind.rawValue)\(weights.bitWidth) weights with strategy tensor_group"
    case (.integer, _, _, nil), (.float, 8, _, nil): break
    case (.float, 4, _, _): return "float4 weights that are neither NVFP4 nor MXFP4"
    default: return "weights with a scale_dtype of their own"
    }
    guard weights.activationOrder != .group else { return "actorder group" }
    guard observer(of: weights, grammar) != nil else { return "the observer \(weights.observer ?? "")" }
    return nil
  }

  private static func gap(inActivations arguments: QuantizationArguments, _ grammar: Grammar) -> String? {
    switch arguments.dynamic {
    case .on: return nil
    case .local:
      guard arguments.numberKind == .float, arguments.bitWidth == 4 else { return "local scales of other than float4" }
    case .off:
      guard arguments.strategy == .tensor else { return "static scales with strategy \(arguments.strategy.rawValue)" }
      guard arguments.numberKind == .integer || (arguments.bitWidth == 8 && arguments.isSymmetric) else {
        return "static scales of \(arguments.isSymmetric ? "" : "asymmetric ")float\(arguments.bitWidth) numbers"
      }
    }
    guard rangeRule(of: arguments, grammar) != nil else { return "the observer \(arguments.observer ?? "")" }
    return nil
  }

  /// How the range of a weight's grid is found; nil for an observer that execution does not have.
  static func observer(of weights: QuantizationArguments, _ grammar: Grammar) -> WeightObserver? {
    guard let name = weights.observer else { return .minMax }
    switch name {
    case "memoryless_minmax", "static_minmax", "minmax": return .minMax
    default: return search(name, weights.observerArguments, grammar).map(WeightObserver.shrunkRange)
    }
  }

  /// How the range of activations is found; nil for an observer that execution does not have.
  static func rangeRule(of arguments: QuantizationArguments, _ grammar: Grammar) -> ActivationRangeRule? {
    // What llm-compressor takes where a recipe names none.
    let name = arguments.observer ?? "minmax"
    guard let entry = grammar.observer(name) else { return nil }
    let numbers = ObserverNumbers(entry, arguments.observerArguments)
    switch name {
    case "memoryless_minmax": return ActivationRangeRule(combination: .last)
    case "static_minmax": return ActivationRangeRule(combination: .extremes)
    case "minmax": return ActivationRangeRule(combination: .movingAverage(numbers["averaging_constant"]))
    case "mse":
      return ActivationRangeRule(
        combination: .movingAverage(numbers["averaging_constant"]),
        search: search(name, arguments.observerArguments, grammar)
      )
    default:
      // Of activations nobody has the importance of columns; every error counts the same.
      return search(name, arguments.observerArguments, grammar).map { search in
        var search = search
        search.weighsInputs = false
        return ActivationRangeRule(combination: .last, search: search)
      }
    }
  }

  /// The search of an observer; nil for one that does not search.
  private static func search(_ name: String, _ given: [ObserverArgument], _ grammar: Grammar) -> RangeSearch? {
    guard let named = grammar.observer(name) else { return nil }
    let entry = named.instead.flatMap(grammar.observer) ?? named
    let numbers = ObserverNumbers(entry, given)
    let stepCount = max(Int(numbers["grid"]), 1)
    switch entry.name {
    case "memoryless_mse", "mse", "nvfp4_expanded_mse":
      return RangeSearch(
        candidateCount: max(Int(numbers["maxshrink"] * Double(stepCount)), 1),
        patience: Int(numbers["patience"]),
        stepCount: stepCount,
        power: numbers["norm"],
        expansion: numbers["expand"]
      )
    case "imatrix_mse", "nvfp4_expanded_imatrix":
      let patience = Int(numbers["patience"])
      return RangeSearch(
        candidateCount: max(Int(numbers["maxshrink"] * Double(stepCount)), 1) + 1,
        patience: patience > 0 ? patience : nil,
        stepCount: stepCount,
        power: numbers["norm"],
        expansion: numbers["expand"],
        weighsInputs: true
      )
    default: return nil
    }
  }
}

/// The numbers of an observer: what is given, and the defaults of its entry for the rest.
private struct ObserverNumbers {
  let entry: ObserverEntry
  let given: [ObserverArgument]

  init(_ entry: ObserverEntry, _ given: [ObserverArgument]) {
    self.entry = entry
    self.given = given
  }

  subscript(name: String) -> Double {
    switch given.last(where: { $0.name == name })?.value {
    case .number(let value)?: return value
    case .integer(let value)?: return Double(value)
    case .boolean?, .string?, nil: break
    }
    guard let value = entry.fields.first(where: { $0.name == name })?.defaultText.flatMap(Double.init) else {
      preconditionFailure("the grammar has no default for \(name) of \(entry.name)")
    }
    return value
  }
}
