/// What a run did, layer by layer.
package struct RunReport: Sendable {
  /// One line for each quantized layer, in module order.
  package internal(set) var layers: [LayerReport] = []
  /// Tokens of the calibration pass; zero without one.
  package internal(set) var calibrationTokens = 0
  /// Files beside the weights that were not copied: links that lead out of the model's folder, and what is no file.
  package internal(set) var filesLeftOut: [String] = []
  /// Seconds of each phase of the run.
  package internal(set) var phases: [Phase] = []

  /// A phase and the time it took.
  package struct Phase: Hashable, Sendable {
    /// What was done.
    package let name: String
    /// Wall time, in seconds.
    package let seconds: Double
  }
}

/// How one layer fared.
package struct LayerReport: Hashable, Sendable {
  /// The layer's module name.
  package let name: String
  /// The group of the plan that it belongs to.
  package let group: Int
  /// `‖W - Q‖ / ‖W‖`, Frobenius norms; dimensionless.
  package let relativeError: Double
  /// Share of the stored weights that are exactly zero.
  package let zeroFraction: Double
  /// GPTQ's loss, `½ · Σ ((w - q) / U_jj)²`; nil for other methods.
  package let loss: Double?
  /// Tokens whose inputs were gathered; nil where none were needed.
  package let tokenCount: Int?
}
