/// How the range of a weight's grid is found.
package enum WeightObserver: Hashable, Sendable {
  /// From the smallest to the largest weight.
  case minMax
  /// The shrunk range with the smallest error.
  case shrunkRange(RangeSearch)
}

/// The numbers of the `mse` observers: ranges tried are the full range times `expansion · (1 - i / stepCount)`.
package struct RangeSearch: Hashable, Sendable {
  /// Ranges that are tried, `i = 0, 1, …`; positive.
  package var candidateCount: Int
  /// Steps without any improvement after which the search ends; nil to try all.
  package var patience: Int?
  /// Steps that the full range is divided into.
  package var stepCount: Int
  /// The power that each error is raised to before summing.
  package var power: Double
  /// Factor on the range before the search, at least 1.
  package var expansion: Double
  /// Whether the error of a column counts by the mean square of its input.
  package var weighsInputs: Bool

  package init(
    candidateCount: Int,
    patience: Int?,
    stepCount: Int,
    power: Double,
    expansion: Double = 1,
    weighsInputs: Bool = false
  ) {
    self.candidateCount = candidateCount
    self.patience = patience
    self.stepCount = stepCount
    self.power = power
    self.expansion = expansion
    self.weighsInputs = weighsInputs
  }
}
