import Diagnostics
import Syntax

/// What there is to say of recipes that include others.
enum IncludeDiagnostics {
  static func includeCycle(_ path: Spanned<String>, chain: [String]) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("include-cycle"),
      "\"\(path.value)\" includes itself",
      at: path.span,
      label: "closes the circle",
      notes: [chain.joined(separator: " → ")]
    )
  }

  static func includedRecipe(_ key: Spanned<String>) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("included-recipe"),
      "llm-compressor does not know \(key.value) and sees only what stands in this file",
      at: key.span,
      label: "read by Pare",
      help: "pare fmt --expand writes the recipe as one file"
    )
  }

  static func includeForm(_ node: SyntaxNode) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("include-form"),
      "include names a recipe file or a list of them, found \(FieldDiagnostics.found(node))",
      at: node.span,
      label: "expected a path"
    )
  }

  static func includeNotFound(_ path: Spanned<String>, reason: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("include-not-found"),
      "\"\(path.value)\" cannot be included: \(reason)",
      at: path.span,
      label: "relative to this file's folder"
    )
  }

  static func tooManyIncludes(_ path: Spanned<String>, limit: Int) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("too-many-includes"),
      "more than \(limit) recipes are included, or they are nested too deeply",
      at: path.span,
      label: "not read"
    )
  }
}
