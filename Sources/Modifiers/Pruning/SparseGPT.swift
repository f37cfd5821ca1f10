package import Kernels
package import Tensors
package import Vocabulary

/// One-shot pruning that corrects the weights that stay for those that go.
///
/// - SeeAlso: Frantar and Alistarh, "SparseGPT", arXiv:2301.00774.
package enum SparseGPT {
  /// Prunes a weight matrix against the inputs that a calibration set sends through it.
  ///
  /// - Parameters:
  ///   - weight: `W`, `[rows, columns]`; becomes the pruned weight, exactly zero where it is pruned.
  ///   - factor: Upper Cholesky factor of the inverse Hessian; for an n:m mask, runs of m columns must stand together in
  ///     its order.
  ///   - sparsity: Fraction of each block of columns that becomes zero; an n:m mask has its own.
  ///   - structure: How zeros are arranged.
  ///   - blockSize: Columns whose mask is chosen together.
  ///   - preservesMask: Whether zeros of the input stay zeros and count towards the sparsity.
  ///   - processor: Where to run; rows in parallel.
  /// - Returns: The loss `½ · Σ (w / U_jj)²` over pruned weights.
  /// - Complexity: `O(rows · columns²)` multiply-adds; scratch `rows · columns` floats.
  package static func prune(
    _ weight: inout Matrix,
    factor: InverseFactor,
    sparsity: Double,
    structure: MaskStructure,
    blockSize: Int,
    preservesMask: Bool,
    processor: Processor
  ) -> Double {
    precondition(factor.width == weight.columnCount, "the factor is that of the weight's inputs")
    var visited = weight.columns(in: factor.order, on: processor)
    var kept = visited.withElements { $0.map { UInt8(preservesMask && $0 == 0 ? 0 : 1) } }
    let choice: Processor.MaskChoice
    var block = blockSize
    switch structure {
    case .unstructured: choice = .share(sparsity)
    case .nOfM(let zeros, let size):
      choice = .pattern(zeros: zeros, size: size)
      block = max(blockSize / size, 1) * size
    }
    let rows = weight.rowCount
    let loss = visited.withMutableElements { elements in
      kept.withUnsafeMutableBufferPointer { kept in
        guard let start = elements.baseAddress, let keptStart = kept.baseAddress else { return 0.0 }
        return processor.prune(
          start,
          rowCount: rows,
          factor: factor,
          choice: choice,
          blockSize: block,
          kept: keptStart
        )
      }
    }
    weight.setColumns(in: factor.order, to: visited, on: processor)
    return loss
  }

  /// The order of columns in which a layer may be pruned, when those with the largest inputs come first.
  package static func order(for structure: MaskStructure) -> ColumnOrder {
    switch structure {
    case .unstructured: .descendingEnergy
    case .nOfM(_, let size): .descendingEnergyOfRuns(size)
    }
  }
}
