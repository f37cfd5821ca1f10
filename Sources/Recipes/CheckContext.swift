import Diagnostics
import RecipeGrammar

/// What every part of the checker needs: the text, the language, and the place where findings go.
struct CheckContext {
  let file: SourceFile
  let grammar: Grammar
  private(set) var diagnostics: [Diagnostic] = []

  init(file: SourceFile, grammar: Grammar) {
    self.file = file
    self.grammar = grammar
  }

  /// Keeps a finding, which becomes one about this file.
  mutating func report(_ diagnostic: Diagnostic) {
    var diagnostic = diagnostic
    diagnostic.file = file
    diagnostics.append(diagnostic)
  }
}
