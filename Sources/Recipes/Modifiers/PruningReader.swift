import Diagnostics
import RecipeGrammar
import Vocabulary

/// Reads a modifier that sets weights to zero.
struct PruningReader {
  let modifier: RecipeDocument.Modifier
  let values: FieldValues

  /// The stage, or nil after a report of what is wrong with it.
  func read(_ context: inout CheckContext) -> PruningStage? {
    let before = context.diagnostics.count
    let structure = values.has("mask_structure") ? values.mask("mask_structure") ?? .unstructured : .unstructured
    let sparsity = values.hasFailed ? nil : sparsity(structure, &context)
    checkTraining(&context)
    checkBlocks(structure, &context)
    checkReport(&context)
    let targets = targets(&context)
    let ignored = ignored(targets, &context)
    if values.hasFailed || context.hasErrors(since: before) { return nil }
    guard let sparsity else { return nil }
    return PruningStage(
      modifier: modifier.name,
      method: method,
      sparsity: sparsity,
      structure: structure,
      targets: targets,
      ignored: ignored
    )
  }

  private var method: PruningMethod {
    switch modifier.entry.method {
    case .wanda: .wanda
    case .magnitude: .magnitude
    case .constant: .constant
    case .reap: .reap
    default:
      .sparseGPT(
        SparseGPTParameters(
          blockSize: values.integer("block_size") ?? 0,
          dampeningFraction: values.number("dampening_frac") ?? 0,
          preservesMask: values.boolean("preserve_sparsity_mask") ?? false
        )
      )
    }
  }

  private func sparsity(_ structure: MaskStructure, _ context: inout CheckContext) -> Spanned<Sparsity>? {
    let name = modifier.name.span
    switch modifier.entry.method {
    case .constant: return Spanned(.uniform(0), at: name)
    case .reap:
      return values.number("sparsity").map { Spanned(.uniform($0), at: values.place("sparsity")) }
    case .magnitude:
      guard let fraction = values.number("final_sparsity") else { return nil }
      let span = values.place("final_sparsity")
      if case .nOfM(let zeros, let size) = structure {
        return implied(zeros, of: size, given: .uniform(fraction), at: span, &context)
      }
      return nonzero(.uniform(fraction), at: span, &context)
    default:
      let given = values.sparsity("sparsity")
      let span = values.place("sparsity")
      if case .nOfM(let zeros, let size) = structure {
        checkProfile(&context)
        return implied(zeros, of: size, given: given, at: span, &context)
      }
      guard let given else {
        context.report(PruningDiagnostics.missingSparsity(modifier.name, at: span))
        return nil
      }
      return outlierWeighted(given, at: span, &context)
    }
  }

  /// The fraction that a pattern implies; one that disagrees with it would be ignored.
  private func implied(
    _ zeros: Int,
    of size: Int,
    given: Sparsity?,
    at span: SourceSpan,
    _ context: inout CheckContext
  ) -> Spanned<Sparsity> {
    let fraction = Double(zeros) / Double(size)
    let given: [Double] =
      switch given {
      case .uniform(let value)?: [value]
      case .perLayer(let values)?: values
      default: []
      }
    // Tools write 0 where they mean nothing.
    if let other = given.first(where: { abs($0 - fraction) > Self.fractionTolerance && $0 != 0 }) {
      context.report(
        PruningDiagnostics.sparsityContradictsMask(
          Spanned(other, at: span),
          mask: "\(zeros):\(size)",
          implied: fraction,
          maskSpan: values.place("mask_structure")
        )
      )
    }
    return Spanned(.uniform(fraction), at: span)
  }

  /// How far a fraction may lie from that of a pattern, since people write 0.33 for 1:3.
  private static let fractionTolerance = 0.01

  private func nonzero(
    _ sparsity: Sparsity,
    at span: SourceSpan,
    _ context: inout CheckContext
  ) -> Spanned<Sparsity>? {
    let isNothing =
      switch sparsity {
      case .uniform(let fraction): fraction == 0
      case .perLayer(let fractions): fractions.allSatisfy { $0 == 0 }
      case .outlierWeighted: false
      }
    if isNothing { context.report(PruningDiagnostics.nothingToPrune(modifier.name, at: span)) }
    return isNothing ? nil : Spanned(sparsity, at: span)
  }

  /// OWL needs its profile and both numbers, or none of the three.
  private func outlierWeighted(
    _ given: Sparsity,
    at span: SourceSpan,
    _ context: inout CheckContext
  ) -> Spanned<Sparsity>? {
    let parts = [
      ("sparsity_profile", values.given("sparsity_profile") != nil), ("owl_m", values.number("owl_m") != nil),
      ("owl_lmbda", values.number("owl_lmbda") != nil),
    ]
    guard let first = parts.first(where: \.1) else { return nonzero(given, at: span, &context) }
    let missing = parts.filter { !$0.1 }.map(\.0)
    guard missing.isEmpty, let threshold = values.number("owl_m"), let spread = values.number("owl_lmbda") else {
      context.report(
        PruningDiagnostics.incompleteProfile(values.place(first.0), given: first.0, missing: missing)
      )
      return nil
    }
    guard case .uniform(let mean) = given else {
      context.report(PruningDiagnostics.profileWithList(span, profile: values.place("sparsity_profile")))
      return nil
    }
    return Spanned(
      .outlierWeighted(OutlierWeighting(mean: mean, threshold: threshold, spread: spread)),
      at: span
    )
  }

  private func checkProfile(_ context: inout CheckContext) {
    if let profile = values.given("sparsity_profile") {
      context.report(PruningDiagnostics.profileWithMask(profile.span, mask: values.place("mask_structure")))
    }
  }

  /// Numbers of a schedule that one shot does not have.
  private func checkTraining(_ context: inout CheckContext) {
    switch modifier.entry.method {
    case .magnitude:
      context.report(PruningDiagnostics.oneShot(modifier.name, meaning: "prunes once, at final_sparsity"))
      if values.boolean("apply_globally") == true {
        context.report(PruningDiagnostics.globalThreshold(values.place("apply_globally")))
      }
    case .constant: context.report(PruningDiagnostics.oneShot(modifier.name, meaning: "keeps the zeros that are there"))
    default: break
    }
  }

  /// A mask that is chosen block by block must not straddle two blocks.
  private func checkBlocks(_ structure: MaskStructure, _ context: inout CheckContext) {
    guard modifier.entry.method == .sparseGPT, case .nOfM(_, let size) = structure,
      let block = values.integer("block_size"), block % size != 0
    else { return }
    context.report(
      PruningDiagnostics.blockCutsPattern(
        values.isGiven("block_size") ? values.place("block_size") : values.place("mask_structure"),
        block: block,
        pattern: size
      )
    )
  }

  private func checkReport(_ context: inout CheckContext) {
    guard modifier.entry.method == .reap, let path = values.given("report_path"), !path.value.hasSuffix(".json") else {
      return
    }
    context.report(PruningDiagnostics.reportPath(path))
  }

  private func targets(_ context: inout CheckContext) -> [Spanned<Target>] {
    guard values.has("targets") else { return [] }
    let texts = values.names("targets", at: modifier.name.span)
    if values.isScalar("targets"), method.takesListsOnly, let text = texts.first {
      context.report(PruningDiagnostics.targetsAsString(text))
    }
    return TargetReader().read(texts, isIgnored: false, &context)
  }

  private func ignored(_ targets: [Spanned<Target>], _ context: inout CheckContext) -> [Spanned<Target>] {
    let texts = values.strings("ignore") ?? []
    if modifier.entry.method == .reap {
      for text in texts where text.value.hasPrefix(Target.patternPrefix) {
        context.report(PruningDiagnostics.searchedPattern(text))
      }
      return texts.map { Spanned(.pattern(".*" + $0.value), at: $0.span) }
    }
    let ignored = TargetReader().read(texts, isIgnored: true, &context)
    // The other tool looks for `<name>.` when a layer is a target itself, so exact names never match.
    if method.takesListsOnly, targets.contains(where: { $0.value == .name("Linear") }) {
      for entry in ignored {
        if case .name = entry.value { context.report(PruningDiagnostics.ignoredByPareOnly(entry)) }
      }
    }
    return ignored
  }
}

extension PruningMethod {
  /// Whether llm-compressor takes a string of targets apart into characters.
  fileprivate var takesListsOnly: Bool {
    switch self {
    case .sparseGPT, .wanda: true
    case .magnitude, .constant, .reap: false
    }
  }
}
