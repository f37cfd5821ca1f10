import Diagnostics
import RecipeGrammar
import Syntax

/// What there is to say of structures that earlier releases read.
enum LegacyDiagnostics {
  static func bareGroup(_ key: Spanned<String>, isAlone: Bool, name: String, isFree: Bool) -> Diagnostic {
    Diagnostic(
      isAlone ? .error : .warning,
      DiagnosticCode("bare-group"),
      "a group must have a name: \(key.value) alone is passed over by llm-compressor",
      at: key.span,
      label: isAlone ? "the recipe would do nothing" : "read as \(name)",
      notes: ["only releases before June 2025 read it"],
      fixIts: isFree ? [FixIt("write \(name)", .safe, edits: [TextEdit(key.span, name)])] : []
    )
  }

  static func disabledStage(_ key: Spanned<String>, stage: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("disabled-stage"),
      "stage \(stage) is switched off, and nothing switches stages off any more",
      at: key.span,
      label: "llm-compressor would do its work all the same",
      help: "remove the stage, or this line"
    )
  }

  static func flatGroup(
    _ entry: MappingEntrySyntax,
    stage: String,
    isFree: Bool,
    _ file: SourceFile
  ) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("flat-group"),
      "\(entry.key.text) stands in no stage; llm-compressor passes over it",
      at: entry.key.span,
      label: "read as part of \(stage)",
      fixIts: isFree ? indented(entry, under: stage, file) : []
    )
  }

  static func legacyKey(_ key: Spanned<String>, _ removal: TextEdit? = nil, isArgument: Bool = false) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("legacy-key"),
      isArgument
        ? "\(key.value) only serves eval(…), which llm-compressor no longer has" : "nothing follows from \(key.value)",
      at: key.span,
      label: isArgument ? "write the values where they are used" : "remove it",
      notes: isArgument ? [] : ["llm-compressor passes over it since June 2025"],
      fixIts: FieldDiagnostics.removal(removal)
    )
  }

  static func mergedStage(_ key: Spanned<String>, name: String, isFree: Bool) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("merged-stage"),
      "\(key.value) does not end in _stage, so llm-compressor passes over what it wrote itself",
      at: key.span,
      label: "read as \(name)",
      notes: ["it numbers stages of one name when it merges recipes"],
      fixIts: isFree ? [FixIt("write \(name)", .safe, edits: [TextEdit(key.span, name)])] : []
    )
  }

  static func quantizationInside(
    _ name: Spanned<String>,
    moved: [MappingEntrySyntax],
    body: MappingSyntax,
    into modifier: String?,
    until release: String,
    _ file: SourceFile
  ) -> Diagnostic {
    let fields = moved.map(\.key.text).joined(separator: ", ")
    return Diagnostic(
      .warning,
      DiagnosticCode("quantization-inside"),
      "\(name.value) no longer quantizes: \(fields) \(moved.count == 1 ? "belongs" : "belong") in a modifier after it",
      at: name.span,
      label: "read as \(name.value) and a QuantizationModifier",
      secondary: moved.prefix(1).map { LabelledSpan($0.key.span, "last here in llm-compressor \(release)") },
      notes: ["llm-compressor 0.14 refuses the recipe"],
      fixIts: modifier.map { Self.moved(moved, of: name, body: body, into: $0, file) } ?? []
    )
  }

  static func stagesMapping(_ key: Spanned<String>, grammar: Grammar) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("stages-mapping"),
      "llm-compressor passes over \(key.value): since June 2025 every stage is a top-level key",
      at: key.span,
      label: "its stages are read",
      help: "write name\(grammar.stageSuffix): for each stage"
    )
  }

  /// The lines of an entry under a key of their own, one level deeper.
  private static func indented(_ entry: MappingEntrySyntax, under key: String, _ file: SourceFile) -> [FixIt] {
    let first = file.lines.line(at: entry.key.span.start)
    let last = file.lines.line(at: max(entry.key.span.start, entry.value.span.end - 1))
    guard file.lines.range(ofLine: first).lowerBound == entry.key.span.start, entry.value.mapping?.isFlow == false
    else {
      return []
    }
    // One edit for all lines, so that no other can change some of them at the same time.
    let end = file.lines.range(ofLine: last).upperBound
    var text = "\(key):\n"
    for line in first...last {
      let bytes = file.bytes[file.lines.range(ofLine: line)]
      let isBlank = bytes.allSatisfy { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
      text += (isBlank ? "" : "  ") + String(decoding: bytes, as: UTF8.self)
    }
    let edits = [TextEdit(SourceSpan(start: entry.key.span.start, end: end), text)]
    return [FixIt("put it under \(key)", .safe, edits: edits)]
  }

  /// The lines of moved fields taken out and written again under a modifier after this one; none for bodies in braces.
  private static func moved(
    _ entries: [MappingEntrySyntax],
    of name: Spanned<String>,
    body: MappingSyntax,
    into modifier: String,
    _ file: SourceFile
  ) -> [FixIt] {
    guard !body.isFlow, body.entries.count > entries.count, let last = body.entries.last else { return [] }
    var edits: [TextEdit] = []
    var lines = ""
    for entry in entries {
      guard let edit = EntryRemoval.edit(entry, in: body, file) else { return [] }
      edits.append(edit)
      let text = file[edit.span]
      lines += text.hasSuffix("\n") ? text : text + "\n"
    }
    let end = file.lines.range(ofLine: file.lines.line(at: max(last.key.span.start, last.value.span.end - 1)))
      .upperBound
    let nameLine = file.lines.range(ofLine: file.lines.line(at: name.span.start))
    let before = file.bytes[nameLine.lowerBound..<name.span.start]
    guard before.allSatisfy({ $0 == UInt8(ascii: " ") }) else { return [] }
    let indentation = String(repeating: " ", count: before.count)
    let breaks = end > 0 && file.bytes[end - 1] == UInt8(ascii: "\n") ? "" : "\n"
    edits.append(TextEdit(SourceSpan(start: end, end: end), "\(breaks)\(indentation)\(modifier):\n\(lines)"))
    return [FixIt("move them to a \(modifier) after it", .safe, edits: edits)]
  }
}
