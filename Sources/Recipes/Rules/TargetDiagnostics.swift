import Diagnostics
import Syntax
import Vocabulary

/// What can be wrong with an entry of `targets` or `ignore`.
enum TargetDiagnostics {
  static func duplicateTarget(_ target: Spanned<Target>, first: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("duplicate-target"),
      "target \"\(target.value)\" stands in two groups",
      at: target.span,
      label: "second",
      secondary: [LabelledSpan(first, "first")],
      notes: ["llm-compressor takes the later group without a word"]
    )
  }

  static func invalidPattern(_ text: Spanned<String>, _ fault: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("invalid-pattern"),
      "pattern \"\(text.value)\" is no regular expression",
      at: span,
      label: fault
    )
  }

  static func obsoleteTarget(_ text: Spanned<String>, instead: String) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("obsolete-target"),
      "target \"\(text.value)\" is read as \(instead)",
      at: text.span,
      label: "llm-compressor no longer knows it",
      fixIts: [FixIt("write \(instead)", .safe, edits: [TextEdit(text.span, instead)])]
    )
  }

  static func openEndedPattern(_ text: Spanned<String>) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("open-ended-pattern"),
      "pattern \"\(text.value)\" also matches names that go on with more digits",
      at: text.span,
      label: "matched from the start of a name only",
      help: "end it with $ or \\."
    )
  }

  static func patternWithoutPrefix(_ text: Spanned<String>, isIgnored: Bool) -> Diagnostic {
    Diagnostic(
      isIgnored ? .warning : .error,
      DiagnosticCode("pattern-without-prefix"),
      "\"\(text.value)\" is no module name, and a pattern needs re: before it",
      at: text.span,
      label: "matches nothing",
      fixIts: [
        FixIt("write \"re:\(text.value)\"", .unsafe, edits: [TextEdit(text.span, "re:\(text.value)".quotedForYAML)])
      ]
    )
  }

  static func targetsWithoutEffect(_ span: SourceSpan, field: String, at other: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("targets-without-effect"),
      "targets has no effect beside \(field)",
      at: span,
      label: "would be ignored",
      secondary: [LabelledSpan(other, "has targets of its own")],
      help: "write the targets there"
    )
  }
}
