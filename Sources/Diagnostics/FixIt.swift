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
    applyingCompatible(fixIts).file
  }

  /// The file after fix-its, and how many of them were made; the others overlap earlier ones or edit other files.
  package func applyingCompatible(_ fixIts: [FixIt]) -> (file: SourceFile, count: Int) {
    var accepted = EditList()
    let count = fixIts.count { fixIt in
      fixIt.edits.allSatisfy { $0.file == nil || $0.file?.name == name } && accepted.insert(fixIt.edits)
    }
    return (SourceFile(name: name, bytes: edited(by: accepted.edits)), count)
  }

  private static let (carriageReturn, lineFeed) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))

  /// Whether the first line ends in CR LF, so that replacements shall do so too.
  private var breaksWithReturn: Bool {
    guard lines.count > 1 else { return false }
    let end = lines.start(ofLine: 2)
    return end > 1 && bytes[end - 1] == SourceFile.lineFeed && bytes[end - 2] == SourceFile.carriageReturn
  }

  /// The content after edits that are in order and do not overlap.
  ///
  /// Replacements are written with line feeds and take the line breaks of the text.
  private func edited(by edits: [TextEdit]) -> [UInt8] {
    let breaksWithReturn = breaksWithReturn
    var edited: [UInt8] = []
    var next = 0
    for edit in edits {
      precondition(edit.span.end <= bytes.count, "an edit beyond the end of \(name)")
      edited += bytes[next..<edit.span.start]
      for byte in edit.replacement.utf8 {
        if breaksWithReturn, byte == SourceFile.lineFeed, edited.last != SourceFile.carriageReturn {
          edited.append(SourceFile.carriageReturn)
        }
        edited.append(byte)
      }
      next = edit.span.end
    }
    return edited + bytes[next...]
  }
}

/// Edits in the order of their places, none of which overlap.
private struct EditList {
  private(set) var edits: [TextEdit] = []

  /// Takes all of several edits and says true, or none of them when one overlaps another or what is there already.
  mutating func insert(_ others: [TextEdit]) -> Bool {
    let sorted = others.sorted { ($0.span.start, $0.span.end) < ($1.span.start, $1.span.end) }
    guard !zip(sorted, sorted.dropFirst()).contains(where: { $0.overlaps($1) }) else { return false }
    guard !others.contains(where: { overlaps($0) }) else { return false }
    for edit in others { edits.insert(edit, at: index(for: edit)) }
    return true
  }

  private func overlaps(_ edit: TextEdit) -> Bool {
    let index = index(for: edit)
    return (index > 0 && edits[index - 1].overlaps(edit)) || (index < edits.count && edits[index].overlaps(edit))
  }

  /// Where an edit belongs: before the first one that does not come before it.
  private func index(for edit: TextEdit) -> Int {
    var (low, high) = (0, edits.count)
    while low < high {
      let middle = (low + high) / 2
      let other = edits[middle].span
      if (other.start, other.end) < (edit.span.start, edit.span.end) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension TextEdit {
  fileprivate func overlaps(_ other: TextEdit) -> Bool {
    span == other.span || (span.start < other.span.end && other.span.start < span.end)
  }
}
