internal import CKernels

/// The weight of a linear layer in bfloat16, laid out for products: 48 rows side by side, two neighbouring elements of
/// each together.
package final class PackedWeight: Sendable {
  /// Rows of the weight.
  package let rowCount: Int
  /// Columns of the weight.
  package let columnCount: Int
  /// Panels, the last of which may have fewer rows.
  let panelCount: Int
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
    panelCount = (rowCount + Self.panelRows - 1) / Self.panelRows
    words = FloatBuffer(count: panelCount * panelWords)
    processor.forEach(panelCount) { panel in
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
