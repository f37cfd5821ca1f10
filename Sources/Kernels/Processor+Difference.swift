package import Tensors

/// How far a stored matrix is from the one it stands for.
package struct MatrixDifference: Hashable, Sendable {
  /// `‖W - Q‖ / ‖W‖`, Frobenius norms; zero for two zero matrices.
  package let relativeError: Double
  /// Share of `Q` that is exactly zero.
  package let zeroFraction: Double
}

extension Processor {
  /// Compares a matrix with its quantized form, summing in float64.
  ///
  /// - Parameters:
  ///   - dense: `W`.
  ///   - stored: `Q`, of the same shape.
  /// - Returns: Relative error and share of zeros.
  package func difference(of dense: Matrix, and stored: Matrix) -> MatrixDifference {
    precondition(
      dense.rowCount == stored.rowCount && dense.columnCount == stored.columnCount,
      "the shapes are equal"
    )
    let count = dense.elements.count
    let length = max(Self.rowsCompared * dense.columnCount, 1)
    var sums = [(error: Double, energy: Double, zeros: Int)](
      repeating: (0, 0, 0),
      count: (count + length - 1) / length
    )
    dense.withElements { dense in
      stored.withElements { stored in
        sums.withUnsafeMutableBufferPointer { sums in
          forEachRange(of: count, length: length) { range in
            var error = 0.0
            var energy = 0.0
            var zeros = 0
            for index in range {
              let difference = dense[index] - stored[index]
              error += Double(difference * difference)
              energy += Double(dense[index] * dense[index])
              zeros += stored[index] == 0 ? 1 : 0
            }
            sums[range.lowerBound / length] = (error, energy, zeros)
          }
        }
      }
    }
    let error = sums.reduce(0) { $0 + $1.error }
    let energy = sums.reduce(0) { $0 + $1.energy }
    let zeros = sums.reduce(0) { $0 + $1.zeros }
    return MatrixDifference(
      relativeError: energy > 0 ? (error / energy).squareRoot() : 0,
      zeroFraction: count == 0 ? 0 : Double(zeros) / Double(count)
    )
  }

  private static let rowsCompared = 64
}
