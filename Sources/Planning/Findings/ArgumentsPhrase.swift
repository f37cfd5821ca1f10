internal import RecipeGrammar
internal import Vocabulary

/// Schemes and rules in a few words.
enum ArgumentsPhrase {
  /// `int4 weights by group with float8 inputs by token at run time`.
  static func text(_ scheme: QuantizationScheme) -> String {
    let weights = scheme.weights.map { "\(text($0)) weights" } ?? "unquantized weights"
    let inputs = scheme.inputActivations.map { " with \(text($0)) inputs" } ?? ""
    let outputs = scheme.outputActivations.map { " and \(text($0)) outputs" } ?? ""
    return weights + inputs + outputs
  }

  /// `asymmetric int4 by group of 128`.
  static func text(_ arguments: QuantizationArguments) -> String {
    let symmetry = arguments.isSymmetric ? "" : "asymmetric "
    let size = arguments.groupSize.map { " of \($0)" } ?? ""
    let time =
      switch arguments.dynamic {
      case .off: ""
      case .on: " at run time"
      case .local: " with local scales at run time"
      }
    let kind = "\(arguments.numberKind.rawValue)\(arguments.bitWidth)"
    return "\(symmetry)\(kind) (by \(arguments.strategy.rawValue)\(size)\(time))"
  }

  /// `symmetric float8 by tensor or attn_head`.
  static func text(_ rule: ArgumentsRule) -> String {
    let symmetry = rule.symmetry.map { $0 ? "symmetric " : "asymmetric " } ?? ""
    let bits = rule.bitWidths.map { "\(rule.numberKind.rawValue)\($0)" }.joined(separator: " or ")
    let strategies = rule.strategies.map(\.rawValue).joined(separator: " or ")
    let time = rule.dynamics == [.off] ? " with stored scales" : ""
    return "\(symmetry)\(bits.isEmpty ? rule.numberKind.rawValue : bits) by \(strategies)\(time)"
  }
}
