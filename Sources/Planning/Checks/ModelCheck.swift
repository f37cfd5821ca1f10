package import Diagnostics
internal import Models
internal import Recipes
internal import Vocabulary

/// What comes of a recipe held against a model.
package struct ModelCheck: Sendable {
  /// What there is to say.
  package let diagnostics: [Diagnostic]
  let checked: CheckedModel
  let context: PlanningContext

  /// The checkpoint that would be written; nil after errors, and where a scheme has no layout.
  package var layout: OutputLayout? { diagnostics.hasErrors ? nil : OutputLayout(checked, context) }

  /// What there is to say of the recipe's text and of the model; where the model has an answer, a guess of the text is left
  /// out.
  package func diagnostics(after text: [Diagnostic]) -> [Diagnostic] {
    text.withoutGuesses(settledBy: diagnostics) + diagnostics
  }

  /// How many modules each target of the quantization stages has, in recipe order; targets that have none are told in the
  /// diagnostics.
  package var resolvedTargets: [ResolvedTarget] {
    var counts: [[Int]: Int] = [:]
    for claim in checked.claims.claims.values {
      counts[[claim.stage, claim.group, claim.target.span.start], default: 0] += 1
    }
    var resolved: [ResolvedTarget] = []
    for (stageIndex, stage) in context.graph.quantization.enumerated() {
      for (groupIndex, group) in stage.groups.enumerated() {
        for target in group.targets {
          guard let count = counts[[stageIndex, groupIndex, target.span.start]] else { continue }
          resolved.append(
            ResolvedTarget(
              modifier: stage.modifier.value,
              scheme: group.preset ?? group.name,
              target: target.value.description,
              moduleCount: count
            )
          )
        }
      }
    }
    return resolved
  }
}

/// A target and how many modules it has in a model.
package struct ResolvedTarget: Hashable, Sendable {
  /// The modifier that has the target.
  package let modifier: String
  /// The preset, or the group's name.
  package let scheme: String
  /// The target as written.
  package let target: String
  /// Modules that go to this target and to no other.
  package let moduleCount: Int
}

/// What all checks found, on the way to a plan.
struct CheckedModel {
  let claims: ClaimResolution
  let pruning: PruningResolution
  /// The places that each smoothing modifier smooths, in recipe order.
  let smoothing: [[SmoothingSite]]
  /// What is rotated; nil where nothing is, or where it is not sound.
  let rotation: RotationPlan?

  /// Runs every check, each on what those before it found sound.
  static func check(_ context: inout PlanningContext) -> CheckedModel {
    if context.outline.decoder == nil {
      context.report(PlanningDiagnostics.unknownArchitecture(modelType: context.outline.modelType))
    }
    if context.outline.hasDerivedShapes { context.report(PlanningDiagnostics.derivedShapes()) }
    let claims = ClaimResolution.resolve(&context)
    let pruning = PruningResolution.resolve(&context)
    checkWork(claims, &context)
    ShapeCheck.checkGroups(claims, &context)
    ShapeCheck.checkPruning(pruning, &context)
    RoleCheck.checkClaims(claims, &context)
    RoleCheck.checkPruning(pruning, &context)
    if claims.isSound {
      FusedSetCheck.check(claims, &context)
      RuntimeCheck.check(claims, &context)
    }
    let rotation = RotationCheck.check(&context)
    let smoothing = SmoothingCheck.check(claims, &context)
    checkParts(&context)
    return CheckedModel(claims: claims, pruning: pruning, smoothing: smoothing, rotation: rotation)
  }

  /// A recipe that asks for quantization must leave something to quantize.
  private static func checkWork(_ claims: ClaimResolution, _ context: inout PlanningContext) {
    let stages = context.graph.quantization
    guard claims.isSound, claims.claims.isEmpty, stages.allSatisfy({ $0.keyValueCache == nil }),
      let stage = stages.first(where: { !$0.groups.isEmpty })
    else { return }
    context.report(PlanningDiagnostics.nothingToCompress(at: stage.modifier.span))
  }

  /// Some work is for parts that not every model has.
  private static func checkParts(_ context: inout PlanningContext) {
    for stage in context.graph.pruning where stage.method == .reap {
      if !context.modules.contains(where: { $0.name.contains(".experts.") }) {
        context.report(PlanningDiagnostics.noExperts(stage.modifier))
      }
    }
    for cache in context.graph.quantization.compactMap(\.keyValueCache) {
      // Keys and values come from layers of these names in every model that llm-compressor quantizes the cache of.
      let writers: Set<Substring> = ["k_proj", "v_proj", "qkv_proj", "kv_b_proj"]
      if !context.modules.contains(where: { writers.contains($0.lastPart) }) {
        context.report(PlanningDiagnostics.noAttention(at: cache.span))
      }
    }
  }
}
