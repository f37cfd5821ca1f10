internal import Checkpoints
internal import Diagnostics
internal import Models
internal import RecipeGrammar
internal import Recipes
internal import Vocabulary

/// Holds rotations against the sizes of what they turn.
enum RotationCheck {
  /// Checks every rotation modifier.
  ///
  /// - Returns: What the first does; nil where there is none, and after a finding.
  static func check(_ context: inout PlanningContext) -> RotationPlan? {
    var plan: RotationPlan?
    for (index, stage) in context.graph.rotation.enumerated() {
      let errors = context.errorCount
      let turned =
        switch stage.method {
        case .quip(let sides): layerSizes(sides, stage, &context)
        case .spinQuant(let spaces): spaceSizes(spaces, stage, &context)
        }
      check(turned, stage, &context)
      guard context.errorCount == errors, let found = RotationPlan.resolve(stage, on: context.outline) else { continue }
      checkServing(found, stage, &context)
      if index == 0 { plan = found }
    }
    return plan
  }

  /// Says who cannot serve what remains for run time.
  private static func checkServing(_ plan: RotationPlan, _ stage: RotationStage, _ context: inout PlanningContext) {
    let groups = plan.transforms.groups
    if groups.isEmpty { return }
    guard let runtime = context.request.runtime else {
      context.report(RotationDiagnostics.onlineRotation(stage.modifier, groups: groups.map(\.name)))
      return
    }
    guard runtime.rotations.contains(stage.matrix) else {
      context.report(
        RotationDiagnostics.runtimeMisappliesRotation(stage, groups: groups.map(\.name), runtime: runtime)
      )
      return
    }
    // Runtimes hook into layers; what stands between them and attention has no hook.
    let attention: Set<TransformConfig.Location> = [.queries, .keyCache]
    let left = groups.filter { $0.applications.contains { attention.contains($0.location) } }.map(\.name)
    guard !left.isEmpty else { return }
    context.report(RotationDiagnostics.onlineRotation(stage.modifier, groups: left, runtime: runtime))
  }

  /// Something that is rotated, its size, and whether that is done in blocks when the recipe says so.
  private typealias Turned = (what: String, size: Int, isBlocked: Bool)

  private static func layerSizes(
    _ sides: [QuIPRotation],
    _ stage: RotationStage,
    _ context: inout PlanningContext
  ) -> [Turned] {
    let ignored = context.ignored(by: stage.ignored)
    var turned: [Turned] = []
    for (_, matches) in context.resolve(stage.targets, for: .rotating) {
      for match in matches where ignored[match.module] == nil {
        guard let layer = context.modules[match.module].linear else { continue }
        if sides.contains(.v) { turned.append(("the input of \(layer.name)", layer.columns, true)) }
        if sides.contains(.u) { turned.append(("the output of \(layer.name)", layer.rows, true)) }
      }
    }
    return turned
  }

  private static func spaceSizes(
    _ spaces: [SpinQuantRotation],
    _ stage: RotationStage,
    _ context: inout PlanningContext
  ) -> [Turned] {
    guard let decoder = context.outline.decoder else {
      context.report(
        RotationDiagnostics.rotationNeedsArchitecture(stage.modifier, modelType: context.outline.modelType)
      )
      return []
    }
    guard RotatableBlock.all(of: decoder) != nil else {
      context.report(RotationDiagnostics.familyNotRotatable(stage.modifier, family: decoder.family))
      return []
    }
    let numbers = decoder.configuration
    return spaces.map { space in
      switch space {
      case .residual: ("the residual stream", numbers.hiddenSize, true)
      case .values: ("a head's values", numbers.headDimension, false)
      case .queriesAndKeys: ("a head's queries and keys", numbers.headDimension, true)
      case .downProjection: ("the input of the down projection", numbers.feedForwardSize, true)
      }
    }
  }

  private static func check(_ turned: [Turned], _ stage: RotationStage, _ context: inout PlanningContext) {
    var reported: Set<Int> = []
    for (what, size, isBlocked) in turned where reported.insert(size).inserted {
      let others = turned.count { $0.size == size } - 1
      let what = others > 0 ? "\(what) and \(others) more" : what
      let block = isBlocked ? stage.blockSize : nil
      if let block, size % block.value != 0 {
        context.report(RotationDiagnostics.blockDoesNotDivide(block, what: what, size: size))
      } else if !exists(stage.matrix, size: block?.value ?? size) {
        context.report(
          RotationDiagnostics.noHadamardMatrix(
            stage.matrix,
            what: what,
            size: block?.value ?? size,
            largestBlock: isBlocked ? size & -size : 1,
            at: block?.span ?? stage.modifier.span
          )
        )
      }
    }
  }

  private static func exists(_ matrix: RotationMatrix, size: Int) -> Bool {
    switch matrix {
    case .hadamard: size > 0 && size & (size - 1) == 0
    case .randomHadamard: HadamardOrder(size) != nil
    case .randomMatrix: true
    }
  }
}
