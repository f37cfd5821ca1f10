/// What the page about a compression run tells: plain values, filled by whoever ran it.
///
/// `html()` renders it. Nothing here is checked: numbers that are not finite are left out of the plots, and byte counts are
/// those of files, so that their sums are numbers.
package struct RunPage: Hashable, Sendable {
  /// The heading, such as `tiny-stories in W4A16`.
  package var title: String
  /// The model's name.
  package var model: String
  /// The recipe as it was given.
  package var recipe: String
  /// The version of Pare.
  package var version: String
  /// Bytes of all weights before.
  package var inputBytes: Int
  /// Bytes of all weights after.
  package var outputBytes: Int
  /// Wall time of the run, in seconds.
  package var seconds: Double
  /// The most memory the process held; nil where the machine does not tell.
  package var peakMemoryBytes: Int?
  /// How it was run, one line each, in the order in which they are shown.
  package var facts: [Fact]
  /// Every compressed layer, in model order.
  package var layers: [Layer]
  /// The weights of some layers, in the order in which they are shown.
  package var histograms: [Histogram]
  /// What took the time, in the order in which it began.
  package var phases: [Phase]
  /// What the run warned of, one sentence each.
  package var warnings: [String]

  package init(
    title: String,
    model: String,
    recipe: String,
    version: String,
    inputBytes: Int,
    outputBytes: Int,
    seconds: Double,
    peakMemoryBytes: Int? = nil,
    facts: [Fact] = [],
    layers: [Layer] = [],
    histograms: [Histogram] = [],
    phases: [Phase] = [],
    warnings: [String] = []
  ) {
    self.title = title
    self.model = model
    self.recipe = recipe
    self.version = version
    self.inputBytes = inputBytes
    self.outputBytes = outputBytes
    self.seconds = seconds
    self.peakMemoryBytes = peakMemoryBytes
    self.facts = facts
    self.layers = layers
    self.histograms = histograms
    self.phases = phases
    self.warnings = warnings
  }

  /// One line about the run, such as `threads` and `8`.
  package struct Fact: Hashable, Sendable {
    /// What is told.
    package let name: String
    /// The value with its unit.
    package let value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A phase of the run and the time it took.
  package struct Phase: Hashable, Sendable {
    /// What was done.
    package let name: String
    /// Wall time, in seconds.
    package let seconds: Double

    package init(_ name: String, seconds: Double) {
      self.name = name
      self.seconds = seconds
    }
  }
}
