/// Something to tell the user about a text or a model: a value, never an exception.
package struct Diagnostic: Hashable, Sendable {
  /// How grave it is.
  package var severity: Severity
  /// The stable name of its kind.
  package var code: DiagnosticCode
  /// One sentence, in lower case and without a full stop.
  package var message: String
  /// The text that it is about, or nil when it is about no text.
  package var file: SourceFile?
  /// The place that it is about, or nil when it is about the whole file or model.
  package var span: SourceSpan?
  /// What is said under the marked place; may be empty.
  package var label: String
  /// Other places that explain it, in the same file unless they name another.
  package var secondary: [LabelledSpan]
  /// What to do about it, when that is more than a fix-it can say.
  package var help: String?
  /// Facts that explain it.
  package var notes: [String]
  /// Edits that would remove the cause.
  package var fixIts: [FixIt]

  package init(
    _ severity: Severity,
    _ code: DiagnosticCode,
    _ message: String,
    in file: SourceFile? = nil,
    at span: SourceSpan? = nil,
    label: String = "",
    secondary: [LabelledSpan] = [],
    help: String? = nil,
    notes: [String] = [],
    fixIts: [FixIt] = []
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.file = file
    self.span = span
    self.label = label
    self.secondary = secondary
    self.help = help
    self.notes = notes
    self.fixIts = fixIts
  }

  /// Where the marked place begins, or nil without a place.
  package var position: SourcePosition? {
    guard let file, let span else { return nil }
    return file.position(at: span.start)
  }
}

/// How grave a diagnostic is; the gravest is the greatest.
package enum Severity: String, CaseIterable, Hashable, Comparable, Sendable {
  case note
  case warning
  case error

  private var rank: Int {
    switch self {
    case .note: 0
    case .warning: 1
    case .error: 2
    }
  }

  package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}

/// The stable kebab-case name of a kind of diagnostic.
package struct DiagnosticCode: Hashable, Sendable, CustomStringConvertible {
  /// The name, in kebab case.
  package let name: String

  package init(_ name: String) {
    self.name = name
  }

  package var description: String { name }
}

/// A further place and what is said about it.
package struct LabelledSpan: Hashable, Sendable {
  /// The place.
  package let span: SourceSpan
  /// What is said under it.
  package let label: String
  /// The text that the place is in, or nil for the text that the diagnostic is about.
  package let file: SourceFile?

  package init(_ span: SourceSpan, _ label: String, in file: SourceFile? = nil) {
    self.span = span
    self.label = label
    self.file = file
  }
}

extension [Diagnostic] {
  /// Whether any of them is an error.
  package var hasErrors: Bool { contains { $0.severity == .error } }

  /// The same diagnostics by place; those without a place come first, equal places keep their order.
  package func inSourceOrder() -> [Diagnostic] {
    enumerated().sorted { left, right in
      (left.element.span?.start ?? -1, left.offset) < (right.element.span?.start ?? -1, right.offset)
    }.map(\.element)
  }
}
