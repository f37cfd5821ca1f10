import Diagnostics
import RecipeGrammar

/// What every part of the checker needs: the text, the language, and the place where findings go.
struct CheckContext {
  let file: SourceFile
  let grammar: Grammar
  /// What `eval(…)` may name: the texts of top-level keys that are no part of the recipe, and of `args`.
  var arguments: [String: String] = [:]
  private(set) var diagnostics: [Diagnostic] = []

  init(file: SourceFile, grammar: Grammar) {
    self.file = file
    self.grammar = grammar
  }

  /// Whether an error came after the first so many findings.
  func hasErrors(since count: Int) -> Bool { diagnostics[count...].contains { $0.severity == .error } }

  /// Keeps a finding, which becomes one about this file.
  mutating func report(_ diagnostic: Diagnostic) {
    var diagnostic = diagnostic
    diagnostic.file = file
    diagnostics.append(diagnostic)
  }
}
