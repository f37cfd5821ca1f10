internal import Diagnostics

/// What can be wrong with the sections of a recipe that stand for options.
enum SectionDiagnostics {
  /// A folder that neither the command line nor the recipe names.
  static func missingFolder(_ section: String, in recipe: SourceFile) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("missing-folder"),
      "neither --\(section) nor the recipe names a folder for \(section)",
      in: recipe,
      help: "give --\(section) FOLDER, or write \(section): {path: FOLDER} into the recipe"
    )
  }
}
