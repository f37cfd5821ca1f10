/// How a quantization stage finds codes.
package enum QuantizationMethod: Hashable, Sendable {
  /// Every weight goes to the nearest point of its grid.
  case roundToNearest
  /// Column by column, each rounding error moved into the columns not yet visited (arXiv:2210.17323).
  case gptq(GPTQParameters)
  /// Each rounding up or down learnt by signed gradient descent (arXiv:2309.05516).
  case autoRound(AutoRoundParameters)
}

/// The numbers of a `GPTQModifier`; the column order stands in each group's weight arguments.
package struct GPTQParameters: Hashable, Sendable {
  /// Columns between two updates of the trailing weights.
  package var blockSize: Int
  /// Fraction of the mean diagonal of the Hessian that is added to its diagonal; dimensionless.
  package var dampeningFraction: Double

  package init(blockSize: Int, dampeningFraction: Double) {
    self.blockSize = blockSize
    self.dampeningFraction = dampeningFraction
  }
}

/// The numbers of an `AutoRoundModifier`.
package struct AutoRoundParameters: Hashable, Sendable {
  /// Steps of descent for each block.
  package var stepCount: Int
  /// Sequences of one step.
  package var batchSize: Int
  /// Step length; nil for `1 / stepCount`.
  package var learningRate: Double?

  package init(stepCount: Int, batchSize: Int, learningRate: Double?) {
    self.stepCount = stepCount
    self.batchSize = batchSize
    self.learningRate = learningRate
  }
}
