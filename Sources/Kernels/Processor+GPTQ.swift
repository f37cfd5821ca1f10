internal import CKernels

extension Processor {
  /// Rows that one thread quantizes from the first column to the last; a multiple of the sweep's panel.
  private static let sweepRows = 4 * Int(PARE_GPTQ_LANES)

  /// Quantizes a weight matrix column by column, moving each rounding error into the columns not yet visited.
  ///
  /// Columns stand in the order in which they are visited. Rows are independent of one another and are computed in
  /// parallel, each tile from the first block of columns to the last: inside a block column by column, behind it by one
  /// product a block.
  ///
  /// - Parameters:
  ///   - weight: `W`, `[rowCount, factor.width]`, columns permuted to the factor's order; becomes its dequantized value.
  ///   - rowCount: Rows of `W`.
  ///   - factor: Upper Cholesky factor of the inverse Hessian.
  ///   - scales: `[rowCount, groupCount]`.
  ///   - zeroPoints: `[rowCount, groupCount]`, or nil for a symmetric grid.
  ///   - groupCount: Groups of a row.
  ///   - groupOfColumn: The group of each column in visiting order, `[factor.width]`.
  ///   - blockSize: Columns between two updates of the trailing weights.
  ///   - grid: The numbers codes stand for.
  ///   - kept: `[rowCount, factor.width]`, zero where a weight must become exactly zero, or nil when all may change; what
  ///     errors moved there moves on.
  ///   - codes: `[rowCount, factor.width]`, in visiting order.
  /// - Returns: The loss `½ · Σ ((w - q) / U_jj)²`.
  /// - Complexity: `O(rowCount · width²)` multiply-adds.
  /// - SeeAlso: Frantar et al., "GPTQ", arXiv:2210.17323, Algorithm 1.
  package func sweep(
    _ weight: UnsafeMutablePointer<Float>,
    rowCount: Int,
    factor: InverseFactor,
    scales: [Float],
    zeroPoints: [Float]?,
    groupCount: Int,
    groupOfColumn: [Int32],
    blockSize: Int,
    grid: Grid,
    kept: UnsafePointer<UInt8>?,
    codes: UnsafeMutablePointer<UInt8>
  ) -> Double {
    let width = factor.width
    precondition(scales.count == rowCount * groupCount && groupOfColumn.count == width, "one scale a row and group")
    let block = min(blockSize, width)
    let tiles = (rowCount + Self.sweepRows - 1) / Self.sweepRows
    var losses = [Double](repeating: 0, count: tiles)
    losses.withUnsafeMutableBufferPointer { losses in
      scales.withUnsafeBufferPointer { scales in
        groupOfColumn.withUnsafeBufferPointer { groups in
          (zeroPoints ?? []).withUnsafeBufferPointer { zeroPoints in
            guard let scaleStart = scales.baseAddress, let groupStart = groups.baseAddress else { return }
            forEach(tiles) { tile in
              let first = tile * Self.sweepRows
              let rows = min(Self.sweepRows, rowCount - first)
              let errors = UnsafeMutablePointer<Float>.allocate(capacity: rows * block)
              let scratch = UnsafeMutablePointer<Float>.allocate(capacity: pare_gptq_scratch(block))
              defer {
                errors.deallocate()
                scratch.deallocate()
              }
              let tileZeroPoints = zeroPoints.isEmpty ? nil : zeroPoints.baseAddress.map { $0 + first * groupCount }
              for start in stride(from: 0, to: width, by: block) {
                let columns = min(block, width - start)
                let corner = factor.elements.start + start * width + start
                losses[tile] += pare_gptq_sweep(
                  level.raw,
                  weight + first * width + start,
                  width,
                  rows,
                  columns,
                  corner,
                  width,
                  scaleStart + first * groupCount,
                  tileZeroPoints,
                  groupCount,
                  groupStart + start,
                  kept.map { $0 + first * width + start },
                  width,
                  grid.raw,
                  codes + first * width + start,
                  width,
                  errors,
                  scratch
                )
                factor.move(errors, of: start..<start + columns, rows: rows, into: weight + first * width)
              }
            }
          }
        }
      }
    }
    return losses.reduce(0, +) / 2
  }
}
