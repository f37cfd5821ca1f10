internal import CKernels
package import Tensors

/// How far a stored matrix is from the one it stands for.
package struct MatrixDifference: Hashable, Sendable {
  /// `‖W - Q‖²`, Frobenius norm.
  private var error = 0.0
  /// `‖W‖²`.
  private var energy = 0.0
  private var zeros = 0
  private var count = 0

  /// The difference of two empty matrices.
  package init() {}

  fileprivate init(_ dense: UnsafePointer<Float>, _ stored: UnsafePointer<Float>, count: Int, level: InstructionLevel) {
    self.count = count
    pare_difference(level.raw, dense, stored, count, &error, &energy, &zeros)
  }

  /// `‖W - Q‖ / ‖W‖`, Frobenius norms; zero for two zero matrices.
  package var relativeError: Double { energy > 0 ? (error / energy).squareRoot() : 0 }

  /// Share of `Q` that is exactly zero.
  package var zeroFraction: Double { count == 0 ? 0 : Double(zeros) / Double(count) }

  /// Adds the difference of further rows.
  package static func += (whole: inout MatrixDifference, part: MatrixDifference) {
    whole.error += part.error
    whole.energy += part.energy
    whole.zeros += part.zeros
    whole.count += part.count
  }
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
    var parts = [MatrixDifference](repeating: MatrixDifference(), count: (count + length - 1) / length)
    dense.withElements { dense in
      stored.withElements { stored in
        parts.withUnsafeMutableBufferPointer { parts in
          guard let dense = dense.baseAddress, let stored = stored.baseAddress else { return }
          forEachRange(of: count, length: length) { range in
            let start = range.lowerBound
            parts[start / length] = MatrixDifference(dense + start, stored + start, count: range.count, level: level)
          }
        }
      }
    }
    return parts.reduce(into: MatrixDifference(), +=)
  }

  private static let rowsCompared = 64
}
