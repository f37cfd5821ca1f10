internal import Diagnostics

extension [Diagnostic] {
  /// What a recipe's text makes probable and a model decides: where the model has an answer, the guess is left out.
  func withoutGuesses(settledBy found: [Diagnostic]) -> [Diagnostic] {
    filter { guess in
      guard guess.code.name == "open-ended-pattern" else { return true }
      return !found.contains { $0.code.name == "pattern-reaches-further" && $0.span == guess.span }
    }
  }
}
