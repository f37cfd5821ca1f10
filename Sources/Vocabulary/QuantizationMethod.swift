/// How a quantization stage finds codes.
package enum QuantizationMethod: Hashable, Sendable {
  /// Every weight goes to the nearest point of its grid.
  case roundToNearest
  /// Column by column, each rounding error moved into the columns not yet visited (arXiv:2210.17323).
  case gptq(GPTQParameters)
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
