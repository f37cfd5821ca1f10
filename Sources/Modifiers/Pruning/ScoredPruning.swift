package import Kernels
package import Tensors
package import Vocabulary

/// Pruning by a score of each weight alone: no weight that stays is changed.
package enum ScoredPruning {
  /// Wanda: sets the weights with the least `|w| · ‖x‖₂` to zero, row by row.
  ///
  /// - Parameters:
  ///   - weight: `W`, `[rows, columns]`.
  ///   - energies: `Σ x²` of each input channel, `[columns]`.
  ///   - sparsity: Fraction of each row that becomes zero; an n:m mask has its own.
  ///   - structure: How zeros are arranged.
  ///   - processor: Where to run; rows in parallel.
  /// - SeeAlso: Sun et al., "A Simple and Effective Pruning Approach for Large Language Models", arXiv:2306.11695,
  ///   equation 1; squares are compared here, which have the same order.
  package static func wanda(
    _ weight: inout Matrix,
    energies: [Double],
    sparsity: Double,
    structure: MaskStructure,
    on processor: Processor
  ) {
    precondition(energies.count == weight.columnCount, "an energy for each column")
    let energies = energies.map { Float($0) }
    pruneRows(of: &weight, sparsity: sparsity, structure: structure, on: processor) { value, column in
      value * value * energies[column]
    }
  }

  /// Sets the weights of the least magnitude to zero: anywhere in the layer, or n of every m in a row.
  ///
  /// - Parameters:
  ///   - weight: `W`, `[rows, columns]`.
  ///   - sparsity: Fraction of the layer that becomes zero; an n:m mask has its own.
  ///   - structure: How zeros are arranged.
  ///   - processor: Where to run.
  /// - SeeAlso: Zhu and Gupta, "To prune, or not to prune", arXiv:1710.01878; here once, at the final sparsity.
  package static func magnitude(
    _ weight: inout Matrix,
    sparsity: Double,
    structure: MaskStructure,
    on processor: Processor
  ) {
    guard structure == .unstructured else {
      pruneRows(of: &weight, sparsity: sparsity, structure: structure, on: processor) { value, _ in value.magnitude }
      return
    }
    weight.withMutableElements { elements in
      let scores = FloatBuffer(count: elements.count)
      for index in elements.indices { scores.start[index] = elements[index].magnitude }
      for (index, isChosen) in processor.smallest(Int(Double(elements.count) * sparsity), of: scores).enumerated()
      where isChosen {
        elements[index] = 0
      }
    }
  }

  private static func pruneRows(
    of weight: inout Matrix,
    sparsity: Double,
    structure: MaskStructure,
    on processor: Processor,
    score: (_ value: Float, _ column: Int) -> Float
  ) {
    let (rows, columns) = (weight.rowCount, weight.columnCount)
    weight.withMutableElements { elements in
      guard let start = elements.baseAddress else { return }
      processor.forEach(rows) { row in
        let line = start + row * columns
        let scores = FloatBuffer(count: columns)
        for column in 0..<columns { scores.start[column] = score(line[column], column) }
        switch structure {
        case .unstructured:
          let chosen = processor.smallest(Int(Double(columns) * sparsity), of: scores)
          for column in 0..<columns where chosen[column] { line[column] = 0 }
        case .nOfM(let zeros, let size):
          for first in stride(from: 0, to: columns, by: size) {
            let run = first..<min(first + size, columns)
            for column in run {
              // The place of the column among its run, the first of equal ones before the others.
              let rank = run.count {
                scores.start[$0] < scores.start[column] || (scores.start[$0] == scores.start[column] && $0 < column)
              }
              if rank < zeros { line[column] = 0 }
            }
          }
        }
      }
    }
  }
}
