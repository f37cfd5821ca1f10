internal import Diagnostics
internal import RecipeGrammar
internal import Recipes
internal import Vocabulary

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

  static func noHadamardMatrix(
    _ matrix: RotationMatrix,
    what: String,
    size: Int,
    largestBlock: Int,
    at span: SourceSpan
  ) -> Diagnostic {
    let isPlain = matrix == .hadamard
    let hasOther = isPlain && HadamardOrder(size) != nil
    let others: [RotationMatrix] = hasOther ? [.randomHadamard, .randomMatrix] : [.randomMatrix]
    let block = largestBlock > 1 ? "transform_block_size: \(largestBlock), or " : ""
    return Diagnostic(
      .error,
      DiagnosticCode("no-hadamard-matrix"),
      "\(what) would need a Hadamard matrix of \(size) rows, and "
        + (isPlain ? "only powers of two have one of the simple kind" : "Pare can construct none of that order"),
      at: span,
      label: "rotates \(size) channels",
      help: "write \(block)transform_type: \(others.map(\.rawValue).joined(separator: " or "))"
    )
  }

  /// A part of a rotation that weights cannot take, and that servers do not apply.
  static func onlineRotation(
    _ modifier: Spanned<String>,
    groups: [String],
    runtime: RuntimeEntry? = nil
  ) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("online-rotation"),
      "\(modifier.value) leaves \(groups.joined(separator: " and ")) to be applied while serving, and "
        + (runtime.map { "\($0.label) does not do that" } ?? "transformers applies no rotation"),
      at: modifier.span,
      label: "not merged into weights",
      help: "serve with a runtime that reads transform_config, or rotate with SpinQuantModifier and R1 and R2 alone",
      notes: ["a server that ignores transform_config loads the model and computes garbage"]
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

  static func familyNotRotatable(_ modifier: Spanned<String>, family: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("family-not-rotatable"),
      "\(modifier.value) rotates the spaces between layers, and those of \(family) do not let it",
      at: modifier.span,
      label: "would change what the model computes",
      notes: ["the block must read the stream through plain RMS norms, with query, key and value apart and no experts"]
    )
  }

  static func runtimeMisappliesRotation(
    _ stage: RotationStage,
    groups: [String],
    runtime: RuntimeEntry
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("runtime-misapplies-rotation"),
      "\(runtime.label) applies no \(stage.matrix.rawValue) as it is stored, and "
        + "\(groups.joined(separator: " and ")) would be applied while serving",
      at: stage.modifier.span,
      label: "rotates by \(stage.matrix.rawValue)",
      help: runtime.rotations.isEmpty
        ? nil : "write transform_type: \(runtime.rotations.map(\.rawValue).joined(separator: " or "))",
      notes: ["the model would be loaded and compute garbage"]
    )
  }
}
