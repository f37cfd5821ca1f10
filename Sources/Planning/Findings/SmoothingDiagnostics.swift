internal import Diagnostics
internal import Models
internal import Recipes
internal import Vocabulary

/// What can be wrong with mappings once the dataflow is known.
enum SmoothingDiagnostics {
  static func doesNotFeed(
    _ mapping: SmoothingMapping,
    _ found: (producer: String, reader: String),
    count: Int,
    right: SmoothingSite?,
    fix: FixIt?
  ) -> Diagnostic {
    let (producer, reader) = (last(found.producer), last(found.reader))
    return Diagnostic(
      .error,
      DiagnosticCode("smoothing-does-not-reach"),
      "\(producer) does not feed \(reader)" + whereabouts(found.producer, count),
      at: mapping.smooth.span,
      label: "smooth layer",
      secondary: mapping.balance.map { LabelledSpan($0.span, "balance layer") }.prefix(1).map { $0 },
      notes: ["the factors would not cancel, and the model would compute something else"]
        + (right.map { ["\(reader) reads from \(last($0.producer))"] } ?? []),
      fixIts: fix.map { [$0] } ?? []
    )
  }

  static func ignoreLeavesMapping(_ entry: Spanned<Target>, _ site: SmoothingSite) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("ignore-leaves-mapping"),
      "ignore entry \"\(entry.value)\" leaves no mapping out",
      at: entry.span,
      label: "not all of the mapping",
      notes: [
        "a mapping is left out when its smooth layer and all its balance layers are ignored: "
          + ([site.producer] + site.readers.map(\.name)).map(last).joined(separator: ", ")
      ]
    )
  }

  static func layerSmoothedTwice(
    _ producer: String,
    count: Int,
    at span: SourceSpan,
    first: SourceSpan
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("layer-smoothed-twice"),
      "two mappings smooth the output of \(last(producer))" + whereabouts(producer, count),
      at: span,
      label: "smoothed here",
      secondary: [LabelledSpan(first, "and here")],
      help: "keep one of them"
    )
  }

  static func mappingMatchesNothing(_ entry: Spanned<Target>, isWhole: Bool, fix: FixIt?) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("mapping-matches-nothing"),
      isWhole
        ? "the mapping matches no module of the model"
        : "\"\(entry.value)\" of the mapping matches no module of the model",
      at: entry.span,
      label: "no module of this name, class or pattern",
      notes: ["llm-compressor drops a mapping that matches nothing without a word"],
      fixIts: fix.map { [$0] } ?? []
    )
  }

  static func mappingPartlyMatches(
    _ mapping: SmoothingMapping,
    count: Int,
    example: String,
    lacks: String
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("mapping-partly-matches"),
      "\(example) has no \(lacks) in this mapping" + (count > 1 ? ", and \(count - 1) more have none" : ""),
      at: mapping.smooth.span,
      label: "smooth layer",
      secondary: mapping.balance.map { LabelledSpan($0.span, "balance layer") }.prefix(1).map { $0 },
      help: "let the patterns of a mapping match the same blocks"
    )
  }

  static func mappingsNotChecked(_ modifier: Spanned<String>, modelType: String?) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("mappings-not-checked"),
      "whether mappings keep the model's function cannot be checked: Pare does not know its dataflow",
      at: modifier.span,
      label: modelType.map { "model_type \"\($0)\"" } ?? "no model_type"
    )
  }

  static func missesReader(
    _ mapping: SmoothingMapping,
    producer: String,
    readers: [String],
    count: Int,
    fix: FixIt?
  ) -> Diagnostic {
    let names = readers.map(last).joined(separator: " and ")
    return Diagnostic(
      .error,
      DiagnosticCode("mapping-misses-reader"),
      "\(last(producer)) also feeds \(names), which the mapping does not balance" + whereabouts(producer, count),
      at: mapping.balance.last?.span ?? mapping.span,
      label: "does not balance \(names)",
      secondary: [LabelledSpan(mapping.smooth.span, "smooth layer")],
      notes: ["the input of \(names) would be divided and never multiplied back: another function"],
      fixIts: fix.map { [$0] } ?? []
    )
  }

  static func severalSmoothLayers(_ target: Spanned<Target>, names: [String]) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("several-smooth-layers"),
      "the smooth layer of a mapping is one layer, and \"\(target.value)\" matches \(names[0]) and \(names[1])"
        + (names.count > 2 ? " and \(names.count - 2) more of the block" : ""),
      at: target.span,
      label: "\(names.count) in one block",
      help: "write a pattern that matches one layer of a block"
    )
  }

  static func sharedChannels(_ mapping: SmoothingMapping, _ site: SmoothingSite) -> Diagnostic {
    Diagnostic(
      .note,
      DiagnosticCode("shared-smoothing-channels"),
      "each channel of \(last(site.producer)) feeds \(site.repetition) of \(last(site.readers[0].name)), which share one factor",
      at: mapping.smooth.span,
      label: "heads are shared",
      notes: ["llm-compressor leaves such a mapping out with a warning"]
    )
  }

  static func smoothsNothingQuantized(_ span: SourceSpan, _ site: SmoothingSite, severity: Severity) -> Diagnostic {
    let names = site.readers.map { last($0.name) }.joined(separator: ", ")
    return Diagnostic(
      severity,
      DiagnosticCode("smooths-nothing-quantized"),
      "no layer that this smooths is quantized",
      at: span,
      label: "for \(names)",
      help: "quantize the balance layers, or leave the mapping out"
    )
  }

  private static func last(_ name: String) -> String { String(DottedName(name).last) }

  private static func whereabouts(_ name: String, _ count: Int) -> String {
    count > 1 ? " (\(count) times, first at \(name))" : ""
  }
}
