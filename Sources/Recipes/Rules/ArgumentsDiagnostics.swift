import Diagnostics
import RecipeGrammar

/// What can be wrong with quantization arguments as a whole.
enum ArgumentsDiagnostics {
  static func inconsistentDynamic(_ fault: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(.error, DiagnosticCode("inconsistent-dynamic"), fault, at: span, label: "cannot be")
  }

  static func inconsistentStrategy(
    _ fault: String,
    at span: SourceSpan,
    other: LabelledSpan? = nil
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("inconsistent-strategy"),
      fault,
      at: span,
      label: "does not fit",
      secondary: other.map { [$0] } ?? [],
      notes: ["group and tensor_group have a group_size, block has a block_structure, the others have neither"]
    )
  }

  static func misplacedActivationOrder(_ role: ArgumentsRole, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("misplaced-activation-order"),
      "actorder orders the columns of weights; \(role.rawValue) cannot have it",
      at: span,
      label: "remove it"
    )
  }

  static func staticOutputs(at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("static-output-activations"),
      "output activations with scales from calibration are served by no runtime that Pare knows",
      at: span,
      label: "quantized once",
      notes: ["llm-compressor's own calibration goes wrong with them"]
    )
  }

  static func unknownObserverArgument(_ key: Spanned<String>, _ observer: ObserverEntry) -> Diagnostic {
    let known = observer.fields.map(\.name)
    let nearest = nearestName(to: key.value, among: known)
    return Diagnostic(
      .error,
      DiagnosticCode("unknown-observer-argument"),
      "observer \(observer.name) has no argument \"\(key.value)\"" + (nearest.map { "; did you mean \($0)?" } ?? ""),
      at: key.span,
      label: "no argument of this name",
      notes: [known.isEmpty ? "\(observer.name) has no arguments" : "it has \(known.joined(separator: ", "))"],
      fixIts: FieldDiagnostics.replacement(nearest, for: key)
    )
  }

  static func unsupportedActivations(_ fault: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("unsupported-activations"),
      fault,
      at: span,
      label: "not for activations",
      notes: ["inputs have strategy token, tensor, group, tensor_group or attn_head"]
    )
  }

  static func unsupportedCache(_ fault: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("unsupported-kv-cache"),
      fault,
      at: span,
      label: "not for keys and values",
      notes: ["kv_cache_scheme is static, with strategy tensor or attn_head"]
    )
  }

  static func unsupportedNumberFormat(
    _ fault: String,
    at span: SourceSpan,
    severity: Severity = .error
  ) -> Diagnostic {
    Diagnostic(severity, DiagnosticCode("unsupported-number-format"), fault, at: span, label: "no such format")
  }

  static func unsupportedScaleType(_ fault: String, at span: SourceSpan, note: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("unsupported-scale-type"),
      fault,
      at: span,
      label: "cannot hold the values",
      notes: [note]
    )
  }

  static func unsupportedWeights(_ fault: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("unsupported-weights"),
      fault,
      at: span,
      label: "not for weights",
      notes: ["weights are static, with strategy tensor, channel, group, tensor_group or block"]
    )
  }
}
