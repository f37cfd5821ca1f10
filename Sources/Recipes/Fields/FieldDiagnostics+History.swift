import Diagnostics
import RecipeGrammar

/// What there is to say of fields that other releases have.
extension FieldDiagnostics {
  static func outlivedField(_ key: Spanned<String>, _ past: FieldHistory, of owner: String) -> Diagnostic {
    var diagnostic = Diagnostic(
      .error,
      DiagnosticCode("outlived-field"),
      "\(owner) no longer has \(key.value)",
      at: key.span,
      label: last(past),
      help: past.instead
    )
    if let name = past.replacement {
      diagnostic.fixIts = [FixIt("write \(name)", .unsafe, edits: [TextEdit(key.span, name)])]
    }
    return diagnostic
  }

  static func overwrittenField(_ key: Spanned<String>, because reason: String, removal: TextEdit?) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("overwritten-field"),
      "\(key.value) would be ignored: \(reason)",
      at: key.span,
      label: "remove it",
      fixIts: Self.removal(removal, .unsafe)
    )
  }

  static func removedField(
    _ key: Spanned<String>,
    _ past: FieldHistory,
    of owner: String,
    removal: TextEdit?
  ) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("removed-field"),
      "\(owner) no longer has \(key.value), and nothing follows from it",
      at: key.span,
      label: last(past),
      notes: (past.instead.map { [$0] } ?? []) + ["llm-compressor 0.14 refuses recipes that have it"],
      fixIts: Self.removal(removal)
    )
  }

  static func renamedField(
    _ key: Spanned<String>,
    _ past: FieldHistory,
    of owner: String,
    to name: String,
    removal: TextEdit?
  ) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("renamed-field"),
      "\(owner) calls \(key.value) \(name) now",
      at: key.span,
      label: last(past),
      fixIts: removal.map { [FixIt("remove it: \(name) is given", .unsafe, edits: [$0])] }
        ?? [FixIt("write \(name)", .safe, edits: [TextEdit(key.span, name)])]
    )
  }

  /// The release that had a field last, in words.
  private static func last(_ past: FieldHistory) -> String {
    switch past.until {
    case "sparseml": "a field of sparseml, before llm-compressor"
    case let release?: "last in llm-compressor \(release)"
    case nil: "gone"
    }
  }
}
