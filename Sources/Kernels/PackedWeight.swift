internal import CKernels

/// What products are computed of, chosen once for a run by the type of the model.
package enum ProductType: String, CaseIterable, Hashable, Sendable {
  /// Floats as they are.
  case float32
  /// Both factors rounded to bfloat16, sums in float32: what a server of a bfloat16 model computes.
  case bfloat16
}

/// The weight of a linear layer in bfloat16, laid out for products: 48 rows side by side, two neighbouring elements of
/// each together.
package final class PackedWeight: Sendable {
  /// Rows of the weight.
  package let rowCount: Int
  /// Columns of the weight.
  package let columnCount: Int
  /// Words of one panel.
  private let panelWords: Int
  private let words: FloatBuffer

  /// Packs a weight.
  ///
  /// - Parameters:
  ///   - weight: `W`, `[rowCount, columnCount]`, row-major; rounded to nearest even.
  ///   - rowCount: Rows of `W`.
  ///   - columnCount: Columns of `W`.
  ///   - processor: Where to run.
  package init(_ weight: UnsafePointer<Float>, rowCount: Int, columnCount: Int, on processor: Processor) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    panelWords = (columnCount + 1) / 2 * Self.panelRows
    let panels = (rowCount + Self.panelRows - 1) / Self.panelRows
    words = FloatBuffer(count: panels * panelWords)
    processor.forEach(panels) { panel in
      let first = panel * Self.panelRows
      pare_pack_rows(
        processor.level.raw,
        weight + first * columnCount,
        columnCount,
        min(Self.panelRows, rowCount - first),
        columnCount,
        UnsafeMutablePointer(mutating: start(ofPanel: panel))
      )
    }
  }

  /// Rows of one panel.
  static let panelRows = Int(PARE_PANEL)

  /// The words of a panel, `[ceil(columnCount / 2), panelRows]`.
  func start(ofPanel panel: Int) -> UnsafePointer<UInt32> {
    let first = UnsafeRawPointer(words.start + panel * panelWords)
    return first.assumingMemoryBound(to: UInt32.self)
  }
}

extension Processor {
  /// Tokens of one tile of a product.
  private static let tileTokens = 96
  /// Panels of a weight that one tile of a product takes.
  private static let tilePanels = 10
  /// Columns that are multiplied before the next ones are looked at; even.
  private static let tileDepth = 1024

  /// Multiplies activations by a transposed weight in bfloat16: `out = x · Wᵀ`, or `out += x · Wᵀ`, sums in float32.
  ///
  /// - Parameters:
  ///   - x: Activations, `[tokenCount, columnCount]`, row-major; rounded to nearest even.
  ///   - tokenCount: Rows of `x` and `out`.
  ///   - weight: `W`.
  ///   - out: `[tokenCount, rowCount]`, row-major.
  ///   - accumulating: Whether the product is added to what `out` holds.
  package func multiply(
    _ x: UnsafePointer<Float>,
    tokenCount: Int,
    by weight: PackedWeight,
    into out: UnsafeMutablePointer<Float>,
    accumulating: Bool = false
  ) {
    let (rowCount, columnCount) = (weight.rowCount, weight.columnCount)
    let panels = (rowCount + PackedWeight.panelRows - 1) / PackedWeight.panelRows
    let tokenTiles = (tokenCount + Self.tileTokens - 1) / Self.tileTokens
    let panelTiles = (panels + Self.tilePanels - 1) / Self.tilePanels
    // An odd number of cache lines, so that rows do not meet in the same places of the cache.
    let stride = min(Self.tileDepth / 2, (columnCount + 1) / 2 + 15) / 32 * 32 + 16
    forEach(tokenTiles * panelTiles) { tile in
      let firstToken = tile / panelTiles * Self.tileTokens
      let tokens = min(Self.tileTokens, tokenCount - firstToken)
      let firstPanel = tile % panelTiles * Self.tilePanels
      pool.withWords(tokens * stride) { pairs in
        for column in Swift.stride(from: 0, to: columnCount, by: Self.tileDepth) {
          let depth = min(Self.tileDepth, columnCount - column)
          pare_pack_pairs(level.raw, x + firstToken * columnCount + column, columnCount, tokens, depth, pairs, stride)
          for panel in firstPanel..<min(firstPanel + Self.tilePanels, panels) {
            let row = panel * PackedWeight.panelRows
            pare_multiply_panel(
              level.raw,
              pairs,
              stride,
              1,
              tokens,
              weight.start(ofPanel: panel) + column / 2 * PackedWeight.panelRows,
              (depth + 1) / 2,
              min(PackedWeight.panelRows, rowCount - row),
              out + firstToken * rowCount + row,
              rowCount,
              accumulating || column > 0 ? 1 : 0
            )
          }
        }
      }
    }
  }
}
