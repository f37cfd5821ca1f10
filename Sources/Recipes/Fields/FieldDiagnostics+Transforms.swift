import Diagnostics
import RecipeGrammar
import Syntax

/// What can be wrong with the values of pruning modifiers, and with scalars that YAML versions read differently.
extension FieldDiagnostics {
  static func fractionOutOfRange(_ field: FieldEntry, _ scalar: ScalarSyntax, _ value: Double) -> Diagnostic {
    var diagnostic = outOfRange(field, found: scalar.text, at: scalar.span)
    if value > 1, value < 100 {
      let fraction = "\(value / 100)"
      diagnostic.message += "; did you mean \(fraction)?"
      diagnostic.fixIts = replacement(fraction, for: scalar.spanned)
    }
    return diagnostic
  }

  static func impossibleMask(_ scalar: ScalarSyntax, zeros: Int, of size: Int, limit: Int) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("impossible-mask"),
      zeros >= size
        ? "\(zeros) zeros do not leave a weight among \(size)"
        : "a pattern has at most \(limit) columns, not \(size)",
      at: scalar.span,
      label: "n zeros among every m columns",
      notes: ["in n:m the first number counts the zeros: \"1:4\" keeps three of four weights"]
    )
  }

  static func noFraction(_ field: FieldEntry, _ node: SyntaxNode) -> Diagnostic {
    var diagnostic = wrongType(field, node)
    if let scalar = node.scalar, scalar.text.hasSuffix("%"), let percent = Double(scalar.text.dropLast()) {
      let fraction = "\(percent / 100)"
      diagnostic.message += "; did you mean \(fraction)?"
      diagnostic.fixIts = replacement(fraction, for: scalar.spanned)
    }
    return diagnostic
  }

  static func unknownMask(_ scalar: ScalarSyntax, _ field: FieldEntry) -> Diagnostic {
    let parts = scalar.text.split { !$0.isNumber }
    let offer = parts.count == 2 ? "\"\(parts[0]):\(parts[1])\"" : nil
    let isOld = ["channel", "filter"].contains(scalar.text) || scalar.text.hasPrefix("block_")
    return Diagnostic(
      .error,
      DiagnosticCode("unknown-mask"),
      "\(field.name) \"\(scalar.text)\" is not n:m" + (offer.map { "; did you mean \($0)?" } ?? ""),
      at: scalar.span,
      label: "expected n zeros among every m columns, such as \"2:4\"",
      notes: isOld
        ? ["masks of whole channels, filters or blocks were for convolutions; no serving runtime gains from them"]
        : field.type == .mask && scalar.text == "unstructured" ? ["\"0:0\" stands for zeros anywhere"] : [],
      fixIts: offer.map { [FixIt("write \($0)", .unsafe, edits: [TextEdit(scalar.span, $0)])] } ?? []
    )
  }

  static func unquotedMask(_ scalar: ScalarSyntax, number: Int) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("unquoted-mask"),
      "without quotes \(scalar.text) is the number \(number) to llm-compressor; read as \"\(scalar.text)\"",
      at: scalar.span,
      label: "base 60 in YAML 1.1",
      fixIts: [FixIt("quote it", .safe, edits: [TextEdit(scalar.span, "\"\(scalar.text)\"")])]
    )
  }

  static func versionDependentScalar(
    _ scalar: ScalarSyntax,
    _ field: FieldEntry,
    _ difference: ScalarSyntax.VersionDifference
  ) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("version-dependent-scalar"),
      "\(scalar.text) is \(difference.old) in YAML 1.1 and \(difference.new) in YAML 1.2; read as \(difference.value)",
      at: scalar.span,
      label: "write \(difference.value)",
      notes: ["llm-compressor reads YAML 1.1, most editors YAML 1.2"],
      fixIts: [FixIt("write \(difference.value)", .safe, edits: [TextEdit(scalar.span, difference.value)])]
    )
  }
}
