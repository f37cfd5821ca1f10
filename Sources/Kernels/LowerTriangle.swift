internal import CKernels

/// The lower triangle of a symmetric matrix, factored and inverted in place: blocks on the diagonal by plain loops, all
/// the rest as products of tiles.
///
/// Not LAPACK: a Cholesky factorization must give the same bits on any number of threads, and Debian's OpenBLAS runs
/// processors that it does not know by name on SSE3 kernels.
struct LowerTriangle {
  /// Columns of one block.
  private static let blockColumns = 128
  /// Rows of one tile of the update behind a block.
  private static let tileRows = 128

  private let elements: UnsafeMutablePointer<Float>
  private let width: Int
  private let processor: Processor
  private let scratch: FloatBuffer
  private let inverse: FloatBuffer

  /// Makes a view on a matrix, `[width, width]`, row-major.
  init(_ elements: UnsafeMutablePointer<Float>, width: Int, processor: Processor) {
    self.elements = elements
    self.width = width
    self.processor = processor
    scratch = FloatBuffer(count: width * Self.blockColumns)
    inverse = FloatBuffer(count: Self.blockColumns * Self.blockColumns)
  }

  /// Replaces the matrix by its Cholesky factor `L`, `A = L·Lᵀ`; false when it has none.
  func factor() -> Bool {
    for first in stride(from: 0, to: width, by: Self.blockColumns) {
      let size = min(Self.blockColumns, width - first)
      let corner = elements + first * width + first
      guard pare_cholesky(processor.level.raw, corner, size, width) != 0 else { return false }
      let next = first + size
      guard next < width else { break }
      pare_invert_lower(processor.level.raw, corner, size, width, inverse.start)
      // The panel below the block: P = A · L⁻ᵀ.
      processor.forEachRange(of: width - next, length: Self.tileRows) { rows in
        let panel = elements + (next + rows.lowerBound) * width + first
        let copy = scratch.start + rows.lowerBound * size
        Tile.multiply(
          Tile.Factor(panel, stride: width),
          Tile.Factor(inverse.start, stride: size, isTransposed: true),
          rows: rows.count,
          columns: size,
          depth: size,
          into: copy,
          stride: size
        )
        for row in 0..<rows.count { (panel + row * width).update(from: copy + row * size, count: size) }
      }
      // The rest: A -= P · Pᵀ, row tile by row tile, up to the diagonal.
      processor.forEachRange(of: width - next, length: Self.tileRows) { rows in
        Tile.multiply(
          Tile.Factor(scratch.start + rows.lowerBound * size, stride: size),
          Tile.Factor(scratch.start, stride: size, isTransposed: true),
          rows: rows.count,
          columns: rows.upperBound,
          depth: size,
          scale: -1,
          addingTo: 1,
          into: elements + (next + rows.lowerBound) * width + next,
          stride: width
        )
      }
    }
    return true
  }

  /// Replaces a lower triangle `L` by its inverse, with zeros above the diagonal.
  func invert() {
    for first in stride(from: 0, to: width, by: Self.blockColumns) {
      let size = min(Self.blockColumns, width - first)
      let rows = elements + first * width
      pare_invert_lower(processor.level.raw, rows + first, size, width, inverse.start)
      // Block row of the inverse: X = -D · (L · X above), D being the inverse of the block on the diagonal.
      processor.forEachRange(of: first, length: Self.tileRows) { columns in
        let product = scratch.start + columns.lowerBound * size
        Tile.multiply(
          Tile.Factor(rows + columns.lowerBound, stride: width),
          Tile.Factor(elements + columns.lowerBound * width + columns.lowerBound, stride: width),
          rows: size,
          columns: columns.count,
          depth: first - columns.lowerBound,
          into: product,
          stride: columns.count
        )
      }
      processor.forEachRange(of: first, length: Self.tileRows) { columns in
        Tile.multiply(
          Tile.Factor(inverse.start, stride: size),
          Tile.Factor(scratch.start + columns.lowerBound * size, stride: columns.count),
          rows: size,
          columns: columns.count,
          depth: size,
          scale: -1,
          into: rows + columns.lowerBound,
          stride: width
        )
      }
      for row in 0..<size {
        let line = rows + row * width + first
        line.update(from: inverse.start + row * size, count: size)
        (line + size).update(repeating: 0, count: width - first - size)
      }
    }
  }
}
