import Diagnostics
import RecipeGrammar

/// What every part of the checker needs: the text, the language, and the place where findings go.
struct CheckContext {
  /// All the text that spans point into: the recipe, then what it includes.
  let file: SourceFile
  let grammar: Grammar
  /// What `eval(…)` may name: the texts of top-level keys that are no part of the recipe, and of `args`.
  var arguments: [String: String] = [:]
  private(set) var diagnostics: [Diagnostic] = []
  private let sources: RecipeSources

  init(sources: RecipeSources, grammar: Grammar) {
    self.file = sources.combined
    self.sources = sources
    self.grammar = grammar
  }

  /// Whether an error came after the first so many findings.
  func hasErrors(since count: Int) -> Bool { diagnostics[count...].contains { $0.severity == .error } }

  /// Keeps a finding, which becomes one about the text that its place is in.
  mutating func report(_ diagnostic: Diagnostic) {
    diagnostics.append(sources.localized(diagnostic))
  }
}
