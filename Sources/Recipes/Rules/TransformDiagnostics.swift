import Diagnostics
import Syntax
import Vocabulary

/// What can be wrong with a modifier that smooths or rotates.
enum TransformDiagnostics {
  static func balanceMappingForm(
    _ node: SyntaxNode,
    pair: (balance: [Spanned<String>], smooth: Spanned<String>)?
  ) -> Diagnostic {
    let text = pair.map { pair in
      let layers = pair.balance.map(\.value.quotedForYAML).joined(separator: ", ")
      return "{smooth_layer: \(pair.smooth.value.quotedForYAML), balance_layers: [\(layers)]}"
    }
    return Diagnostic(
      .error,
      DiagnosticCode("mapping-form"),
      "a mapping of AWQModifier has smooth_layer and balance_layers, found \(FieldDiagnostics.found(node))",
      at: node.span,
      label: pair == nil ? "expected smooth_layer and balance_layers" : "the form that SmoothQuantModifier has",
      fixIts: text.map { [FixIt("write \($0)", .unsafe, edits: [TextEdit(node.span, $0)])] } ?? []
    )
  }

  static func gridTooSmall(_ span: SourceSpan, size: Int, least: Int) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("grid-too-small"),
      "duo_scaling both needs n_grid of at least \(least), found \(size)",
      at: span,
      label: "two searches share them",
      notes: ["llm-compressor would divide by zero"]
    )
  }

  static func learnableRotation(_ span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("learnable-rotation"),
      "rotations that are trained are not implemented anywhere",
      at: span,
      label: "only false",
      notes: ["llm-compressor stops when it reads this"]
    )
  }

  static func noBalanceLayer(_ span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("no-balance-layer"),
      "the mapping names no layer that reads what is smoothed",
      at: span,
      label: "no balance layer"
    )
  }

  static func noMapping(_ modifier: Spanned<String>, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("no-mapping"),
      "\(modifier.value) has an empty list of mappings",
      at: span,
      label: "nothing would be smoothed",
      help: "remove mappings to have them derived from the model"
    )
  }

  static func noRotation(_ modifier: Spanned<String>, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("no-rotation"),
      "\(modifier.value) rotates nothing",
      at: span,
      label: "an empty list"
    )
  }

  static func smoothingMappingForm(
    _ node: SyntaxNode,
    reversed: (smooth: SyntaxNode, balance: SyntaxNode)?,
    _ file: SourceFile
  ) -> Diagnostic {
    let isBalanceForm = node.mapping?["smooth_layer"] != nil
    let text = reversed.map { "[\(file[$0.balance.span]), \(file[$0.smooth.span])]" }
    return Diagnostic(
      .error,
      DiagnosticCode("mapping-form"),
      "a mapping of SmoothQuantModifier is a list of balance layers, then the smooth layer",
      at: node.span,
      label: isBalanceForm
        ? "the form that AWQModifier has" : reversed == nil ? "expected [[…], …]" : "the other way round",
      notes: ["llm-compressor takes the last name in it for the smooth layer, whatever the order"],
      fixIts: text.map { [FixIt("write \($0)", .unsafe, edits: [TextEdit(node.span, $0)])] } ?? []
    )
  }
}
