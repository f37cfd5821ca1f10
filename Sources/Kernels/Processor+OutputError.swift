package import Tensors

extension Processor {
  /// The squared error of a layer's outputs when its weight is replaced, summed over all tokens whose moments are given:
  /// `‖X·(W - Q)ᵀ‖² = Σ_r e_r·S·e_rᵀ` with `e_r` the rows of `W - Q`.
  ///
  /// Exact where the layer's output is what counts, without running it: the loss of AWQ's search (arXiv:2306.00978,
  /// equation 4) and the objective of GPTQ (arXiv:2210.17323, equation 1).
  ///
  /// - Parameters:
  ///   - dense: `W`, `[rows, columns]`.
  ///   - stored: `Q`, of the same shape.
  ///   - moments: `S` with both triangles, `[columns, columns]`.
  /// - Returns: The error; sums over a row in float32, over rows in float64.
  /// - Complexity: `rows · columns²` multiply-adds.
  package func outputError(of dense: Matrix, and stored: Matrix, moments: FloatBuffer) -> Double {
    let columns = dense.columnCount
    precondition(stored.columnCount == columns && stored.rowCount == dense.rowCount, "the shapes are equal")
    precondition(moments.count == columns * columns, "the moments are those of the input")
    let tiles = (dense.rowCount + Self.errorRows - 1) / Self.errorRows
    var sums = [Double](repeating: 0, count: tiles)
    dense.withElements { dense in
      stored.withElements { stored in
        sums.withUnsafeMutableBufferPointer { sums in
          forEachRange(of: dense.count / max(columns, 1), length: Self.errorRows) { rows in
            let count = rows.count * columns
            let error = FloatBuffer(count: count)
            let product = FloatBuffer(count: count)
            let first = rows.lowerBound * columns
            for index in 0..<count { error.start[index] = dense[first + index] - stored[first + index] }
            Tile.multiply(
              Tile.Factor(error.start, stride: columns),
              Tile.Factor(moments.start, stride: columns),
              rows: rows.count,
              columns: columns,
              depth: columns,
              into: product.start,
              stride: columns
            )
            var sum = 0.0
            for index in 0..<count { sum += Double(error.start[index] * product.start[index]) }
            sums[rows.lowerBound / Self.errorRows] = sum
          }
        }
      }
    }
    return max(sums.reduce(0, +), 0)
  }

  /// Rows of one tile.
  private static let errorRows = 64
}
