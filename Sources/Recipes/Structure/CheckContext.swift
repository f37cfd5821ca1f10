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
  private var errorCount = 0
  private var remarkCount = 0
  /// Errors, and remarks, in one recipe at most; who has so many has one cause for most of them.
  private static let findingLimit = 100
  private let sources: RecipeSources

  init(sources: RecipeSources, grammar: Grammar) {
    self.file = sources.combined
    self.sources = sources
    self.grammar = grammar
  }

  /// Whether an error came after the first so many findings.
  func hasErrors(since count: Int) -> Bool { diagnostics[count...].contains { $0.severity == .error } }

  /// Whether no more errors are kept, so that findings need not be made.
  var isFull: Bool { errorCount > Self.findingLimit }

  /// Keeps a finding, which becomes one about the text that its place is in.
  ///
  /// After too many errors one that says so is the last; after too many remarks a note does, and only errors are kept.
  mutating func report(_ diagnostic: Diagnostic) {
    let isError = diagnostic.severity == .error
    let count = isError ? errorCount : remarkCount
    guard count <= Self.findingLimit else { return }
    if isError { errorCount += 1 } else { remarkCount += 1 }
    if count < Self.findingLimit {
      diagnostics.append(sources.localized(diagnostic))
    } else {
      diagnostics.append(
        sources.localized(
          StructureDiagnostics.tooManyFindings(isError ? .error : .note, at: diagnostic.span, limit: Self.findingLimit)
        )
      )
    }
  }
}
