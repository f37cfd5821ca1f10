package import Diagnostics
package import Vocabulary

/// The `calibration:` section; nil where the recipe is silent.
package struct CalibrationRequest: Sendable {
  /// Path of the data file, as written.
  package var dataset: Spanned<String>?
  /// The JSON Lines member that holds the text.
  package var textColumn: Spanned<String>?
  /// Sequences used at most.
  package var samples: Spanned<Int>?
  /// Tokens of one sequence.
  package var sequenceLength: Spanned<Int>?
  /// What the order of the data is drawn with.
  package var seed: Spanned<Int>?
  /// Whether smoothing, pruning and quantization each have a pass of their own.
  package var isPerStage: Bool
  /// What the statistics of a layer in a block are gathered on.
  package var propagation: ErrorPropagation?
  /// Which tokens the statistics of an expert are gathered from.
  package var experts: ExpertCalibration?

  package init(
    dataset: Spanned<String>? = nil,
    textColumn: Spanned<String>? = nil,
    samples: Spanned<Int>? = nil,
    sequenceLength: Spanned<Int>? = nil,
    seed: Spanned<Int>? = nil,
    isPerStage: Bool = false,
    propagation: ErrorPropagation? = nil,
    experts: ExpertCalibration? = nil
  ) {
    self.dataset = dataset
    self.textColumn = textColumn
    self.samples = samples
    self.sequenceLength = sequenceLength
    self.seed = seed
    self.isPerStage = isPerStage
    self.propagation = propagation
    self.experts = experts
  }
}

/// What a recipe says besides its work: which model, where to, and for whom; nil where it is silent.
package struct RecipeSections: Sendable {
  /// The `calibration:` section.
  package var calibration = CalibrationRequest()
  /// The checkpoint's folder, as written.
  package var model: Spanned<String>?
  /// The folder that is written, as written.
  package var output: Spanned<String>?
  /// The checkpoint format of every group that names none.
  package var format: Spanned<CheckpointFormat>?
  /// The most tensor bytes of one weight file.
  package var shardSize: Spanned<Int>?
  /// The serving runtime whose rules the plan is held against.
  package var runtime: Spanned<String>?

  package init() {}
}
