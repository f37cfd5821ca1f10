internal import COpenBLAS

extension Processor {
  /// Tokens of one tile of a product.
  private static let tileTokens = 256
  /// Weight rows of one tile of a product.
  private static let tileRows = 512

  /// Multiplies activations by a transposed weight: `out = x · Wᵀ`, or `out += x · Wᵀ`.
  ///
  /// - Parameters:
  ///   - x: Activations, `[tokenCount, columnCount]`, row-major.
  ///   - tokenCount: Rows of `x` and `out`.
  ///   - weight: `W`, `[rowCount, columnCount]`, row-major.
  ///   - rowCount: Rows of `W`, columns of `out`.
  ///   - columnCount: Columns of `x` and `W`.
  ///   - out: `[tokenCount, rowCount]`, row-major.
  ///   - accumulating: Whether the product is added to what `out` holds.
  package func multiply(
    _ x: UnsafePointer<Float>,
    tokenCount: Int,
    byTransposeOf weight: UnsafePointer<Float>,
    rowCount: Int,
    columnCount: Int,
    into out: UnsafeMutablePointer<Float>,
    accumulating: Bool = false
  ) {
    let tokenTiles = (tokenCount + Self.tileTokens - 1) / Self.tileTokens
    let rowTiles = (rowCount + Self.tileRows - 1) / Self.tileRows
    forEach(tokenTiles * rowTiles) { tile in
      let firstToken = tile / rowTiles * Self.tileTokens
      let firstRow = tile % rowTiles * Self.tileRows
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans,
        blasint(min(Self.tileTokens, tokenCount - firstToken)), blasint(min(Self.tileRows, rowCount - firstRow)),
        blasint(columnCount), 1,
        x + firstToken * columnCount, blasint(columnCount),
        weight + firstRow * columnCount, blasint(columnCount),
        accumulating ? 1 : 0, out + firstToken * rowCount + firstRow, blasint(rowCount))
    }
  }
}

/// Single-threaded products of strided parts, for callers that run in parallel themselves.
package enum Tile {
  /// `out = x · yᵀ`; x: `[rows, depth]`, y: `[columns, depth]`, out: `[rows, columns]`, each with its own row stride.
  package static func multiplyByTranspose(
    _ x: UnsafePointer<Float>,
    stride xStride: Int,
    _ y: UnsafePointer<Float>,
    stride yStride: Int,
    rows: Int,
    columns: Int,
    depth: Int,
    into out: UnsafeMutablePointer<Float>,
    stride outStride: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(columns), blasint(depth), 1,
      x, blasint(xStride), y, blasint(yStride), 0, out, blasint(outStride))
  }

  /// `out = factor · out + scale · x · y`; x: `[rows, depth]`, y: `[depth, columns]`, each with its own row stride.
  package static func multiply(
    _ x: UnsafePointer<Float>,
    stride xStride: Int,
    _ y: UnsafePointer<Float>,
    stride yStride: Int,
    rows: Int,
    columns: Int,
    depth: Int,
    scale: Float = 1,
    addingTo factor: Float = 0,
    into out: UnsafeMutablePointer<Float>,
    stride outStride: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(depth), scale,
      x, blasint(xStride), y, blasint(yStride), factor, out, blasint(outStride))
  }
}
