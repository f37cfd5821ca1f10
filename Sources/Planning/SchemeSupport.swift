internal import Checkpoints
internal import Vocabulary

/// What execution has of what the language can say.
package enum SchemeSupport {
  /// Names of the observers that execution has for weights.
  package static let observers = ["memoryless_minmax", "static_minmax", "minmax", "memoryless_mse", "mse"]

  /// What of a scheme cannot be executed, in words that continue "cannot execute …"; nil when all can.
  static func gap(in scheme: QuantizationScheme) -> String? {
    guard let weights = scheme.weights else { return "a scheme without weights" }
    if let gap = gap(inWeights: weights) { return gap }
    if scheme.outputActivations != nil { return "quantized output activations" }
    if let inputs = scheme.inputActivations {
      guard inputs.dynamic == .on else {
        return "activation scales found from calibration data (dynamic: \(inputs.dynamic))"
      }
    }
    let format = scheme.resolvedFormat
    guard [.packQuantized, .intQuantized, .floatQuantized, .naiveQuantized].contains(format) else {
      return "the format \(format.rawValue)"
    }
    return nil
  }

  private static func gap(inWeights weights: QuantizationArguments) -> String? {
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
    guard observer(of: weights) != nil else { return "the observer \(weights.observer ?? "")" }
    return nil
  }

  /// How the range of a weight's grid is found; nil for an observer that execution does not have.
  static func observer(of weights: QuantizationArguments) -> WeightObserver? {
    switch weights.observer {
    case nil, "memoryless_minmax", "static_minmax", "minmax": return .minMax
    case "memoryless_mse", "mse":
      // Defaults of the observer's table entry; `chunk_size` and `averaging_constant` mean nothing for one weight.
      var search = RangeSearch(maximumShrink: 0.2, patience: 5, stepCount: 100, power: 2.4)
      for argument in weights.observerArguments {
        switch (argument.name, argument.value) {
        case ("maxshrink", .number(let value)): search.maximumShrink = value
        case ("patience", .integer(let value)): search.patience = value
        case ("grid", .integer(let value)): search.stepCount = max(value, 1)
        case ("norm", .number(let value)): search.power = value
        case ("norm", .integer(let value)): search.power = Double(value)
        default: break
        }
      }
      return .shrunkRange(search)
    default: return nil
    }
  }
}
