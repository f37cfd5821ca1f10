internal import Checkpoints
internal import Diagnostics
internal import Models
internal import RecipeGrammar
internal import Recipes
internal import Vocabulary

/// Looks for heads, routers, embeddings and vision layers that a target matches without naming them.
enum RoleCheck {
  /// Checks what is quantized.
  static func checkClaims(_ claims: ClaimResolution, _ context: inout PlanningContext) {
    for finding in findings(claims, context.modules) {
      let stage = context.graph.quantization[finding.claim.stage]
      let module = context.modules[finding.modules[0]]
      if finding.role == .head, finding.claim.target.value == .name(module.className),
        let runtime = context.request.runtime, runtime.findsHeadByName
      {
        context.report(
          RuntimeDiagnostics.headNotNamed(
            finding.claim.target,
            name: module.name,
            runtime: runtime,
            ignore: IgnoreList(stage.ignored, modifier: stage.modifier.span, file: context.file)
          )
        )
        continue
      }
      context.report(
        RoleDiagnostics.reached(
          finding.role,
          by: finding.claim.target,
          modules: finding.modules.map { context.modules[$0].name },
          addedBytes: addedBytes(finding, context),
          ignore: IgnoreList(stage.ignored, modifier: stage.modifier.span, file: context.file)
        )
      )
    }
  }

  /// Checks what is pruned: the head differs from the layers of the blocks.
  static func checkPruning(_ pruning: PruningResolution, _ context: inout PlanningContext) {
    for (stage, found) in zip(context.graph.pruning, pruning.stages) where stage.method != .constant {
      let left = Dictionary(grouping: found.leftAlone.keys.sorted()) { context.modules[$0].role }
      for role in [ModuleRole.router, .vision] {
        guard let layers = left[role], let target = layers.first.flatMap({ found.leftAlone[$0] }) else { continue }
        context.report(
          RoleDiagnostics.reached(
            role,
            by: target,
            modules: layers.map { context.modules[$0].name },
            addedBytes: nil,
            ignore: IgnoreList(stage.ignored, modifier: stage.modifier.span, file: context.file)
          )
        )
      }
      for (layer, target) in found.layers.sorted(by: { $0.key < $1.key }) {
        let module = context.modules[layer]
        guard module.role == .head, !target.value.names(module) else { continue }
        context.report(
          RoleDiagnostics.headIsPruned(
            target,
            name: module.name,
            isTied: isTied(module.name, context),
            ignore: IgnoreList(stage.ignored, modifier: stage.modifier.span, file: context.file)
          )
        )
      }
    }
  }

  private struct Finding {
    let role: ModuleRole
    let claim: ClaimResolution.Claim
    var modules: [Int]
  }

  /// Modules with a role by stage, target and role, in model order.
  private static func findings(_ claims: ClaimResolution, _ modules: [Module]) -> [Finding] {
    var findings: [Finding] = []
    let left = Dictionary(claims.leftAlone.map { ($0.module, $0.claim) }) { first, _ in first }
    for index in (Array(claims.claims.keys) + left.keys).sorted() {
      guard let role = modules[index].role, let claim = claims.claims[index] ?? left[index],
        !claim.target.value.names(modules[index]),
        claim.target.value != .name(modules[index].className) || role != .embedding
      else { continue }
      let place = findings.firstIndex {
        $0.role == role && $0.claim.stage == claim.stage && $0.claim.target.span == claim.target.span
      }
      if let place {
        findings[place].modules.append(index)
      } else {
        findings.append(Finding(role: role, claim: claim, modules: [index]))
      }
    }
    return findings
  }

  private static func isTied(_ head: String, _ context: PlanningContext) -> Bool {
    guard let decoder = context.outline.decoder else { return false }
    return decoder.head == nil && decoder.headName == head
  }

  /// Bytes that a tied head takes once it is quantized and no longer the embedding; nil for other modules.
  private static func addedBytes(_ finding: Finding, _ context: PlanningContext) -> Int? {
    guard finding.role == .head, let layer = context.modules[finding.modules[0]].linear, isTied(layer.name, context)
    else { return nil }
    let group = context.graph.quantization[finding.claim.stage].groups[finding.claim.group]
    let linear = try? CompressedLinear(
      rowCount: layer.rows,
      columnCount: layer.columns,
      hasBias: layer.hasBias,
      elementType: context.outline.elementType,
      scheme: group.scheme.value
    )
    return linear?.descriptions(module: layer.name).map(\.byteCount).reduce(0, +)
  }
}
