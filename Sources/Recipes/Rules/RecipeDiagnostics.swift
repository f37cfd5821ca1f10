import Diagnostics

/// What there is to say of several modifiers together.
enum RecipeDiagnostics {
  static func rearrangedWork(_ later: RecipeModifier, earlier: RecipeModifier) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("rearranged-work"),
      "\(later.name.value) stands after \(earlier.name.value), and its work is done before it",
      at: later.name.span,
      label: "done first",
      secondary: [LabelledSpan(earlier.name.span, "done after it")],
      help: "move it first, so that the text has the order of the work",
      notes: ["llm-compressor follows the text: here the later work would undo part of the earlier"]
    )
  }

  static func smoothingWithoutQuantization(_ name: Spanned<String>) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("smoothing-without-quantization"),
      "\(name.value) has no scheme to find factors for",
      at: name.span,
      label: "no modifier quantizes weights",
      help: "add a QuantizationModifier with scheme: W4A16_ASYM after it"
    )
  }

  static func workAfterQuantization(_ later: RecipeModifier, earlier: Spanned<String>) -> Diagnostic {
    let verb =
      switch later.work {
      case .rotation: "rotates"
      case .smoothing: "smooths"
      case .pruning: "prunes"
      case .quantization, .takeover, .nothing: "quantizes"
      }
    return Diagnostic(
      .error,
      DiagnosticCode("work-after-quantization"),
      "\(later.name.value) \(verb) weights that \(earlier.value) has already quantized",
      at: later.name.span,
      label: "comes too late",
      secondary: [LabelledSpan(earlier.span, "quantizes here")],
      help: "move it first"
    )
  }

  static func zerosKept(_ quantized: Spanned<String>, pruning: Spanned<String>) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("zeros-kept"),
      "\(quantized.value) keeps the zeros of \(pruning.value) exactly",
      at: quantized.span,
      label: "moves errors past pruned weights",
      secondary: [LabelledSpan(pruning.span, "sets weights to zero")],
      notes: ["llm-compressor 0.14 fills them again, which breaks every n:m pattern"]
    )
  }
}
