import Diagnostics
import RecipeGrammar
import Syntax
import Vocabulary

/// Reads a modifier that smooths.
struct SmoothingReader {
  let modifier: RecipeDocument.Modifier
  let values: FieldValues

  /// The stage, or nil after a report of what is wrong with it.
  func read(_ context: inout CheckContext) -> SmoothingStage? {
    let before = context.diagnostics.count
    let mappings = values.node("mappings").map { node in
      modifier.entry.method == .awq ? balanceMappings(node, &context) : smoothingMappings(node, &context)
    }
    if let mappings, mappings.isEmpty, !context.hasErrors(since: before) {
      context.report(TransformDiagnostics.noMapping(modifier.name, at: values.place("mappings")))
    }
    let ignored = TargetReader().read(values.strings("ignore") ?? [], isIgnored: true, &context)
    checkGrid(&context)
    if values.hasFailed || context.hasErrors(since: before) { return nil }
    return SmoothingStage(modifier: modifier.name, method: method, mappings: mappings, ignored: ignored)
  }

  private var method: SmoothingMethod {
    if modifier.entry.method == .awq {
      return .awq(
        AWQParameters(
          gridSize: values.integer("n_grid") ?? 0,
          duoScaling: values.string("duo_scaling").flatMap(AWQParameters.DuoScaling.init) ?? .on
        )
      )
    }
    if values.string("algorithm") == "log_equalization" { return .logarithmicEqualization }
    return .smoothQuant(strength: values.number("smoothing_strength") ?? 0)
  }

  /// Two searches share the candidates, and each needs two.
  private func checkGrid(_ context: inout CheckContext) {
    guard modifier.entry.method == .awq, values.string("duo_scaling") == "both",
      let size = values.integer("n_grid"), size < Self.leastSharedGrid
    else { return }
    context.report(TransformDiagnostics.gridTooSmall(values.place("n_grid"), size: size, least: Self.leastSharedGrid))
  }

  /// Candidates when both kinds of factors are tried, at least.
  private static let leastSharedGrid = 4

  private func balanceMappings(_ node: SyntaxNode, _ context: inout CheckContext) -> [SmoothingMapping] {
    (node.sequence?.items ?? []).compactMap { item in
      guard let mapping = item.mapping else {
        context.report(TransformDiagnostics.balanceMappingForm(item, pair: Self.pair(item)))
        return nil
      }
      let fields = FieldValues(
        mapping,
        of: "a mapping",
        entries: context.grammar.balanceMappingFields,
        &context
      )
      guard !fields.hasFailed, let smooth = fields.given("smooth_layer"),
        let balance = fields.strings("balance_layers")
      else { return nil }
      return resolved(
        smooth,
        balance,
        hook: fields.given("activation_hook_target"),
        span: item.span,
        &context
      )
    }
  }

  private func smoothingMappings(_ node: SyntaxNode, _ context: inout CheckContext) -> [SmoothingMapping] {
    (node.sequence?.items ?? []).compactMap { item in
      if let pair = Self.pair(item) {
        return resolved(pair.smooth, pair.balance, hook: nil, span: item.span, &context)
      }
      context.report(TransformDiagnostics.smoothingMappingForm(item, reversed: Self.reversedPair(item), context.file))
      return nil
    }
  }

  private func resolved(
    _ smooth: Spanned<String>,
    _ balance: [Spanned<String>],
    hook: Spanned<String>?,
    span: SourceSpan,
    _ context: inout CheckContext
  ) -> SmoothingMapping? {
    if balance.isEmpty {
      context.report(TransformDiagnostics.noBalanceLayer(span))
      return nil
    }
    let reader = TargetReader()
    guard let target = reader.read([smooth], isIgnored: false, &context).first else { return nil }
    return SmoothingMapping(
      smooth: target,
      balance: reader.read(balance, isIgnored: false, &context),
      activationHook: hook,
      span: span
    )
  }

  /// `[[balance, …], smooth]`; the list of one layer may be the layer alone, and smooth a list of one.
  private static func pair(_ node: SyntaxNode) -> (balance: [Spanned<String>], smooth: Spanned<String>)? {
    guard let items = node.sequence?.items, items.count == 2, let balance = texts(items[0]),
      let smooth = texts(items[1]), smooth.count == 1
    else { return nil }
    return (balance, smooth[0])
  }

  /// `[smooth, [balance, …]]` with more than one layer in the list, which can only be the wrong way round.
  private static func reversedPair(_ node: SyntaxNode) -> (smooth: SyntaxNode, balance: SyntaxNode)? {
    guard let items = node.sequence?.items, items.count == 2, items[0].scalar != nil, texts(items[1]) != nil else {
      return nil
    }
    return (items[0], items[1])
  }

  private static func texts(_ node: SyntaxNode) -> [Spanned<String>]? {
    if let scalar = node.scalar { return LaxCoercion.string(scalar).map { [Spanned($0, at: scalar.span)] } }
    guard let items = node.sequence?.items else { return nil }
    let texts = items.compactMap { item in
      item.scalar.flatMap { scalar in LaxCoercion.string(scalar).map { Spanned($0, at: scalar.span) } }
    }
    return texts.count == items.count ? texts : nil
  }
}
