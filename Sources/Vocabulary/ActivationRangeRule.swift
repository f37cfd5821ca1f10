/// How the range of activations is found over calibration sequences.
package struct ActivationRangeRule: Hashable, Sendable {
  /// What becomes of the ranges of several sequences.
  package enum Combination: Hashable, Sendable {
    /// The last one counts.
    case last
    /// The smallest and largest of all.
    case extremes
    /// `old · (1 - c) + new · c`, from the first on.
    case movingAverage(Double)
  }

  /// What becomes of the ranges of several sequences.
  package var combination: Combination
  /// The search that shrinks the range of each sequence; nil for its extremes.
  package var search: RangeSearch?

  package init(combination: Combination, search: RangeSearch? = nil) {
    self.combination = combination
    self.search = search
  }
}
