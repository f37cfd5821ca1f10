import Diagnostics
import RecipeGrammar
import Vocabulary

/// What can be wrong with a modifier as a whole, or with several together.
enum ModifierDiagnostics {
  static func activationOrderConflict(
    _ span: SourceSpan,
    modifier: String,
    scheme: String,
    group: Spanned<String>
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("activation-order-conflict"),
      "actorder is \(modifier) here and \(scheme) in group \(group.value)",
      at: span,
      label: "the modifier's",
      secondary: [LabelledSpan(group.span, "has \(scheme)")],
      help: "give it in one place"
    )
  }

  static func cacheTwice(_ span: SourceSpan, first: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("kv-cache-twice"),
      "the key/value cache is quantized by two modifiers",
      at: span,
      label: "second",
      secondary: [LabelledSpan(first, "first")]
    )
  }

  static func calibrationRequired(_ key: Spanned<String>, _ modifier: String) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("calibration-required"),
      "this \(modifier) cannot work without calibration data",
      at: key.span,
      label: "remove it",
      notes: ["llm-compressor would save scales that nothing has computed"]
    )
  }

  static func collidingModifiers(_ name: Spanned<String>, first: SourceSpan) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("colliding-modifiers"),
      "two stages have a \(name.value) in groups of one name",
      at: name.span,
      label: "second",
      secondary: [LabelledSpan(first, "first")],
      notes: ["llm-compressor loses one of them when it writes the recipe beside the model"]
    )
  }

  static func deprecatedModifier(_ name: Spanned<String>, instead: String) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("deprecated-modifier"),
      "\(name.value) is deprecated; \(instead)",
      at: name.span,
      label: "still read"
    )
  }

  static func differingGroupSizes(_ weights: Int, _ inputs: Int, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("differing-group-sizes"),
      "weights come in groups of \(weights) and inputs in groups of \(inputs)",
      at: span,
      label: "in this group",
      notes: ["kernels that quantize both want one size"]
    )
  }

  static func embeddingInputs(_ target: Spanned<Target>, scheme: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("embedding-inputs"),
      "the inputs of an embedding are token numbers, which cannot be quantized",
      at: target.span,
      label: "reads token numbers",
      secondary: [LabelledSpan(scheme, "quantizes inputs")],
      help: "give embeddings a group with weights only",
      notes: ["llm-compressor writes such a checkpoint, and its first forward pass fails"]
    )
  }

  static func emptyGroup(_ name: Spanned<String>) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("empty-group"),
      "group \(name.value) says nothing of weights or activations",
      at: name.span,
      label: "quantizes nothing",
      help: "add weights:, or list its modules under ignore"
    )
  }

  static func lastBatchStatistics(_ what: String, observer: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("last-batch-statistics"),
      "\(what) are quantized once, but \(observer) remembers only the last batch",
      at: span,
      label: "the range depends on which batch comes last",
      help: "add observer: static_minmax"
    )
  }

  static func observerNotNamed(_ what: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("last-batch-statistics"),
      "\(what) are quantized once, and no observer is named",
      at: span,
      label: "the range depends on the tool's release",
      help: "add observer: static_minmax",
      notes: [
        "llm-compressor 0.14.0.1 and Pare take minmax, a moving average; earlier releases remember only the last batch"
      ]
    )
  }

  static func nothingToQuantize(_ name: Spanned<String>, isGPTQ: Bool) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("nothing-to-quantize"),
      isGPTQ
        ? "\(name.value) has no weights to quantize"
        : "\(name.value) says of nothing how it is quantized",
      at: name.span,
      label: "nothing would be done",
      help: "add scheme: W4A16, or another preset",
      notes: isGPTQ ? ["without a scheme it needs a QuantizationModifier before it"] : []
    )
  }

  static func nullNotKept(_ key: Spanned<String>) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("null-not-kept"),
      "llm-compressor drops \(key.value): null from the recipe that it saves",
      at: key.span,
      label: "a second run of its copy has the default again"
    )
  }

  static func observerConflict(_ field: Spanned<String>, observer: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("observer-conflict"),
      "\(field.value) and observer are both given",
      at: observer,
      label: "one way",
      secondary: [LabelledSpan(field.span, "the other way")],
      help: "keep one of them"
    )
  }

  static func observerWithoutEffect(
    _ name: Spanned<String>,
    _ role: ArgumentsRole,
    isDynamic: Bool
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("observer-without-effect"),
      "observer \(name.value) has nothing to observe",
      at: name.span,
      label: isDynamic ? "\(role.rawValue) get their scales at run time" : "no group has \(role.rawValue)"
    )
  }

  static func overlappingModifiers(
    _ later: Spanned<String>,
    _ earlier: Spanned<String>,
    _ target: Spanned<Target>
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("overlapping-modifiers"),
      "\(later.value) quantizes the same \"\(target.value)\" modules as \(earlier.value)",
      at: later.span,
      label: "second",
      secondary: [LabelledSpan(earlier.span, "first"), LabelledSpan(target.span, "claims what is claimed already")],
      help: "give them disjoint targets",
      notes: ["llm-compressor replaces the first scheme by the second"]
    )
  }

  static func schemeAndGroups(_ scheme: SourceSpan, groups: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("scheme-and-groups"),
      "scheme and config_groups are both given",
      at: scheme,
      label: "one way",
      secondary: [LabelledSpan(groups, "the other way")],
      help: "keep one of them"
    )
  }

  static func severalStages(_ name: Spanned<String>, first: Spanned<String>) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("several-stages"),
      "stages do not separate work: all modifiers are planned together",
      at: name.span,
      label: "one list with stage \"\(first.value)\"",
      secondary: [LabelledSpan(first.span, "first stage")]
    )
  }

  static func unpackedWeights(_ span: SourceSpan, bits: Int) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("unpacked-weights"),
      "weights of \(bits) bits are stored one in a byte when inputs are quantized too",
      at: span,
      label: "format int-quantized follows",
      help: "config_groups with format: pack-quantized stores \(bits) bits for each"
    )
  }

  static func weightsLeftDense(_ span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("weights-left-dense"),
      "without weights a scheme makes no checkpoint smaller",
      at: span,
      label: "format dense follows",
      notes: ["activations are quantized while serving, from the checkpoint's config"]
    )
  }

  static func unknownObserverKey(_ key: Spanned<String>, keys: [String]) -> Diagnostic {
    let nearest = nearestName(to: key.value, among: keys)
    return Diagnostic(
      .error,
      DiagnosticCode("unknown-observer-key"),
      "observer has no key \"\(key.value)\"" + (nearest.map { "; did you mean \($0)?" } ?? ""),
      at: key.span,
      label: "no key of this name",
      notes: ["it has \(keys.joined(separator: ", "))"],
      fixIts: FieldDiagnostics.replacement(nearest, for: key)
    )
  }

  static func unknownScheme(_ name: Spanned<String>, _ presets: [PresetEntry]) -> Diagnostic {
    let nearest = nearestName(to: name.value, among: presets.map(\.name))
    return Diagnostic(
      .error,
      DiagnosticCode("unknown-scheme"),
      "scheme \"\(name.value)\" does not exist" + (nearest.map { "; did you mean \($0)?" } ?? ""),
      at: name.span,
      label: "no scheme of this name",
      notes: ["docs/language.md lists them all; config_groups describes one of your own"],
      fixIts: FieldDiagnostics.replacement(nearest, for: name)
    )
  }
}
