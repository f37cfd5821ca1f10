internal import CKernels

extension Processor {
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
    count(tokens: tokenCount, rows: rowCount, columns: columnCount)
    let (tileTokens, tileRows) = (256, 512)
    let tokenTiles = (tokenCount + tileTokens - 1) / tileTokens
    let rowTiles = (rowCount + tileRows - 1) / tileRows
    forEach(tokenTiles * rowTiles) { tile in
      let firstToken = tile / rowTiles * tileTokens
      let firstRow = tile % rowTiles * tileRows
      Tile.multiply(
        Tile.Factor(x + firstToken * columnCount, stride: columnCount),
        Tile.Factor(weight + firstRow * columnCount, stride: columnCount, isTransposed: true),
        rows: min(tileTokens, tokenCount - firstToken),
        columns: min(tileRows, rowCount - firstRow),
        depth: columnCount,
        addingTo: accumulating ? 1 : 0,
        into: out + firstToken * rowCount + firstRow,
        stride: rowCount
      )
    }
  }

  /// Tokens of one tile of a product in bfloat16.
  private static let tileTokens = 96
  /// Panels of a weight that one tile of a product takes.
  private static let tilePanels = 6
  /// Columns that are multiplied before the next ones are looked at; even.
  private static let tileDepth = 1024

  /// Multiplies activations by a transposed weight in bfloat16: `out = x · Wᵀ`, or `out += x · Wᵀ`, sums in float32.
  ///
  /// - Parameters:
  ///   - x: Activations, `[tokenCount, columnCount]`.
  ///   - tokenCount: Rows of `x` and `out`.
  ///   - weight: `W`.
  ///   - out: `[tokenCount, rowCount]`, row-major.
  ///   - accumulating: Whether the product is added to what `out` holds.
  package func multiply(
    _ x: LayerInput,
    tokenCount: Int,
    by weight: PackedWeight,
    into out: UnsafeMutablePointer<Float>,
    accumulating: Bool = false
  ) {
    precondition(x.columns == weight.columnCount, "a channel for each column")
    count(tokens: tokenCount, rows: weight.rowCount, columns: weight.columnCount)
    let panels = weight.panelCount
    let tokenTiles = (tokenCount + Self.tileTokens - 1) / Self.tileTokens
    let panelTiles = (panels + Self.tilePanels - 1) / Self.tilePanels
    forEach(tokenTiles * panelTiles) { tile in
      // All tokens meet the same rows before the next rows are looked at: a wide weight is read once.
      let firstToken = tile % tokenTiles * Self.tileTokens
      let firstPanel = tile / tokenTiles * Self.tilePanels
      multiply(
        x.from(token: firstToken),
        tokenCount: min(Self.tileTokens, tokenCount - firstToken),
        by: weight,
        panels: firstPanel..<min(firstPanel + Self.tilePanels, panels),
        into: out + firstToken * weight.rowCount + firstPanel * PackedWeight.panelRows,
        stride: weight.rowCount,
        accumulating: accumulating
      )
    }
  }

  /// Multiplies a tile on this thread.
  private func multiply(
    _ x: LayerInput,
    tokenCount: Int,
    by weight: PackedWeight,
    panels: Range<Int>,
    into out: UnsafeMutablePointer<Float>,
    stride: Int,
    accumulating: Bool
  ) {
    let (rows, columns) = (PackedWeight.panelRows, weight.columnCount)
    for column in Swift.stride(from: 0, to: columns, by: Self.tileDepth) {
      for panel in panels {
        pare_multiply_panel(
          level.raw,
          x.pairs + column / 2,
          x.stride,
          1,
          tokenCount,
          weight.start(ofPanel: panel) + column / 2 * rows,
          (min(Self.tileDepth, columns - column) + 1) / 2,
          min(rows, weight.rowCount - panel * rows),
          out + (panel - panels.lowerBound) * rows,
          stride,
          accumulating || column > 0 ? 1 : 0
        )
      }
    }
  }
}
