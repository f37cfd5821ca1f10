package import Diagnostics
internal import Models
internal import Vocabulary

/// What can be wrong between a recipe and a model as a whole.
package enum PlanningDiagnostics {
  static func calibrationNeeded(_ readers: [String], at span: SourceSpan) -> Diagnostic {
    let names = readers.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    return Diagnostic(
      .note,
      DiagnosticCode("calibration-needed"),
      "\(names.joined(separator: " and ")) \(names.count == 1 ? "reads" : "read") calibration data, and the recipe names none",
      at: span,
      label: "needs data",
      help: "give run --calibration FILE, or write calibration: {dataset: FILE}"
    )
  }

  static func calibrationNeedsArchitecture(
    _ modifier: Spanned<String>,
    modelType: String?,
    known: [String],
    severity: Severity
  ) -> Diagnostic {
    Diagnostic(
      severity,
      DiagnosticCode("calibration-needs-architecture"),
      "\(modifier.value) needs a forward pass, and Pare has no architecture document for "
        + (modelType.map { "model_type \"\($0)\"" } ?? "a model without model_type"),
      at: modifier.span,
      label: "calibrates on data",
      notes: [
        "known are \(known.joined(separator: ", ")); QuantizationModifier with a data-free scheme works for any model"
      ]
    )
  }

  static func derivedShapes() -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("derived-shapes"),
      "the weight files are not at hand; shapes and types follow from config.json and names from the index"
    )
  }

  static func noAttention(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("no-attention"),
      "the model has no attention whose keys and values could be quantized",
      at: span,
      label: "quantizes keys and values",
      notes: ["looked for layers called k_proj, v_proj, qkv_proj or kv_b_proj"]
    )
  }

  static func noExperts(_ modifier: Spanned<String>) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("no-experts"),
      "\(modifier.value) removes experts, and the model has none",
      at: modifier.span,
      label: "nothing to remove",
      help: "for weights use SparseGPTModifier or WandaPruningModifier"
    )
  }

  static func nothingToCompress(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("nothing-to-compress"),
      "no module of the model is left to quantize: every one that a target matches is ignored",
      at: span
    )
  }

  static func notYetExecutable(_ what: String, at span: SourceSpan, severity: Severity) -> Diagnostic {
    Diagnostic(
      severity,
      DiagnosticCode("not-yet-executable"),
      "this version of Pare checks but cannot execute \(what)",
      at: span,
      label: "not executable",
      notes: severity == .error
        ? [
          """
          executable are rounding to nearest, GPTQ, SmoothQuant, AWQ, SparseGPT, Wanda and pruning by magnitude, for int2 to \
          int8, float8, NVFP4 and MX weights
          """
        ] : []
    )
  }

  static func calibrationDoesNotReach(
    _ layer: String,
    count: Int,
    target: Spanned<Target>,
    modifier: String
  ) -> Diagnostic {
    let others = count == 1 ? "" : " and \(count - 1) more"
    return Diagnostic(
      .error,
      DiagnosticCode("calibration-does-not-reach"),
      "\(modifier) calibrates, and no calibration token reaches \(layer)\(others)",
      at: target.span,
      label: "outside of the decoder",
      help: "quantize it with QuantizationModifier, or list it under ignore"
    )
  }

  package static func sequenceExceedsPositions(length: Int, limit: Int, at span: SourceSpan? = nil) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("sequence-exceeds-positions"),
      "sequences of \(length) tokens are longer than the \(limit) positions that the model was made for",
      at: span,
      label: "\(limit) at most",
      notes: ["behind them it computes noise, and statistics of noise harm the compressed model"],
      fixIts: span.map { [FixIt("write \(limit)", .unsafe, edits: [TextEdit($0, "\(limit)")])] } ?? []
    )
  }

  static func unknownArchitecture(modelType: String?) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("unknown-architecture"),
      "Pare has no architecture document for "
        + (modelType.map { "model_type \"\($0)\"" } ?? "a model without model_type")
        + "; matrices called weight are taken for Linear modules"
    )
  }
}
