internal import Diagnostics
internal import Models
internal import Recipes
internal import Vocabulary

/// Holds rotations against the sizes of what they turn.
enum RotationCheck {
  /// Checks every rotation modifier.
  static func check(_ context: inout PlanningContext) {
    for stage in context.graph.rotation {
      let turned =
        switch stage.method {
        case .quip(let sides): layerSizes(sides, stage, &context)
        case .spinQuant(let spaces): spaceSizes(spaces, stage, &context)
        }
      check(turned, stage, &context)
    }
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
      } else if stage.matrix == .hadamard, !isPowerOfTwo(block?.value ?? size) {
        context.report(
          RotationDiagnostics.noHadamardMatrix(
            what: what,
            size: block?.value ?? size,
            largestBlock: size & -size,
            at: block?.span ?? stage.modifier.span
          )
        )
      }
    }
  }

  private static func isPowerOfTwo(_ size: Int) -> Bool { size > 0 && size & (size - 1) == 0 }
}
