/// How a pruning stage chooses the weights that become zero.
package enum PruningMethod: Hashable, Sendable {
  /// Least increase of the output's error, the weights that stay corrected (arXiv:2301.00774).
  case sparseGPT(SparseGPTParameters)
  /// Least `|w|` times the norm of its input, row by row (arXiv:2306.11695).
  case wanda
  /// Least `|w|`.
  case magnitude
  /// Those that are zero already.
  case constant
  /// Whole experts with the least gate-weighted output (arXiv:2510.13999).
  case reap
}

/// The numbers of a `SparseGPTModifier`.
package struct SparseGPTParameters: Hashable, Sendable {
  /// Columns whose mask is chosen together, and between two updates of the trailing weights.
  package var blockSize: Int
  /// Fraction of the mean diagonal of the Hessian that is added to its diagonal; dimensionless.
  package var dampeningFraction: Double
  /// Whether zeros of the input stay zeros and count towards the sparsity.
  package var preservesMask: Bool

  package init(blockSize: Int, dampeningFraction: Double, preservesMask: Bool) {
    self.blockSize = blockSize
    self.dampeningFraction = dampeningFraction
    self.preservesMask = preservesMask
  }
}

/// How many weights become zero.
package enum Sparsity: Hashable, Sendable {
  /// The same fraction, in `0..<1`, of every layer.
  case uniform(Double)
  /// One fraction for each target layer, in model order.
  case perLayer([Double])
  /// A mean fraction, spread so that layers with more outliers keep more weights (OWL, arXiv:2310.05175).
  case outlierWeighted(OutlierWeighting)
}

/// The numbers of outlier-weighed layer-wise sparsity.
package struct OutlierWeighting: Hashable, Sendable {
  /// The mean fraction over all layers.
  package var mean: Double
  /// How many times the mean an outlier exceeds, `M`.
  package var threshold: Double
  /// Half the distance from the least fraction to the largest, `λ`.
  package var spread: Double

  package init(mean: Double, threshold: Double, spread: Double) {
    self.mean = mean
    self.threshold = threshold
    self.spread = spread
  }
}
