internal import Diagnostics

/// What can be wrong with rotations.
enum RotationDiagnostics {
  static func blockDoesNotDivide(_ block: Spanned<Int>, what: String, size: Int) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("rotation-block-does-not-divide"),
      "blocks of \(block.value) do not divide the \(size) channels of \(what)",
      at: block.span,
      label: "blocks of \(block.value) channels"
    )
  }

  static func noHadamardMatrix(what: String, size: Int, largestBlock: Int, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("no-hadamard-matrix"),
      "\(what) would need a Hadamard matrix of \(size) rows, and only powers of two have one here",
      at: span,
      label: "rotates \(size) channels",
      help: largestBlock > 1
        ? "write transform_block_size: \(largestBlock), or transform_type: random-matrix"
        : "write transform_type: random-matrix"
    )
  }

  static func rotationNeedsArchitecture(_ modifier: Spanned<String>, modelType: String?) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("rotation-needs-architecture"),
      "\(modifier.value) rotates the spaces between layers, and Pare does not know which layers these are in "
        + (modelType.map { "model_type \"\($0)\"" } ?? "a model without model_type"),
      at: modifier.span,
      label: "not checked",
      notes: ["llm-compressor takes Llama's names for any model that it does not know"]
    )
  }
}
