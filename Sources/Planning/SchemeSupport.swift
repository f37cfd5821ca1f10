internal import Checkpoints
internal import RecipeGrammar
internal import Vocabulary

/// What execution has of what the language can say.
enum SchemeSupport {
  /// What of a scheme cannot be executed, as a noun; nil when all can.
  static func gap(in scheme: QuantizationScheme, _ grammar: Grammar) -> String? {
    guard let weights = scheme.weights else { return "a scheme without weights" }
    if let gap = gap(inWeights: weights, grammar) { return gap }
    if scheme.outputActivations != nil { return "quantized output activations" }
    if let inputs = scheme.inputActivations {
      guard inputs.dynamic == .on else {
        return "activation scales found from calibration data (dynamic: \(inputs.dynamic == .off ? "false" : "local"))"
      }
    }
    let format = scheme.resolvedFormat
    guard [.packQuantized, .intQuantized, .floatQuantized, .naiveQuantized].contains(format) else {
      return "the format \(format.rawValue)"
    }
    return nil
  }

  private static func gap(inWeights weights: QuantizationArguments, _ grammar: Grammar) -> String? {
    switch (weights.numberKind, weights.bitWidth) {
    case (.integer, 2...8), (.float, 8): break
    default: return "\(weights.numberKind.rawValue)\(weights.bitWidth) weights"
    }
    guard weights.dynamic == .off else { return "weights with scales found at run time" }
    guard weights.numberKind == .integer || weights.isSymmetric else { return "asymmetric float weights" }
    guard [.tensor, .channel, .group].contains(weights.strategy) else {
      return "weights with strategy \(weights.strategy.rawValue)"
    }
    guard weights.scaleType == nil else { return "weights with a scale_dtype of their own" }
    guard weights.activationOrder != .group else { return "actorder group" }
    guard observer(of: weights, grammar) != nil else { return "the observer \(weights.observer ?? "")" }
    return nil
  }

  /// How the range of a weight's grid is found; nil for an observer that execution does not have.
  static func observer(of weights: QuantizationArguments, _ grammar: Grammar) -> WeightObserver? {
    switch weights.observer {
    case nil, "memoryless_minmax", "static_minmax", "minmax": return .minMax
    case "memoryless_mse", "mse":
      guard let entry = weights.observer.flatMap(grammar.observer) else { return nil }
      return .shrunkRange(RangeSearch(entry, weights.observerArguments))
    default: return nil
    }
  }
}

extension RangeSearch {
  /// The search of an observer: what is given, and the defaults of the observer's entry for the rest; `chunk_size` and
  /// `averaging_constant` mean nothing for one weight.
  fileprivate init(_ entry: ObserverEntry, _ given: [ObserverArgument]) {
    func number(_ name: String) -> Double {
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
    self.init(
      maximumShrink: number("maxshrink"),
      patience: Int(number("patience")),
      stepCount: max(Int(number("grid")), 1),
      power: number("norm")
    )
  }
}
