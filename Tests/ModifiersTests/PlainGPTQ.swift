import Kernels
import Tensors

/// GPTQ as its authors derive it: one column after the other, with the inverse Hessian of the columns left, in float64.
///
/// No Cholesky factor and no blocks: after each column, its row and column are eliminated from the inverse. It follows the
/// codes that another form chose and judges each of them, so that one near tie that falls the other way does not make
/// all that comes behind it incomparable.
struct PlainGPTQ {
  let rule: PlainQuantization
  /// The scale and zero point of a place.
  let point: (_ row: Int, _ column: Int) -> (scale: Float, zeroPoint: Float)

  /// How wrong codes are.
  struct Verdict {
    /// Codes that are not those of the nearest numbers.
    var differences = 0
    /// The most by which a number chosen is farther from its weight than the nearest one, in units of the weight.
    var excess = 0.0
  }

  /// Judges codes.
  ///
  /// - Parameters:
  ///   - codes: `[rows, columns]`.
  ///   - weight: `W`, before anything was moved.
  ///   - pruned: The weight whose zeros must stay zeros; `W` itself unless it is pruned in the same sweep.
  ///   - moments: The second moments of its input.
  ///   - dampening: Fraction of the mean diagonal.
  ///   - order: The columns as they are visited.
  /// - Returns: How many codes are not the nearest, and how far from it.
  func verdict(
    on codes: [UInt8],
    of weight: Matrix,
    prunedLike pruned: Matrix? = nil,
    moments: SecondMoments,
    dampening: Double,
    order: [Int]
  ) -> Verdict {
    let (rows, columns) = (weight.rowCount, weight.columnCount)
    var inverse = DampenedInverse(of: moments, dampening: dampening)
    var values = weight.elements.map(Double.init)
    var verdict = Verdict()
    for (place, column) in order.enumerated() {
      let rest = order[(place + 1)...]
      for row in 0..<rows {
        let isPruned = (pruned ?? weight)[row, column] == 0
        let value = values[row * columns + column]
        let point = point(row, column)
        let nearest = rule.code(isPruned ? 0 : Float(value), point)
        let chosen = codes[row * columns + column]
        let number = Double(rule.number(chosen, point))
        if chosen != nearest {
          verdict.differences += 1
          let excess = abs(number - value) - abs(Double(rule.number(nearest, point)) - value)
          verdict.excess = max(verdict.excess, isPruned ? .infinity : excess)
        }
        // A pruned weight stays zero, and what was moved to its place moves on.
        let error = (value - number) / inverse.elements[column][column]
        for other in rest { values[row * columns + other] -= error * inverse.elements[column][other] }
      }
      inverse.eliminate(column, from: rest)
    }
    return verdict
  }
}
