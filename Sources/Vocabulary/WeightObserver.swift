/// How the range of a weight's grid is found.
package enum WeightObserver: Hashable, Sendable {
  /// From the smallest to the largest weight.
  case minMax
  /// The shrunk range with the smallest error.
  case shrunkRange(RangeSearch)
}

/// The numbers of the `mse` observer: ranges tried are the full range times `1 - i / stepCount`.
package struct RangeSearch: Hashable, Sendable {
  /// Share of the range that may be cut, dimensionless.
  package var maximumShrink: Double
  /// Steps without any improvement after which the search ends.
  package var patience: Int
  /// Steps that the full range is divided into.
  package var stepCount: Int
  /// The power that each error is raised to before summing.
  package var power: Double

  package init(maximumShrink: Double, patience: Int, stepCount: Int, power: Double) {
    self.maximumShrink = maximumShrink
    self.patience = patience
    self.stepCount = stepCount
    self.power = power
  }
}
