internal import RecipeGrammar
internal import Vocabulary

/// Schemes by the names of their presets.
enum PresetText {
  /// The preset that a scheme is, whatever found its ranges and however it is laid out, or the scheme in words.
  static func text(_ scheme: QuantizationScheme, grammar: Grammar = .standard) -> String {
    grammar.presets.first { essence($0.scheme) == essence(scheme) }?.name ?? SchemeText.text(scheme)
  }

  /// A scheme without what leaves its grids as they are.
  private static func essence(_ scheme: QuantizationScheme) -> QuantizationScheme {
    QuantizationScheme(
      weights: essence(scheme.weights),
      inputActivations: essence(scheme.inputActivations),
      outputActivations: essence(scheme.outputActivations)
    )
  }

  private static func essence(_ arguments: QuantizationArguments?) -> QuantizationArguments? {
    guard var arguments else { return nil }
    arguments.observer = nil
    arguments.observerArguments = []
    arguments.activationOrder = nil
    arguments.zeroPointType = nil
    return arguments
  }
}
