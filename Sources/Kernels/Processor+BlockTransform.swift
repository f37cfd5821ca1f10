package import Tensors

extension Processor {
  /// Rows or columns of a matrix that one thread transforms at a time.
  private static let stripLength = 64
  /// Rows of activations, or columns of weights, of one product.
  private static let productLength = 256

  /// Transforms each row in place: `x ← x·(I ⊗ T)`.
  ///
  /// Hadamard matrices are applied in float64 and rounded once to float32, other matrices multiply in float32.
  ///
  /// - Parameters:
  ///   - x: `[rowCount, columnCount]`, row-major.
  ///   - rowCount: Rows of `x`.
  ///   - columnCount: Columns of `x`, a multiple of the transform's size.
  ///   - transform: `T`.
  /// - Complexity: `O(rowCount · columnCount · (log size + core))` additions for a Hadamard matrix, `size` multiply-adds
  ///   an element for another.
  package func transformRows(
    _ x: UnsafeMutablePointer<Float>,
    rowCount: Int,
    columnCount: Int,
    by transform: BlockTransform
  ) {
    precondition(columnCount % transform.size == 0, "runs of channels fill the width")
    switch transform.form {
    case .hadamard(let hadamard):
      let panels = HadamardPanels(hadamard, isTransposed: transform.isTransposed)
      forEachRange(of: rowCount, length: Self.stripLength) { rows in
        panels.transform(
          x + rows.lowerBound * columnCount,
          vectorCount: rows.count,
          vectorStride: columnCount,
          channelCount: columnCount,
          channelStride: 1
        )
      }
    case .matrix(let matrix):
      matrix.withElements { elements in
        guard let start = elements.baseAddress else { return }
        forEachRange(of: rowCount, length: Self.productLength) { rows in
          Self.multiplyRows(
            x + rows.lowerBound * columnCount,
            rowCount: rows.count,
            columnCount: columnCount,
            by: Tile.Factor(start, stride: transform.size, isTransposed: transform.isTransposed),
            size: transform.size
          )
        }
      }
    }
  }

  /// Transforms each column in place: `w ← (I ⊗ T)ᵀ·w`.
  ///
  /// What this does to the weight of a linear layer, `transformRows` does to its outputs.
  ///
  /// - Parameters:
  ///   - w: `[rowCount, columnCount]`, row-major.
  ///   - rowCount: Rows of `w`, a multiple of the transform's size.
  ///   - columnCount: Columns of `w`.
  ///   - transform: `T`.
  /// - Complexity: As `transformRows`.
  package func transformColumns(
    _ w: UnsafeMutablePointer<Float>,
    rowCount: Int,
    columnCount: Int,
    by transform: BlockTransform
  ) {
    precondition(rowCount % transform.size == 0, "runs of channels fill the height")
    switch transform.form {
    case .hadamard(let hadamard):
      let panels = HadamardPanels(hadamard, isTransposed: transform.isTransposed)
      forEachRange(of: columnCount, length: Self.stripLength) { columns in
        panels.transform(
          w + columns.lowerBound,
          vectorCount: columns.count,
          vectorStride: 1,
          channelCount: rowCount,
          channelStride: columnCount
        )
      }
    case .matrix(let matrix):
      matrix.withElements { elements in
        guard let start = elements.baseAddress else { return }
        forEachRange(of: columnCount, length: Self.productLength) { columns in
          Self.multiplyColumns(
            w + columns.lowerBound,
            columns: columns.count,
            rowCount: rowCount,
            stride: columnCount,
            by: Tile.Factor(start, stride: transform.size, isTransposed: !transform.isTransposed),
            size: transform.size
          )
        }
      }
    }
  }

  private static func multiplyRows(
    _ x: UnsafeMutablePointer<Float>,
    rowCount: Int,
    columnCount: Int,
    by factor: Tile.Factor,
    size: Int
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: rowCount * size) { copy in
      guard let copied = copy.baseAddress else { return }
      for first in stride(from: 0, to: columnCount, by: size) {
        for row in 0..<rowCount {
          (copied + row * size).update(from: x + row * columnCount + first, count: size)
        }
        Tile.multiply(
          Tile.Factor(copied, stride: size),
          factor,
          rows: rowCount,
          columns: size,
          depth: size,
          into: x + first,
          stride: columnCount
        )
      }
    }
  }

  private static func multiplyColumns(
    _ w: UnsafeMutablePointer<Float>,
    columns: Int,
    rowCount: Int,
    stride rowStride: Int,
    by factor: Tile.Factor,
    size: Int
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: size * columns) { copy in
      guard let copied = copy.baseAddress else { return }
      for first in stride(from: 0, to: rowCount, by: size) {
        for row in 0..<size {
          (copied + row * columns).update(from: w + (first + row) * rowStride, count: columns)
        }
        Tile.multiply(
          factor,
          Tile.Factor(copied, stride: columns),
          rows: size,
          columns: columns,
          depth: size,
          into: w + first * rowStride,
          stride: rowStride
        )
      }
    }
  }
}

extension Matrix {
  /// `M ← M·(I ⊗ T)`: transforms the rows.
  ///
  /// - Precondition: The transform's size divides the number of columns.
  package mutating func transformRows(by transform: BlockTransform, on processor: Processor) {
    let (rowCount, columnCount) = (rowCount, columnCount)
    withMutableElements { elements in
      guard let start = elements.baseAddress else { return }
      processor.transformRows(start, rowCount: rowCount, columnCount: columnCount, by: transform)
    }
  }

  /// `M ← (I ⊗ T)ᵀ·M`: transforms the columns.
  ///
  /// - Precondition: The transform's size divides the number of rows.
  package mutating func transformColumns(by transform: BlockTransform, on processor: Processor) {
    let (rowCount, columnCount) = (rowCount, columnCount)
    withMutableElements { elements in
      guard let start = elements.baseAddress else { return }
      processor.transformColumns(start, rowCount: rowCount, columnCount: columnCount, by: transform)
    }
  }
}
