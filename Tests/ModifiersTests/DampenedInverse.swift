import Kernels

/// The inverse of dampened second moments in float64, from which one channel after the other is eliminated.
struct DampenedInverse {
  private(set) var elements: [[Double]]

  init(of moments: SecondMoments, dampening: Double) {
    elements = Self.inverse(Self.dampened(moments, dampening: dampening))
  }

  /// Takes a channel out: what is left is the inverse for the others alone.
  mutating func eliminate(_ column: Int, from rest: some Sequence<Int>) {
    for one in rest {
      let share = elements[one][column] / elements[column][column]
      for other in rest { elements[one][other] -= share * elements[column][other] }
    }
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
