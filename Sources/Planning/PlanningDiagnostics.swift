package import Diagnostics
internal import Models
internal import Recipes
internal import Vocabulary

/// What can be wrong between a recipe and a model.
package enum PlanningDiagnostics {
  static func calibrationNeedsArchitecture(
    _ modifier: Spanned<String>,
    modelType: String?,
    known: [String],
    in file: SourceFile
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("calibration-needs-architecture"),
      "\(modifier.value) needs a forward pass, and Pare has no architecture document for "
        + (modelType.map { "model_type \"\($0)\"" } ?? "a model without model_type"),
      in: file,
      at: modifier.span,
      label: "calibrates on data",
      notes: [
        "known are \(known.joined(separator: ", ")); QuantizationModifier with a data-free scheme works for any model"
      ]
    )
  }

  static func groupSizeDoesNotDivide(
    _ layers: [LinearOutline],
    groupSize: Int,
    at span: SourceSpan,
    in file: SourceFile
  ) -> Diagnostic {
    let first = layers[0]
    let others = layers.count > 1 ? " and \(layers.count - 1) more" : ""
    let sizes = [16, 32, 64, 128, 256].filter { size in layers.allSatisfy { $0.columns % size == 0 } }
    return Diagnostic(
      .error,
      DiagnosticCode("group-size-does-not-divide"),
      "the \(first.columns) columns of \(first.name)\(others) do not divide into groups of \(groupSize)",
      in: file,
      at: span,
      label: "groups of \(groupSize) columns",
      help: sizes.last.map { "groups of \($0) divide the columns of all of them; or list the modules under ignore" }
        ?? "list the modules under ignore, or use a scheme with one scale a channel"
    )
  }

  static func headIsQuantized(_ target: Spanned<Target>, name: String, isTied: Bool, in file: SourceFile) -> Diagnostic
  {
    Diagnostic(
      .warning,
      DiagnosticCode("head-is-quantized"),
      "target \"\(target.value)\" also matches \(name), the output head",
      in: file,
      at: target.span,
      label: "claims \(name)",
      help: "write ignore: [\(name)] to keep it as it is",
      notes: isTied
        ? ["the head is tied to the embedding: quantizing it writes it apart from the embedding, which stays as it is"]
        : []
    )
  }

  static func ignoreMatchesNothing(_ entry: Spanned<Target>, nearest: String?, in file: SourceFile) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("ignore-matches-nothing"),
      "ignore entry \"\(entry.value)\" matches no module of the model" + offer(nearest),
      in: file,
      at: entry.span,
      label: "no module of this name, class or pattern"
    )
  }

  static let moduleClaimedTwiceCode = DiagnosticCode("module-claimed-twice")

  static func moduleClaimedTwice(
    _ module: String,
    by target: Spanned<Target>,
    and other: Spanned<Target>,
    in file: SourceFile
  ) -> Diagnostic {
    Diagnostic(
      .error,
      moduleClaimedTwiceCode,
      "two modifiers quantize \(module)",
      in: file,
      at: target.span,
      label: "claimed here",
      secondary: [LabelledSpan(other.span, "and here")],
      help: "make the targets disjoint, or list the module under one modifier's ignore"
    )
  }

  static func nothingToCompress(at span: SourceSpan, in file: SourceFile) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("nothing-to-compress"),
      "no module of the model is left to quantize: every one that a target matches is ignored",
      in: file,
      at: span
    )
  }

  static func notYetExecutable(_ what: String, at span: SourceSpan, in file: SourceFile) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("not-yet-executable"),
      "this version of Pare checks but cannot execute \(what)",
      in: file,
      at: span,
      label: "not executable",
      notes: [
        "executable are int2 to int8 and float8 weights with one scale a tensor, channel or group, and activations quantized at run time"
      ]
    )
  }

  /// Attention that looks back on fewer tokens than a sequence has.
  package static func sequenceExceedsWindow(
    length: Int,
    window: Int,
    at span: SourceSpan? = nil,
    in file: SourceFile? = nil
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("sequence-exceeds-window"),
      "sequences of \(length) tokens are longer than the \(window) tokens that the model's attention looks back on",
      in: file,
      at: span,
      help: "use sequences of at most \(window) tokens"
    )
  }

  static func targetMatchesNothing(
    _ target: Spanned<Target>,
    nearest: String?,
    example: String?,
    in file: SourceFile
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("target-matches-nothing"),
      "target \"\(target.value)\" matches no module of the model" + offer(nearest),
      in: file,
      at: target.span,
      label: "no module of this name, class or pattern",
      notes: example.map { ["names look like \($0); a pattern starts with re: and must match from the start"] } ?? []
    )
  }

  static func targetNotQuantizable(_ target: Spanned<Target>, className: String, in file: SourceFile) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("target-not-quantizable"),
      "target \"\(target.value)\" matches only modules that have no weights to quantize, such as \(className)",
      in: file,
      at: target.span,
      label: "no Linear among its matches",
      help: "name the Linear modules inside, for example with re:.*mlp.*_proj$"
    )
  }

  static func unknownArchitecture(modelType: String?, in file: SourceFile) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("unknown-architecture"),
      "Pare has no architecture document for "
        + (modelType.map { "model_type \"\($0)\"" } ?? "a model without model_type")
        + "; matrices called weight are taken for Linear modules",
      in: file
    )
  }

  private static func offer(_ nearest: String?) -> String {
    nearest.map { "; did you mean \($0)?" } ?? ""
  }
}
