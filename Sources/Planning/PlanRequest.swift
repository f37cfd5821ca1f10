package import RecipeGrammar

/// What is asked of a plan besides the recipe: command-line options, which override what the recipe says.
package struct PlanRequest: Sendable {
  /// Sequences to calibrate on.
  package var samples: Int?
  /// Tokens of each.
  package var sequenceLength: Int?
  /// Who will serve the model; its rules are checked when there is one.
  package var runtime: RuntimeEntry?
  /// The language, which holds the defaults.
  package var grammar: Grammar

  package init(
    samples: Int? = nil,
    sequenceLength: Int? = nil,
    runtime: RuntimeEntry? = nil,
    grammar: Grammar = .standard
  ) {
    self.samples = samples
    self.sequenceLength = sequenceLength
    self.runtime = runtime
    self.grammar = grammar
  }
}
