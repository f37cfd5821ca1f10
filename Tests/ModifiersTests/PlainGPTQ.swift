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

  func verdict(
    on codes: [UInt8],
    of weight: Matrix,
    moments: SecondMoments,
    dampening: Double,
    order: [Int]
  ) -> Verdict {
    let (rows, columns) = (weight.rowCount, weight.columnCount)
    var inverse = Self.inverse(Self.dampened(moments, dampening: dampening))
    var values = weight.elements.map(Double.init)
    var verdict = Verdict()
    for (place, column) in order.enumerated() {
      let rest = order[(place + 1)...]
      for row in 0..<rows {
        let isPruned = weight[row, column] == 0
        let value = isPruned ? 0 : values[row * columns + column]
        let point = point(row, column)
        let nearest = rule.code(Float(value), point)
        let chosen = codes[row * columns + column]
        let number = Double(rule.number(chosen, point))
        if chosen != nearest {
          verdict.differences += 1
          let excess = abs(number - value) - abs(Double(rule.number(nearest, point)) - value)
          verdict.excess = max(verdict.excess, isPruned ? .infinity : excess)
        }
        guard !isPruned else { continue }
        let error = (value - number) / inverse[column][column]
        for other in rest { values[row * columns + other] -= error * inverse[column][other] }
      }
      for one in rest {
        let share = inverse[one][column] / inverse[column][column]
        for other in rest { inverse[one][other] -= share * inverse[column][other] }
      }
    }
    return verdict
  }

  private static func dampened(_ moments: SecondMoments, dampening: Double) -> [[Double]] {
    let width = moments.width
    var matrix = (0..<width).map { row in
      (0..<width).map { Double(moments.sums.start[min(row, $0) * width + max(row, $0)]) }
    }
    let live = (0..<width).map { matrix[$0][$0] }.filter { $0 > 0 }
    let mean = live.reduce(0, +) / Double(live.count)
    for channel in 0..<width where matrix[channel][channel] == 0 { matrix[channel][channel] = mean }
    for channel in 0..<width { matrix[channel][channel] += dampening * mean }
    return matrix
  }

  /// Gauss-Jordan elimination; the matrix is positive definite and needs no pivoting.
  private static func inverse(_ matrix: [[Double]]) -> [[Double]] {
    let width = matrix.count
    var left = matrix
    var right = (0..<width).map { row in (0..<width).map { $0 == row ? 1.0 : 0.0 } }
    for pivot in 0..<width {
      let scale = 1 / left[pivot][pivot]
      for column in 0..<width {
        left[pivot][column] *= scale
        right[pivot][column] *= scale
      }
      for row in 0..<width where row != pivot {
        let share = left[row][pivot]
        for column in 0..<width {
          left[row][column] -= share * left[pivot][column]
          right[row][column] -= share * right[pivot][column]
        }
      }
    }
    return right
  }
}
