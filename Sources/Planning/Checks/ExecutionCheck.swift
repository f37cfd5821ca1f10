internal import Diagnostics
internal import Models
internal import RecipeGrammar
internal import Recipes
internal import Vocabulary

/// Finds what this version cannot execute: an error where a plan is asked for, a note where only a check is.
enum ExecutionCheck {
  /// Checks modifiers, schemes and caches.
  static func check(_ checked: CheckedModel, _ context: inout PlanningContext) {
    let graph = context.graph
    let claims = checked.claims
    for stage in graph.pruning where stage.method == .reap {
      report(stage.modifier.value, at: stage.modifier.span, &context)
    }
    for (index, stage) in graph.rotation.enumerated() {
      guard let gap = RotationGaps.gap(in: stage, isFirst: index == 0, context.outline) else { continue }
      report("\(stage.modifier.value) \(gap.text)", at: gap.span, &context)
    }
    if let rotation = checked.rotation {
      let gaps = RotationGaps(rotation, graph, context.modules).gaps(checked)
      for gap in gaps { report(gap.text, at: gap.span, &context) }
    }
    for (index, stage) in graph.quantization.enumerated() {
      let modifier = stage.modifier
      if case .autoRound = stage.method {
        report(modifier.value, at: modifier.span, &context)
        continue
      }
      if let cache = stage.keyValueCache,
        let gap = SchemeSupport.gap(inAttention: cache.value, context.request.grammar)
      {
        report("\(modifier.value) with a key/value cache of \(gap)", at: cache.span, &context)
      }
      for (place, group) in stage.groups.enumerated() where group.scheme.value != QuantizationScheme() {
        let members = claims.members[ClaimResolution.GroupPlace(stage: index, group: place)] ?? []
        let isAttention = !members.isEmpty && members.allSatisfy { context.modules[$0].isAttention }
        guard let gap = gap(in: group.scheme.value, isAttention: isAttention, context.request.grammar) else { continue }
        report("\(modifier.value) with \(gap)", at: group.scheme.span, &context)
      }
    }
  }

  private static func gap(in scheme: QuantizationScheme, isAttention: Bool, _ grammar: Grammar) -> String? {
    guard isAttention, let inputs = scheme.inputActivations else { return SchemeSupport.gap(in: scheme, grammar) }
    return SchemeSupport.gap(inAttention: inputs, grammar).map { "attention inputs of \($0)" }
  }

  private static func report(_ what: String, at span: SourceSpan, _ context: inout PlanningContext) {
    context.report(PlanningDiagnostics.notYetExecutable(what, at: span, severity: context.gapSeverity))
  }
}

extension Module {
  /// Whether it is an attention module, told by its class.
  var isAttention: Bool {
    guard case .other = kind else { return false }
    return className.lowercased().contains("attention")
  }
}
