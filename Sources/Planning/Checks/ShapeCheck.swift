internal import Diagnostics
internal import Models
internal import Recipes
internal import Vocabulary

/// Holds group sizes, masks and lists against the sizes of the layers they are for.
enum ShapeCheck {
  /// Checks what is quantized.
  static func checkGroups(_ claims: ClaimResolution, _ context: inout PlanningContext) {
    for (stageIndex, stage) in context.graph.quantization.enumerated() {
      for (groupIndex, group) in stage.groups.enumerated() {
        let place = ClaimResolution.GroupPlace(stage: stageIndex, group: groupIndex)
        let modules = (claims.members[place] ?? []).map { context.modules[$0] }
        if group.scheme.value.inputActivations != nil, let embedding = modules.first(where: { $0.role == .embedding }) {
          context.report(ShapeDiagnostics.embeddingInputs(embedding.name, at: group.scheme.span))
        }
        guard let size = group.scheme.value.weights?.groupSize, size > 0 else { continue }
        let uneven = modules.filter { $0.columnCount % size != 0 }
        guard !uneven.isEmpty else { continue }
        context.report(
          ShapeDiagnostics.groupSizeDoesNotDivide(
            uneven,
            groupSize: size,
            offer: group.groupSizePlace == nil ? nil : largestDivisor(of: modules, below: size),
            at: group.groupSizePlace ?? group.scheme.span
          )
        )
      }
    }
  }

  /// Checks what is pruned.
  static func checkPruning(_ pruning: PruningResolution, _ context: inout PlanningContext) {
    for (stage, found) in zip(context.graph.pruning, pruning.stages) {
      if case .nOfM(_, let size) = stage.structure, stage.method != .reap {
        let uneven = found.layers.keys.sorted().map { context.modules[$0] }.filter { $0.columnCount % size != 0 }
        if !uneven.isEmpty {
          context.report(
            ShapeDiagnostics.maskDoesNotDivide(uneven, structure: stage.structure, at: stage.modifier.span)
          )
        }
      }
      if case .perLayer(let fractions) = stage.sparsity.value, fractions.count != found.targetCount,
        found.targetCount > 0
      {
        context.report(
          ShapeDiagnostics.sparsityListLength(fractions.count, layers: found.targetCount, at: stage.sparsity.span)
        )
      }
    }
  }

  /// The largest usual group size that divides the columns of all modules.
  private static func largestDivisor(of modules: [Module], below limit: Int) -> Int? {
    GroupSizes.usual.last { size in size < limit && modules.allSatisfy { $0.columnCount % size == 0 } }
  }
}

/// Group sizes that kernels are written for.
enum GroupSizes {
  static let usual = [16, 32, 64, 128, 256]
}

extension Module {
  /// Columns of its weights; 0 for a module without any.
  var columnCount: Int {
    switch kind {
    case .linear(let layer): layer.columns
    case .embedding(_, let columns): columns
    case .other: 0
    }
  }

  /// Rows of its weights; 0 for a module without any.
  var rowCount: Int {
    switch kind {
    case .linear(let layer): layer.rows
    case .embedding(let rows, _): rows
    case .other: 0
    }
  }
}
