/// How a smoothing stage finds the factor of each channel.
package enum SmoothingMethod: Hashable, Sendable {
  /// From the ranges of activations and weights, `s = range^α / (2·max|W|)^(1-α)` with the strength `α` in `0...1`
  /// (arXiv:2211.10438, equation 4).
  case smoothQuant(strength: Double)
  /// From the range alone, `s = range / log2(2 + range)` (arXiv:2308.15987).
  case logarithmicEqualization
  /// By a search for the factors that harm the quantized layers least (arXiv:2306.00978).
  case awq(AWQParameters)
}

/// The numbers of an `AWQModifier`.
package struct AWQParameters: Hashable, Sendable {
  /// Whether factors follow from weights besides activations.
  package enum DuoScaling: String, CaseIterable, Hashable, Sendable {
    case off = "false"
    case on = "true"
    /// Both are tried.
    case both
  }

  /// Candidates of the search.
  package var gridSize: Int
  /// Whether factors follow from weights too.
  package var duoScaling: DuoScaling

  package init(gridSize: Int, duoScaling: DuoScaling) {
    self.gridSize = gridSize
    self.duoScaling = duoScaling
  }
}
