internal import Diagnostics

/// What can be wrong with an architecture document.
enum ArchitectureDiagnostics {
  static func missingKey(_ key: String, in path: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("architecture-missing-key"),
      "\(whereabouts(path)) has no \(key)",
      at: SourceSpan(start: span.start, end: span.start),
      label: "\(key) belongs here"
    )
  }

  static func unknownKey(_ key: Spanned<String>, in path: String, known: [String]) -> Diagnostic {
    let near = nearestName(to: key.value, among: known)
    return Diagnostic(
      .error,
      DiagnosticCode("architecture-unknown-key"),
      "\(whereabouts(path)) has no member \"\(key.value)\"" + (near.map { "; did you mean \($0)?" } ?? ""),
      at: key.span,
      label: "nobody reads this",
      notes: near == nil ? ["members are: \(known.joined(separator: ", "))"] : [],
      fixIts: near.map { [FixIt("write \($0)", .unsafe, edits: [TextEdit(key.span, $0)])] } ?? []
    )
  }

  static func unknownModule(_ name: Spanned<String>, known: [String]) -> Diagnostic {
    let near = nearestName(to: name.value, among: known)
    return Diagnostic(
      .error,
      DiagnosticCode("architecture-unknown-module"),
      "\"\(name.value)\" is not among the modules" + (near.map { "; did you mean \($0)?" } ?? ""),
      at: name.span,
      label: "no module of this name",
      notes: ["every module that the dataflow names stands under modules, with its class"]
    )
  }

  static func unknownWord(_ word: Spanned<String>, _ key: String, known: [String]) -> Diagnostic {
    let near = nearestName(to: word.value, among: known)
    return Diagnostic(
      .error,
      DiagnosticCode("architecture-wrong-value"),
      "\(key) cannot be \"\(word.value)\"" + (near.map { "; did you mean \($0)?" } ?? ""),
      at: word.span,
      label: "one of \(known.joined(separator: ", "))",
      fixIts: near.map { [FixIt("write \($0)", .unsafe, edits: [TextEdit(word.span, $0)])] } ?? []
    )
  }

  static func wrongValue(_ span: SourceSpan, _ key: String, expected: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("architecture-wrong-value"),
      "\(key) must be \(expected)",
      at: span,
      label: "not \(expected)"
    )
  }

  private static func whereabouts(_ path: String) -> String { path.isEmpty ? "the document" : path }
}
