/// An edit of the source that would remove the cause of a diagnostic.
package struct FixIt: Hashable, Sendable {
  /// Whether a tool may make the edit by itself.
  package enum Applicability: String, CaseIterable, Hashable, Sendable {
    /// The meaning stays, or the edit says what was certainly meant.
    case safe
    /// Probably right, and a person must look.
    case unsafe
    /// Only to be shown.
    case displayOnly
  }

  /// What the edit does, as an order: `replace with W4A16`.
  package var message: String
  /// Whether a tool may make the edit by itself.
  package var applicability: Applicability
  /// The replacements, which do not overlap.
  package var edits: [TextEdit]

  package init(_ message: String, _ applicability: Applicability, edits: [TextEdit]) {
    self.message = message
    self.applicability = applicability
    self.edits = edits
  }
}

/// The replacement of a span by a text.
package struct TextEdit: Hashable, Sendable {
  /// What is replaced.
  package let span: SourceSpan
  /// What stands there afterwards.
  package let replacement: String
  /// The text that is edited, or nil for the text that the diagnostic is about.
  package let file: SourceFile?

  package init(_ span: SourceSpan, _ replacement: String, in file: SourceFile? = nil) {
    self.span = span
    self.replacement = replacement
    self.file = file
  }
}

extension SourceFile {
  /// The file after fix-its; one whose edits overlap those of an earlier one is left out.
  package func applying(_ fixIts: [FixIt]) -> SourceFile {
    var accepted: [TextEdit] = []
    for fixIt in fixIts where !fixIt.edits.contains(where: { edit in accepted.contains { $0.overlaps(edit) } }) {
      accepted += fixIt.edits
    }
    var edited = bytes
    for edit in accepted.sorted(by: { ($0.span.start, $0.span.end) > ($1.span.start, $1.span.end) }) {
      precondition(edit.span.end <= bytes.count, "an edit beyond the end of \(name)")
      edited.replaceSubrange(edit.span.start..<edit.span.end, with: edit.replacement.utf8)
    }
    return SourceFile(name: name, bytes: edited)
  }
}

extension TextEdit {
  fileprivate func overlaps(_ other: TextEdit) -> Bool {
    span == other.span || (span.start < other.span.end && other.span.start < span.end)
  }
}
