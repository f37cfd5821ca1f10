internal import Diagnostics
internal import Models
internal import RecipeGrammar
internal import Vocabulary

/// What keeps a serving runtime from serving what a recipe makes.
enum RuntimeDiagnostics {
  /// A head that a class reaches, where the runtime wants its name.
  static func headNotNamed(
    _ target: Spanned<Target>,
    name: String,
    runtime: RuntimeEntry,
    ignore: IgnoreList
  ) -> Diagnostic {
    let edit = ignore.adding([name])
    return Diagnostic(
      .error,
      DiagnosticCode("runtime-misses-head"),
      "\(runtime.label) finds \(name) by its name only, and target \"\(target.value)\" is a class",
      at: target.span,
      label: "quantizes \(name) too",
      help: "list \(name) under ignore, or among the targets",
      fixIts: edit.map { [FixIt("add \(name) to ignore", .unsafe, edits: [$0])] } ?? []
    )
  }

  /// What a kernel does not have for processors without an accelerator.
  static func lacksProcessorKernel(_ what: String, runtime: RuntimeEntry, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("runtime-needs-accelerator"),
      "\(runtime.label) serves this on accelerators only: \(what)",
      at: span,
      label: "not on a processor"
    )
  }

  static func needsUniformSet(_ finding: FusedSetFinding, runtime: RuntimeEntry) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("runtime-needs-uniform-set"),
      "\(runtime.label) makes one layer of \(finding.names), but \(finding.assignments)",
      at: finding.places.first?.span,
      label: finding.places.first?.label ?? "",
      secondary: Array(finding.places.dropFirst()),
      help: "give all of them one scheme, or list all of them under ignore",
      notes: [finding.whereabouts] + FusedSetDiagnostics.searching(finding)
    )
  }

  static func refusesCache(_ cache: Spanned<QuantizationArguments>, runtime: RuntimeEntry) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("runtime-refuses-cache"),
      "\(runtime.label) cannot keep keys and values as \(ArgumentsPhrase.text(cache.value))",
      at: cache.span,
      label: "refused",
      help: runtime.cache.map { "it takes \(ArgumentsPhrase.text($0))" } ?? "leave the cache as it is"
    )
  }

  static func refusesEmbedding(_ target: Spanned<Target>, name: String, runtime: RuntimeEntry) -> Diagnostic {
    let served = runtime.kernels.filter(\.servesEmbeddings).map(\.summary)
    return Diagnostic(
      .error,
      DiagnosticCode("runtime-refuses-embedding"),
      "\(runtime.label) cannot read \(name) in this scheme",
      at: target.span,
      label: "claims an embedding",
      help: served.isEmpty ? "list \(name) under ignore" : "for embeddings it takes \(served.joined(separator: "; "))"
    )
  }

  /// A scheme that nothing serves; `formats` are others in which it would be served, `kernels` what is served of the same
  /// weights, and `hasPlace` says whether the recipe has a group to write a format in.
  static func refusesScheme(
    _ scheme: Spanned<QuantizationScheme>,
    in format: CheckpointFormat,
    formats: [CheckpointFormat],
    kernels: [RuntimeKernel],
    hasPlace: Bool,
    runtime: RuntimeEntry
  ) -> Diagnostic {
    let help: String =
      if let other = formats.first {
        "it reads them in format \(other.rawValue): write format: \(other.rawValue) "
          + (hasPlace ? "in the group" : "under output:, or in a group of config_groups")
      } else if kernels.isEmpty {
        "it takes \(runtime.kernels.map(\.summary).joined(separator: "; "))"
      } else {
        "it takes \(kernels.map(\.summary).joined(separator: "; "))"
      }
    return Diagnostic(
      .error,
      DiagnosticCode("runtime-refuses-scheme"),
      "\(runtime.label) serves no \(ArgumentsPhrase.text(scheme.value)) in format \(format.rawValue)",
      at: scheme.span,
      label: "refused when the model is loaded",
      help: help
    )
  }

  static func refusesShape(
    _ modules: [Module],
    rule: String,
    runtime: RuntimeEntry,
    at span: SourceSpan
  ) -> Diagnostic {
    let first = modules[0]
    let others = modules.count > 1 ? ", and \(modules.count - 1) more do not fit" : ""
    return Diagnostic(
      .error,
      DiagnosticCode("runtime-refuses-shape"),
      "\(runtime.label) wants \(rule); \(first.name) is [\(first.rowCount), \(first.columnCount)]\(others)",
      at: span,
      label: "of this scheme",
      help: "list the modules under ignore, or choose another scheme"
    )
  }
}

extension RuntimeEntry {
  /// Name and version.
  var label: String { "\(name) \(version)" }
}
