internal import Diagnostics
internal import Vocabulary

/// What can be wrong with targets and `ignore` entries once the modules are known.
enum ClaimDiagnostics {
  typealias Group = (name: String, target: Spanned<Target>)

  static func groupsOverlap(_ module: String, count: Int, winner: Group, loser: Group) -> Diagnostic {
    let isWinnerLater = winner.target.span.start > loser.target.span.start
    let (later, earlier) = isWinnerLater ? (winner, loser) : (loser, winner)
    let what = count == 1 ? module : "\(count) modules, such as \(module),"
    return Diagnostic(
      .warning,
      DiagnosticCode("groups-overlap"),
      "\(what) \(count == 1 ? "matches" : "match") targets of \(earlier.name) and \(later.name); "
        + "\(winner.name) gets \(count == 1 ? "it" : "them")",
      at: later.target.span,
      label: isWinnerLater ? "wins" : "loses",
      secondary: [LabelledSpan(earlier.target.span, isWinnerLater ? "loses" : "wins")],
      help: "write targets that do not overlap",
      notes: [
        "a name wins over a pattern and a pattern over a class; among equals the alphabet decides, whatever the order "
          + "of the recipe"
      ]
    )
  }

  static func ignoreMatchesNothing(_ entry: Spanned<Target>, offer: TargetOffer?, in file: SourceFile) -> Diagnostic {
    Diagnostic(
      .warning,
      DiagnosticCode("ignore-matches-nothing"),
      "ignore entry \"\(entry.value)\" matches no module of the model" + question(offer),
      at: entry.span,
      label: "no module of this name, class or pattern",
      fixIts: fixIts(entry, offer, in: file)
    )
  }

  static func layerPrunedTwice(
    _ layer: String,
    count: Int,
    by target: Spanned<Target>,
    and other: Spanned<Target>
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("layer-pruned-twice"),
      "two modifiers prune \(several(layer, count))",
      at: target.span,
      label: "pruned here",
      secondary: [LabelledSpan(other.span, "and here")],
      help: "make the targets disjoint, or list the layers under one modifier's ignore"
    )
  }

  static func moduleClaimedTwice(
    _ module: String,
    count: Int,
    by target: Spanned<Target>,
    and other: Spanned<Target>
  ) -> Diagnostic {
    Diagnostic(
      .error,
      DiagnosticCode("module-claimed-twice"),
      "two modifiers quantize \(several(module, count))",
      at: target.span,
      label: "claimed here",
      secondary: [LabelledSpan(other.span, "and here")],
      help: "make the targets disjoint, or list the modules under one modifier's ignore"
    )
  }

  static func patternReachesFurther(
    _ target: Spanned<Target>,
    layer: LayerNumber,
    others: [Int],
    moduleCount: Int,
    of count: Int,
    in file: SourceFile
  ) -> Diagnostic {
    let text = RecipeText(file: file)
    let prefix = Target.patternPrefix.utf8.count
    let place = layer.dot ?? layer.digits.upperBound..<layer.digits.upperBound
    let edit = text.place(of: place.lowerBound + prefix..<place.upperBound + prefix, in: target)
      .map { TextEdit($0, "[.]") }
    return Diagnostic(
      .warning,
      DiagnosticCode("pattern-reaches-further"),
      "pattern \"\(target.value)\" also matches \(layers(others)): \(moduleCount) of its \(count) modules",
      at: target.span,
      label: "layer \(layer.value) and more",
      notes: ["a pattern may end before the name does, and a dot stands for any character"],
      fixIts: edit.map { [FixIt("end the number with a dot", .unsafe, edits: [$0])] } ?? []
    )
  }

  static func targetMatchesNothing(
    _ target: Spanned<Target>,
    severity: Severity,
    offer: TargetOffer?,
    example: String?,
    in file: SourceFile
  ) -> Diagnostic {
    Diagnostic(
      severity,
      DiagnosticCode("target-matches-nothing"),
      "target \"\(target.value)\" matches no module of the model" + question(offer),
      at: target.span,
      label: "no module of this name, class or pattern",
      notes: example.map { ["names look like \($0); a pattern starts with re: and must match from the start"] } ?? [],
      fixIts: fixIts(target, offer, in: file)
    )
  }

  /// Targets of one list that name parameters, at least one; `module` is one that the first means.
  static func targetNamesParameter(
    _ targets: [Spanned<Target>],
    module: String,
    isUnderstood: Bool,
    in file: SourceFile
  ) -> Diagnostic {
    let text = RecipeText(file: file)
    let first = targets[0]
    let endings = targets.map { ParameterEnding(of: $0.value.description) }
    let place = endings[0].flatMap { text.place(of: $0.range, in: first) }
    let edits = zip(targets, endings).compactMap { target, ending in
      ending.flatMap { text.replacement(of: target, with: $0.module) }
    }
    let isOne = targets.count == 1
    return Diagnostic(
      isUnderstood ? .warning : .error,
      DiagnosticCode("target-names-parameter"),
      isOne
        ? "target \"\(first.value)\" names a parameter; targets are modules"
        : "\(targets.count) targets, such as \"\(first.value)\", name parameters; targets are modules",
      at: place ?? first.span,
      label: isUnderstood ? "read as \(module) and the like" : "no module ends so",
      help: edits.isEmpty ? "name the modules, such as \(module), or their class" : nil,
      fixIts: edits.isEmpty
        ? []
        : [
          FixIt(
            isOne ? "write \(endings[0]?.module ?? "")" : "leave the endings out",
            isUnderstood ? .safe : .unsafe,
            edits: edits
          )
        ]
    )
  }

  /// A target all of whose modules have nothing to work on.
  static func targetWithoutWeights(_ target: Spanned<Target>, className: String, _ work: TargetWork) -> Diagnostic {
    let (code, verb) =
      switch work {
      case .quantizing, .quantizingActivations: (DiagnosticCode("target-not-quantizable"), "quantize")
      case .pruning, .masking: (DiagnosticCode("target-not-prunable"), "prune")
      case .rotating: (DiagnosticCode("target-not-rotatable"), "rotate")
      }
    return Diagnostic(
      .error,
      code,
      "target \"\(target.value)\" matches only modules that have no weights to \(verb), such as \(className)",
      at: target.span,
      label: "no Linear among its matches",
      help: "name Linear modules, for example with re:.*mlp.*_proj$"
    )
  }

  private static func question(_ offer: TargetOffer?) -> String {
    offer.map { "; did you mean \($0.text)?" } ?? ""
  }

  private static func fixIts(_ target: Spanned<Target>, _ offer: TargetOffer?, in file: SourceFile) -> [FixIt] {
    guard let offer, let edit = RecipeText(file: file).replacement(of: target, with: offer.text) else { return [] }
    return [FixIt("write \(offer.text)", offer.isCertain ? .safe : .unsafe, edits: [edit])]
  }

  private static func several(_ name: String, _ count: Int) -> String {
    count == 1 ? name : "\(count) modules, such as \(name)"
  }

  private static func layers(_ numbers: [Int]) -> String {
    guard let first = numbers.first, let last = numbers.last, first != last else {
      return "layer \(numbers.first ?? 0)"
    }
    let isRun = last - first + 1 == numbers.count
    return isRun && numbers.count > 2
      ? "layers \(first) to \(last)" : "layers \(numbers.map(String.init).joined(separator: ", "))"
  }
}

/// The end of a target that names a parameter, and the target without it.
private struct ParameterEnding {
  let module: String
  /// Where the parameter's name stands in the target, as UTF-8 offsets.
  let range: Range<Int>

  init?(of text: String) {
    let isEnded = text.hasSuffix("$")
    let open = isEnded ? String(text.dropLast()) : text
    guard let parameter = ["weight", "bias"].first(where: { open.hasSuffix($0) }) else { return nil }
    let start = open.utf8.count - parameter.utf8.count
    var module = String(open.dropLast(parameter.count))
    for separator in ["\\.", "[.]", "."] where module.hasSuffix(separator) {
      module = String(module.dropLast(separator.count))
      let isPattern = text.hasPrefix(Target.patternPrefix)
      // What would be left of `re:.*weight` matches every module.
      guard let last = module.last, last.isLetter || last.isNumber || last == "_" || last == ")" else { return nil }
      self.module = isPattern ? module + "$" : module
      range = start..<start + parameter.utf8.count
      return
    }
    return nil
  }
}
