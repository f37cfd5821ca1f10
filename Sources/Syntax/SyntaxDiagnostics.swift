import Diagnostics

/// What can be wrong with a text as YAML.
enum SyntaxDiagnostics {
  static func aliasExpansion(_ file: SourceFile, _ name: Spanned<String>, limit: Int) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("alias-expansion"),
      "alias \"\(name.value)\" makes the document larger than \(limit) nodes",
      in: file,
      at: name.span,
      label: "not expanded"
    )
  }

  static func complexKey(_ file: SourceFile, _ span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("complex-key"),
      "a key must be a single word or text, not a mapping or a list",
      in: file,
      at: span,
      label: "used as a key",
      notes: ["`{{ name }}` is what an unrendered template leaves behind; quote braces that are meant"]
    )
  }

  static func controlCharacter(_ file: SourceFile, offset: Int, scalar: Unicode.Scalar) -> Diagnostic {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    let name = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return Diagnostic(
      .error,
      DiagnosticCode("control-character"),
      "character \(name) is not allowed in YAML",
      in: file,
      at: SourceSpan(start: offset, end: offset + UTF8.width(scalar)),
      label: "remove it"
    )
  }

  static func duplicateKey(_ file: SourceFile, _ key: Spanned<String>, first: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("duplicate-key"),
      "key \"\(key.value)\" stands twice in one mapping",
      in: file,
      at: key.span,
      label: "second",
      secondary: [LabelledSpan(first, "first")],
      notes: ["llm-compressor keeps the last one and drops the others without a word"]
    )
  }

  static func emptyDocument(_ file: SourceFile, hasComment: Bool) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("empty-document"),
      hasComment ? "the file holds only comments" : "the file is empty",
      in: file,
      at: SourceSpan(start: 0, end: 0),
      label: "nothing to read"
    )
  }

  static func invalidMerge(_ file: SourceFile, _ span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("invalid-merge"),
      "`<<` needs a mapping or a list of mappings",
      in: file,
      at: span,
      label: "no mapping"
    )
  }

  static func invalidUTF8(_ file: SourceFile, offset: Int, byte: UInt8) -> Diagnostic {
    let digits = String(byte, radix: 16, uppercase: true)
    return Diagnostic(
      .error,
      DiagnosticCode("invalid-utf8"),
      "byte 0x\(digits) at offset \(offset) is not UTF-8",
      in: file,
      at: SourceSpan(start: offset, end: offset + 1),
      label: "not a character",
      help: "save the file as UTF-8"
    )
  }

  static func missingFrontMatter(_ file: SourceFile) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("missing-front-matter"),
      "this Markdown document holds no recipe between two lines of ---",
      in: file,
      at: SourceSpan(start: 0, end: 0),
      label: "expected --- here or below",
      help: "write the recipe at the top, between a line of --- and another, or give it a file of its own"
    )
  }

  static func nestingTooDeep(_ file: SourceFile, _ span: SourceSpan, limit: Int) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("nesting-too-deep"),
      "mappings and lists are nested more than \(limit) deep",
      in: file,
      at: SourceSpan(start: span.start, end: span.start),
      label: "level \(limit + 1)"
    )
  }

  static func pythonTag(
    _ file: SourceFile,
    tag: String,
    _ span: SourceSpan,
    replacement: String?
  ) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("python-tag"),
      "tag \"\(tag)\" is read as \(replacement ?? "a list")",
      in: file,
      at: span,
      label: "llm-compressor writes this and cannot read it back",
      fixIts: replacement.map { [FixIt("write \($0)", .safe, edits: [TextEdit(span, $0)])] } ?? []
    )
  }

  static func pythonTuple(
    _ file: SourceFile,
    _ span: SourceSpan,
    removal: (tag: SourceSpan, edit: TextEdit)?
  ) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("python-tag"),
      "tag \"python/tuple\" is read as a list",
      in: file,
      at: removal?.tag ?? span,
      label: "llm-compressor writes this and cannot read it back",
      fixIts: removal.map { [FixIt("remove the tag", .safe, edits: [$0.edit])] } ?? []
    )
  }

  static func recursiveAlias(_ file: SourceFile, _ name: Spanned<String>) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("recursive-alias"),
      "alias \"\(name.value)\" stands inside the node that it names",
      in: file,
      at: name.span,
      label: "would never end"
    )
  }

  static func severalDocuments(_ file: SourceFile, _ span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("several-documents"),
      "the file holds more than one document",
      in: file,
      at: span,
      label: "a second document begins here",
      help: "write one file for each"
    )
  }

  static func tooManyDirectives(_ file: SourceFile, _ span: SourceSpan, limit: Int) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("too-many-directives"),
      "more than \(limit) lines begin with %, as YAML directives do",
      in: file,
      at: span,
      label: "directive \(limit + 1)",
      notes: ["a recipe needs no directives"]
    )
  }

  static func undefinedAlias(_ file: SourceFile, _ name: Spanned<String>, known: ArraySlice<String>) -> Diagnostic {
    let offer = nearestName(to: name.value, among: known).map { "; did you mean *\($0)?" } ?? ""
    return Diagnostic(
      .error,
      DiagnosticCode("undefined-alias"),
      "alias \"\(name.value)\" has no anchor before it\(offer)",
      in: file,
      at: name.span,
      label: "no &\(name.value) above",
      notes: ["text that begins with * must be quoted"]
    )
  }

  static func unsupportedTag(_ file: SourceFile, tag: String, _ span: SourceSpan) -> Diagnostic {
    let isModifier = tag.hasPrefix("!") && tag.hasSuffix("Modifier")
    return Diagnostic(
      .error,
      DiagnosticCode("unsupported-tag"),
      "tag \"\(tag)\" has no meaning here",
      in: file,
      at: span,
      label: "tagged",
      help: isModifier
        ? "this is the list syntax of sparseml; write quant_stage: → quant_modifiers: → \(tag.dropFirst()): → fields"
        : nil,
      notes: ["no tag is ever executed"]
    )
  }
}
