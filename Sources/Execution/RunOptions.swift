package import Kernels
package import Modifiers

/// How a plan is carried out.
package struct RunOptions: Sendable {
  /// Where to compute.
  package var processor: Processor
  /// The precision of scales and codes.
  package var arithmetic: Arithmetic
  /// The version of the tool, kept in the report.
  package var version: String
  /// The recipe's text, kept with the result.
  package var recipe: [UInt8]
  /// The recipe's text and those that it includes; another text is another run.
  package var recipeSources: [UInt8]
  /// Whether to go on with an unfinished run of the same output.
  package var resumes: Bool
  /// The least time between two notes of what was done: blocks of small models take less time than waiting for the disk.
  package var journalPause: Duration
  /// Whether what is kept of all calibration tokens lies in files beside the output, of which a chunk is resident at a time.
  package var keepsActivationsInFiles: Bool
  /// Layers whose weights are counted by their place on the grid.
  package var histogramLayers: Set<String>
  /// Makes a page about the run that is kept with the result; nil for none.
  package var page: (@Sendable (RunReport) -> String)?
  /// Asked between layers; true ends the run.
  package var isInterrupted: @Sendable () -> Bool
  /// Told of every step forward.
  package var progress: @Sendable (RunProgress) -> Void

  package init(
    processor: Processor,
    arithmetic: Arithmetic,
    version: String,
    recipe: [UInt8],
    recipeSources: [UInt8]? = nil,
    resumes: Bool = false,
    journalPause: Duration = .seconds(5),
    keepsActivationsInFiles: Bool = false,
    histogramLayers: Set<String> = [],
    page: (@Sendable (RunReport) -> String)? = nil,
    isInterrupted: @escaping @Sendable () -> Bool,
    progress: @escaping @Sendable (RunProgress) -> Void
  ) {
    self.processor = processor
    self.arithmetic = arithmetic
    self.version = version
    self.recipe = recipe
    self.recipeSources = recipeSources ?? recipe
    self.resumes = resumes
    self.journalPause = journalPause
    self.keepsActivationsInFiles = keepsActivationsInFiles
    self.histogramLayers = histogramLayers
    self.page = page
    self.isInterrupted = isInterrupted
    self.progress = progress
  }
}

/// How far a run has come.
package enum RunProgress: Hashable, Sendable {
  /// There was no unfinished run to go on with; this one starts at the beginning.
  case nothingToResume
  /// Layers pruned or quantized of all, and the last one's name.
  case settled(done: Int, of: Int, layer: String)
  /// A layer needed more dampening than asked; fractions of the mean diagonal.
  case dampened(layer: String, asked: Double, used: Double)
}
