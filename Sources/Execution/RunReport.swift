internal import Kernels
internal import Modifiers

/// What a run did, layer by layer.
package struct RunReport: Sendable {
  /// One line for each pruned or quantized layer, in module order.
  package internal(set) var layers: [LayerReport] = []
  /// One line for each smoothing place, in the order of the work.
  package internal(set) var smoothings: [SmoothingReport] = []
  /// One line for each part with experts that calibration reached, in module order.
  package internal(set) var experts: [ExpertReport] = []
  /// Weights by their place on the grid, for the layers that were asked for, in module order.
  package internal(set) var histograms: [WeightHistogram] = []
  /// What the result follows from.
  package internal(set) var fingerprint = RunFingerprint([:])
  /// Blocks that an earlier, unfinished run had finished; nil where this one began at the beginning.
  package internal(set) var resumedBlockCount: Int?
  /// What became of the tensors of the input.
  package internal(set) var account = TensorAccount()
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
  /// The group of the plan that it belongs to; nil for a layer that is only pruned.
  package let group: Int?
  /// `‖W - Q‖ / ‖W‖`, Frobenius norms, `W` being the weight after rotation and smoothing; dimensionless.
  package let relativeError: Double
  /// Share of the stored weights that are exactly zero.
  package let zeroFraction: Double
  /// The loss of SparseGPT and GPTQ together, `½ · Σ ((w - q) / U_jj)²`; nil for other methods.
  package let loss: Double?
  /// Tokens whose inputs were gathered; nil where none were needed.
  package let tokenCount: Int?
}

extension LayerReport {
  init(_ layer: SettledLayer, group: Int?, on processor: Processor) {
    let difference = processor.difference(of: layer.dense, and: layer.weight)
    self.init(
      name: layer.name,
      group: group,
      relativeError: difference.relativeError,
      zeroFraction: difference.zeroFraction,
      loss: layer.loss,
      tokenCount: layer.tokenCount
    )
  }

  /// The report of a layer that was rounded without a look at its inputs.
  init(_ name: String, group: Int, _ difference: MatrixDifference) {
    self.init(
      name: name,
      group: group,
      relativeError: difference.relativeError,
      zeroFraction: difference.zeroFraction,
      loss: nil,
      tokenCount: nil
    )
  }
}

/// How the router of one part with experts spread the calibration tokens.
package struct ExpertReport: Hashable, Sendable {
  /// The part's module name.
  package let name: String
  /// Tokens that each expert got.
  package let tokenCounts: [Int]

  package init(name: String, tokenCounts: [Int]) {
    self.name = name
    self.tokenCounts = tokenCounts
  }
}

/// What was done at one smoothing place.
package struct SmoothingReport: Hashable, Sendable {
  /// The module whose channels were divided.
  package let producer: String
  /// The layers whose columns were multiplied.
  package let readers: [String]
  /// The least factor.
  package let leastFactor: Float
  /// The largest factor.
  package let largestFactor: Float
  /// The loss of the factors that a search chose, relative to the outputs' energy; nil where none was made.
  package let loss: Double?
  /// The loss without factors.
  package let plainLoss: Double?
}
