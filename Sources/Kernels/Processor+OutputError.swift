internal import CKernels
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
  /// - Complexity: `rows · columns² / 2` multiply-adds, since `S` is symmetric.
  package func outputError(of dense: Matrix, and stored: Matrix, moments: FloatBuffer) -> Double {
    let (rows, columns) = (dense.rowCount, dense.columnCount)
    precondition(stored.columnCount == columns && stored.rowCount == rows, "the shapes are equal")
    precondition(moments.count == columns * columns, "the moments are those of the input")
    var sums = [Double](repeating: 0, count: (rows + Self.errorRows - 1) / Self.errorRows)
    dense.withElements { dense in
      stored.withElements { stored in
        guard let dense = dense.baseAddress, let stored = stored.baseAddress else { return }
        sums.withUnsafeMutableBufferPointer { sums in
          forEachRange(of: rows, length: Self.errorRows) { range in
            let (first, count) = (range.lowerBound * columns, range.count * columns)
            sums[range.lowerBound / Self.errorRows] = pool.withFloats(2 * count) { error in
              error.update(from: dense + first, count: count)
              pare_add_scaled(level.raw, error, stored + first, -1, count)
              return energy(of: error, rows: range.count, columns: columns, moments.start, product: error + count)
            }
          }
        }
      }
    }
    return max(sums.reduce(0, +), 0)
  }

  /// `Σ_r e_r·S·e_rᵀ` on this thread: what stands above the blocks on the diagonal counts twice, what is below is not read.
  private func energy(
    of error: UnsafePointer<Float>,
    rows: Int,
    columns: Int,
    _ moments: UnsafePointer<Float>,
    product: UnsafeMutablePointer<Float>
  ) -> Double {
    for first in stride(from: 0, to: columns, by: Self.errorColumns) {
      let count = min(Self.errorColumns, columns - first)
      func multiply(_ depth: Range<Int>, scale: Float, addingTo factor: Float) {
        Tile.multiply(
          Tile.Factor(error + depth.lowerBound, stride: columns),
          Tile.Factor(moments + depth.lowerBound * columns + first, stride: columns),
          rows: rows,
          columns: count,
          depth: depth.count,
          scale: scale,
          addingTo: factor,
          into: product + first,
          stride: columns
        )
      }
      multiply(first..<first + count, scale: 1, addingTo: 0)
      if first > 0 { multiply(0..<first, scale: 2, addingTo: 1) }
    }
    return pare_inner_product(level.raw, error, product, rows * columns)
  }

  /// Rows of one tile.
  private static let errorRows = 64
  /// Columns that are multiplied at once.
  private static let errorColumns = 128
}
