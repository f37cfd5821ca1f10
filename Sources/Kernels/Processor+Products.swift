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
      Tile.multiply(
        Tile.Factor(x + firstToken * columnCount, stride: columnCount),
        Tile.Factor(weight + firstRow * columnCount, stride: columnCount, isTransposed: true),
        rows: min(Self.tileTokens, tokenCount - firstToken),
        columns: min(Self.tileRows, rowCount - firstRow),
        depth: columnCount,
        addingTo: accumulating ? 1 : 0,
        into: out + firstToken * rowCount + firstRow,
        stride: rowCount
      )
    }
  }
}
