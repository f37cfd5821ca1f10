internal import Diagnostics
internal import Models
internal import Recipes
internal import Vocabulary

/// Finds what this version cannot execute: an error where a plan is asked for, a note where only a check is.
enum ExecutionCheck {
  /// Checks modifiers, schemes and caches.
  static func check(_ claims: ClaimResolution, _ context: inout PlanningContext) {
    let graph = context.graph
    for modifier in graph.rotation.map(\.modifier) + graph.smoothing.map(\.modifier) + graph.pruning.map(\.modifier) {
      report(modifier.value, at: modifier.span, &context)
    }
    for (index, stage) in graph.quantization.enumerated() {
      let modifier = stage.modifier
      if case .autoRound = stage.method {
        report(modifier.value, at: modifier.span, &context)
        continue
      }
      if let cache = stage.keyValueCache {
        report("\(modifier.value) with a quantized key/value cache", at: cache.span, &context)
      }
      for group in stage.groups {
        guard let gap = SchemeSupport.gap(in: group.scheme.value, context.request.grammar) else { continue }
        report("\(modifier.value) with \(gap)", at: group.scheme.span, &context)
      }
      let embedding = claims.claims.filter { $0.value.stage == index && context.modules[$0.key].linear == nil }
        .min { $0.key < $1.key }
      if let embedding {
        report("\(modifier.value) on embeddings", at: embedding.value.target.span, &context)
      }
    }
  }

  private static func report(_ what: String, at span: SourceSpan, _ context: inout PlanningContext) {
    context.report(PlanningDiagnostics.notYetExecutable(what, at: span, severity: context.gapSeverity))
  }
}
