internal import Diagnostics
internal import Models
internal import Vocabulary

/// What can be wrong with sizes.
enum ShapeDiagnostics {
  static func embeddingInputs(_ name: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("embedding-inputs"),
      "the inputs of \(name) are token numbers, which cannot be quantized",
      at: span,
      label: "quantizes inputs",
      help: "give embeddings a group of their own, without input_activations"
    )
  }

  /// Modules whose columns do not divide into groups, at least one; `offer` is a size that divides all.
  static func groupSizeDoesNotDivide(
    _ modules: [Module],
    groupSize: Int,
    offer: Int?,
    at span: SourceSpan
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("group-size-does-not-divide"),
      "group_size \(groupSize) " + misfit(modules, size: groupSize),
      at: span,
      label: "groups of \(groupSize) columns",
      help: offer == nil
        ? "list the modules under ignore, or use a scheme with one scale a channel"
        : "choose a size that divides, or list the modules under ignore",
      notes: [example(modules)],
      fixIts: offer.map { [FixIt("write \($0), which divides all", .unsafe, edits: [TextEdit(span, "\($0)")])] } ?? []
    )
  }

  /// Modules whose columns do not divide into those of a pattern, at least one.
  static func maskDoesNotDivide(_ modules: [Module], structure: MaskStructure, at span: SourceSpan) -> Diagnostic {
    guard case .nOfM(let zeros, let size) = structure else { preconditionFailure("only n:m needs columns to divide") }
    return Diagnostic(
      .error,
      DiagnosticCode("mask-does-not-divide"),
      "the pattern \(zeros):\(size) " + misfit(modules, size: size),
      at: span,
      label: "prunes \(zeros) of every \(size) columns",
      help: "list the modules under ignore, or choose another mask_structure",
      notes: [example(modules)]
    )
  }

  static func sparsityListLength(_ count: Int, layers: Int, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("sparsity-list-length"),
      "sparsity lists \(count) \(count == 1 ? "fraction" : "fractions") for \(layers) "
        + "\(layers == 1 ? "target layer" : "target layers")",
      at: span,
      label: "one for each layer",
      notes: ["the modules that targets match are counted in model order, less those that are ignored"]
    )
  }

  /// Which widths a size exceeds and which it does not divide, with counts: `exceeds the 256 columns of 12 modules`.
  private static func misfit(_ modules: [Module], size: Int) -> String {
    let widths = Dictionary(grouping: modules, by: \.columnCount).mapValues(\.count)
    let narrow = widths.keys.filter { $0 < size }.sorted()
    let uneven = widths.keys.filter { $0 > size }.sorted()
    // Columns and modules are called so once, at the first width.
    func list(_ columns: [Int], isFirst: Bool) -> String {
      let shown = columns.prefix(widthsShown).enumerated().map { index, width in
        let count = widths[width] ?? 0
        guard isFirst, index == 0 else { return "the \(width) of \(count)" }
        return "the \(width) columns of \(count) \(count == 1 ? "module" : "modules")"
      }
      if columns.count > widthsShown { return "\(shown.joined(separator: ", ")) and other widths" }
      return shown.count > 1 ? "\(shown.dropLast().joined(separator: ", ")) and \(shown[shown.count - 1])" : shown[0]
    }
    let parts = [
      narrow.isEmpty ? nil : "exceeds \(list(narrow, isFirst: true))",
      uneven.isEmpty ? nil : "does not divide \(list(uneven, isFirst: narrow.isEmpty))",
    ]
    return parts.compactMap { $0 }.joined(separator: " and ")
  }

  /// Widths that a message lists at most.
  private static let widthsShown = 3

  private static func example(_ modules: [Module]) -> String {
    modules.count == 1
      ? "the module is \(modules[0].name)" : "the first of the \(modules.count) modules is \(modules[0].name)"
  }
}
