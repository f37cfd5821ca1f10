import Kernels
import Tensors
import Vocabulary

/// SparseGPT as its authors derive it: one column after the other, with the inverse Hessian of the columns left, in float64.
///
/// It follows the mask that another form chose and judges it, so that two weights that cost nearly the same do not make all
/// that comes behind them incomparable.
struct PlainSparseGPT {
  let structure: MaskStructure
  let sparsity: Double
  let blockSize: Int
  let preservesMask: Bool

  /// How wrong a pruned weight is.
  struct Verdict {
    /// Blocks, or runs of n:m masks, with another number of zeros than asked.
    var miscounts = 0
    /// The most by which a pruned weight costs more than one that stays, as a share of the latter's cost.
    var excess = 0.0
    /// The farthest that a weight is from what it should be.
    var distance = 0.0
    /// `½ · Σ w² / [H⁻¹]_jj` over pruned weights.
    var loss = 0.0
  }

  /// Judges a pruned weight.
  ///
  /// - Parameters:
  ///   - pruned: The result, `[rows, columns]`.
  ///   - weight: `W`, no weight of which is zero unless the mask is preserved.
  ///   - moments: The second moments of its input.
  ///   - dampening: Fraction of the mean diagonal.
  ///   - order: The columns as they are visited.
  /// - Returns: How far mask and weights are from what they should be.
  func verdict(
    on pruned: Matrix,
    of weight: Matrix,
    moments: SecondMoments,
    dampening: Double,
    order: [Int]
  ) -> Verdict {
    let (rows, columns) = (weight.rowCount, weight.columnCount)
    let silent = Set((0..<columns).filter { moments.diagonal[$0] == 0 })
    // How large the diagonal is when a column's turn comes does not depend on the weights.
    var ahead = DampenedInverse(of: moments, dampening: dampening)
    var diagonal = [Double](repeating: 0, count: columns)
    for (place, column) in order.enumerated() {
      diagonal[column] = ahead.elements[column][column]
      ahead.eliminate(column, from: order[(place + 1)...])
    }
    var inverse = DampenedInverse(of: moments, dampening: dampening)
    var values = weight.elements.map(Double.init)
    var verdict = Verdict()
    let width = together
    for (place, column) in order.enumerated() {
      if place % width == 0 {
        judge(Array(order[place..<min(place + width, columns)]), pruned, weight, &verdict) { row, column in
          if preservesMask && weight[row, column] == 0 { return -1 }
          let value = values[row * columns + column]
          return silent.contains(column) ? 0 : value * value / diagonal[column]
        }
      }
      let rest = order[(place + 1)...]
      for row in 0..<rows {
        let value = values[row * columns + column]
        guard pruned[row, column] == 0 else {
          verdict.distance = max(verdict.distance, abs(Double(pruned[row, column]) - value))
          continue
        }
        verdict.loss += value * value / diagonal[column] / 2
        let error = value / inverse.elements[column][column]
        for other in rest { values[row * columns + other] -= error * inverse.elements[column][other] }
      }
      inverse.eliminate(column, from: rest)
    }
    return verdict
  }

  /// Columns whose mask is chosen at once.
  private var together: Int {
    switch structure {
    case .unstructured: blockSize
    case .nOfM(_, let size): size
    }
  }

  /// Judges the mask of columns that are chosen together: over all rows, or in each row of an n:m mask.
  private func judge(
    _ columns: [Int],
    _ pruned: Matrix,
    _ weight: Matrix,
    _ verdict: inout Verdict,
    cost: (_ row: Int, _ column: Int) -> Double
  ) {
    let rows = Array(0..<pruned.rowCount)
    let wanted: Int
    let sets: [[Int]]
    switch structure {
    case .unstructured: (wanted, sets) = (Int(Double(rows.count * columns.count) * sparsity), [rows])
    case .nOfM(let zeros, _): (wanted, sets) = (zeros, rows.map { [$0] })
    }
    for set in sets {
      let places = set.flatMap { row in columns.map { (row: row, column: $0) } }
      let gone = places.filter { pruned[$0.row, $0.column] == 0 }.map { cost($0.row, $0.column) }
      let stayed = places.filter { pruned[$0.row, $0.column] != 0 }.map { cost($0.row, $0.column) }
      let preserved = gone.count { $0 < 0 }
      if gone.count != max(wanted, preserved) { verdict.miscounts += 1 }
      guard let dearest = gone.max(), let cheapest = stayed.min(), dearest > cheapest else { continue }
      verdict.excess = max(verdict.excess, dearest / cheapest - 1)
    }
  }
}
