import Diagnostics

/// The texts of a recipe and of all that it includes, side by side in one space of offsets.
struct RecipeSources {
  /// All texts one after the other, the recipe's own first; spans of the merged tree point into it.
  private(set) var combined: SourceFile
  private var parts: [Part]

  private struct Part {
    let start: Int
    let file: SourceFile
  }

  init(_ file: SourceFile) {
    combined = file
    parts = [Part(start: 0, file: file)]
  }

  /// Adds a text, which begins a line of its own, and gives the offset where it begins.
  mutating func append(_ file: SourceFile) -> Int {
    let bytes = combined.bytes + [UInt8(ascii: "\n")]
    parts.append(Part(start: bytes.count, file: file))
    combined = SourceFile(name: combined.name, bytes: bytes + file.bytes)
    return bytes.count
  }

  /// A diagnostic about the combined text as one about the texts it is made of.
  func localized(_ diagnostic: Diagnostic) -> Diagnostic {
    var diagnostic = diagnostic
    guard parts.count > 1 else {
      diagnostic.file = combined
      return diagnostic
    }
    let home = part(at: diagnostic.span?.start ?? 0)
    diagnostic.file = home.file
    diagnostic.span = diagnostic.span.map { local($0, home) }
    diagnostic.secondary = diagnostic.secondary.map { labelled in
      let part = part(at: labelled.span.start)
      return LabelledSpan(local(labelled.span, part), labelled.label, in: part.start == home.start ? nil : part.file)
    }
    diagnostic.fixIts = diagnostic.fixIts.map { fixIt in
      FixIt(
        fixIt.message,
        fixIt.applicability,
        edits: fixIt.edits.map { edit in
          let part = part(at: edit.span.start)
          return TextEdit(local(edit.span, part), edit.replacement, in: part.start == home.start ? nil : part.file)
        }
      )
    }
    return diagnostic
  }

  private func part(at offset: Int) -> Part {
    parts.last { $0.start <= offset } ?? parts[0]
  }

  private func local(_ span: SourceSpan, _ part: Part) -> SourceSpan {
    let limit = part.file.bytes.count
    return SourceSpan(start: min(span.start - part.start, limit), end: min(max(span.end - part.start, 0), limit))
  }
}
