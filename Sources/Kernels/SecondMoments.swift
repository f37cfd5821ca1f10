internal import CKernels
internal import Vocabulary

/// The second moments of a linear layer's input over all calibration tokens: `S = Σ x·xᵀ`, the Hessian of the layer's
/// squared error up to a factor.
///
/// GPTQ and SparseGPT are blind to that factor: dampening is relative to the mean of the diagonal.
package struct SecondMoments: Sendable {
  /// Columns of one tile of `S`; the shape of the tiles does not depend on the thread count.
  private static let tileColumns = 192

  /// Channels of the input, the side of `S`.
  package let width: Int
  /// Tokens seen.
  package private(set) var tokenCount = 0
  /// `S`, shape `[width, width]`, row-major; only the upper triangle is kept, in float32.
  package let sums: FloatBuffer

  /// Makes moments of no token.
  package init(width: Int) {
    self.width = width
    sums = FloatBuffer(zeros: width * width)
  }

  private init(width: Int, tokenCount: Int, sums: FloatBuffer) {
    (self.width, self.tokenCount, self.sums) = (width, tokenCount, sums)
  }

  /// Adds the outer products of tokens.
  ///
  /// - Parameters:
  ///   - x: Inputs, `[tokenCount, width]`, row-major.
  ///   - tokenCount: Rows of `x`.
  ///   - processor: Where to run; tiles of the upper triangle are computed in parallel.
  package mutating func add(_ x: UnsafePointer<Float>, tokenCount: Int, on processor: Processor) {
    processor.withInput(x, tokenCount: tokenCount, columns: width) { add($0, tokenCount: tokenCount, on: processor) }
  }

  /// Adds the outer products of tokens, summed in float32.
  ///
  /// - Parameters:
  ///   - x: Inputs, `[tokenCount, width]`.
  ///   - tokenCount: Rows of `x`.
  ///   - processor: Where to run; tiles of the upper triangle are computed in parallel.
  package mutating func add(_ x: LayerInput, tokenCount: Int, on processor: Processor) {
    precondition(x.columns == width, "a channel for each row")
    switch x.type {
    case .float32: addFloats(x.start, tokenCount: tokenCount, on: processor)
    case .bfloat16: addPairs(x, tokenCount: tokenCount, on: processor)
    }
    self.tokenCount += tokenCount
  }

  private func addFloats(_ x: UnsafePointer<Float>, tokenCount: Int, on processor: Processor) {
    let side = (width + Self.tileColumns - 1) / Self.tileColumns
    let width = width
    let sums = sums.start
    processor.forEach(side * (side + 1) / 2) { tile in
      let (row, column) = Self.place(ofTile: tile, side: side)
      let firstRow = row * Self.tileColumns
      let firstColumn = column * Self.tileColumns
      let rows = min(Self.tileColumns, width - firstRow)
      let columns = min(Self.tileColumns, width - firstColumn)
      let out = sums + firstRow * width + firstColumn
      Tile.multiply(
        Tile.Factor(x + firstRow, stride: width, isTransposed: true),
        Tile.Factor(x + firstColumn, stride: width),
        rows: rows,
        columns: columns,
        depth: tokenCount,
        addingTo: 1,
        into: out,
        stride: width
      )
    }
  }

  /// Panels of one tile.
  private static let tilePanels = 2
  /// Tokens that are multiplied before the next ones are looked at; even.
  private static let tileTokens = 1024

  private func addPairs(_ x: LayerInput, tokenCount: Int, on processor: Processor) {
    let (width, sums, level) = (width, sums.start, processor.level.raw)
    let panelColumns = PackedWeight.panelRows
    let panels = (width + panelColumns - 1) / panelColumns
    let pairs = (tokenCount + 1) / 2
    processor.pool.withWords(panels * pairs * panelColumns) { words in
      processor.forEach(panels) { panel in
        let first = panel * panelColumns
        let columns = min(panelColumns, width - first)
        pare_interleave_columns(
          level,
          x.halves + first,
          2 * x.stride,
          tokenCount,
          columns,
          words + panel * pairs * panelColumns
        )
      }
      let side = (panels + Self.tilePanels - 1) / Self.tilePanels
      processor.forEach(side * (side + 1) / 2) { tile in
        let (row, column) = Self.place(ofTile: tile, side: side)
        let rows = row * Self.tilePanels..<min((row + 1) * Self.tilePanels, panels)
        let columns = column * Self.tilePanels..<min((column + 1) * Self.tilePanels, panels)
        for pair in stride(from: 0, to: pairs, by: Self.tileTokens / 2) {
          let depth = min(Self.tileTokens / 2, pairs - pair)
          for left in rows {
            for right in columns where right >= left {
              pare_multiply_panel(
                level,
                words + (left * pairs + pair) * panelColumns,
                1,
                panelColumns,
                min(panelColumns, width - left * panelColumns),
                words + (right * pairs + pair) * panelColumns,
                depth,
                min(panelColumns, width - right * panelColumns),
                sums + left * panelColumns * width + right * panelColumns,
                width,
                1
              )
            }
          }
        }
      }
    }
  }

  /// The row and column of a tile of the upper triangle of `[side, side]`, counted row after row.
  private static func place(ofTile tile: Int, side: Int) -> (row: Int, column: Int) {
    var row = 0
    var rest = tile
    while rest >= side - row {
      rest -= side - row
      row += 1
    }
    return (row, row + rest)
  }

  /// The moments of the input divided by a factor for each channel: `D⁻¹·S·D⁻¹` with `D = diag(factors)`.
  ///
  /// - Parameter factors: `[width]`, none of them zero.
  /// - Returns: Moments of as many tokens.
  package func dividing(by factors: [Float]) -> SecondMoments {
    precondition(factors.count == width, "a factor for each channel")
    var divided = SecondMoments(width: width)
    divided.tokenCount = tokenCount
    for row in 0..<width {
      for column in row..<width {
        let index = row * width + column
        divided.sums.start[index] = sums.start[index] / (factors[row] * factors[column])
      }
    }
    return divided
  }

  /// The moments of the input multiplied by a matrix, `x·T`: `Tᵀ·S·T`, for `T` the transform over the whole width.
  ///
  /// - Parameters:
  ///   - transform: `T`, whose size divides the width.
  ///   - processor: Where to run.
  /// - Returns: Moments of as many tokens.
  package func transformed(by transform: BlockTransform, on processor: Processor) -> SecondMoments {
    let full = symmetric(on: processor)
    processor.transformRows(full.start, rowCount: width, columnCount: width, by: transform)
    processor.transformColumns(full.start, rowCount: width, columnCount: width, by: transform)
    return SecondMoments(width: width, tokenCount: tokenCount, sums: full)
  }

  /// `S` with both triangles, `[width, width]`.
  package func symmetric(on processor: Processor = Processor(threadCount: 1)) -> FloatBuffer {
    let full = FloatBuffer(count: width * width)
    let (width, sums) = (width, sums.start)
    processor.forEachRange(of: width, length: Self.mirroredRows) { rows in
      for row in rows {
        let line = full.start + row * width
        for column in 0..<row { line[column] = sums[column * width + row] }
        (line + row).update(from: sums + row * width + row, count: width - row)
      }
    }
    return full
  }

  /// Rows that one thread mirrors at a time.
  private static let mirroredRows = 16

  /// The diagonal of `S`, `[width]`: the energy of each input channel.
  package var diagonal: [Float] {
    (0..<width).map { sums.start[$0 * width + $0] }
  }
}
