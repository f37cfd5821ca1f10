internal import CKernels

extension Processor {
  /// Rows that one thread prunes at a time; a multiple of the sweep's panel.
  private static let pruneRows = 4 * Int(PARE_GPTQ_LANES)

  /// How the mask of one block of columns comes to be.
  package enum MaskChoice: Hashable, Sendable {
    /// The share of the block's weights that costs least, over all rows together; those that are zero in the mask count.
    case share(Double)
    /// Of every `size` consecutive columns the `zeros` that cost least, row by row.
    case pattern(zeros: Int, size: Int)
  }

  /// Prunes a weight matrix column by column, moving what each pruned weight contributed into the columns not yet visited.
  ///
  /// Columns stand in the order in which they are visited. The mask of a block of columns is chosen when the block's turn
  /// comes, from `w² / U_jj²` of the weights as they are then; channels without input cost nothing.
  ///
  /// - Parameters:
  ///   - weight: `W`, `[rowCount, factor.width]`, columns permuted to the factor's order; becomes the pruned weight.
  ///   - rowCount: Rows of `W`.
  ///   - factor: Upper Cholesky factor of the inverse Hessian.
  ///   - choice: How the mask is chosen.
  ///   - blockSize: Columns of one block; a multiple of the pattern's size.
  ///   - kept: `[rowCount, factor.width]`; zero where a weight must be pruned, becomes zero for all that are.
  /// - Returns: The loss `½ · Σ (w / U_jj)²` over pruned weights.
  /// - Complexity: `O(rowCount · width²)` multiply-adds.
  /// - SeeAlso: Frantar and Alistarh, "SparseGPT", arXiv:2301.00774, Algorithm 1.
  package func prune(
    _ weight: UnsafeMutablePointer<Float>,
    rowCount: Int,
    factor: InverseFactor,
    choice: MaskChoice,
    blockSize: Int,
    kept: UnsafeMutablePointer<UInt8>
  ) -> Double {
    let width = factor.width
    let block = min(blockSize, width)
    let saliency = factor.order.enumerated().map { place, column -> Float in
      let diagonal = factor.elements.start[place * width + place]
      return factor.isSilent[column] ? 0 : 1 / (diagonal * diagonal)
    }
    var (zeros, size) = (0, 0)
    if case .pattern(let count, let length) = choice {
      precondition(block % length == 0 || block == width, "a block does not cut a pattern")
      (zeros, size) = (count, length)
    }
    let tiles = (rowCount + Self.pruneRows - 1) / Self.pruneRows
    var losses = [Double](repeating: 0, count: tiles)
    let errors = FloatBuffer(count: rowCount * block)
    for start in stride(from: 0, to: width, by: block) {
      let columns = min(block, width - start)
      if case .share(let fraction) = choice {
        chooseShare(
          fraction,
          of: weight + start,
          rowCount: rowCount,
          stride: width,
          saliency: saliency[start..<start + columns],
          kept: kept + start
        )
      }
      let corner = factor.elements.start + start * width + start
      losses.withUnsafeMutableBufferPointer { losses in
        saliency.withUnsafeBufferPointer { saliency in
          guard let saliencyStart = saliency.baseAddress else { return }
          forEach(tiles) { tile in
            let first = tile * Self.pruneRows
            let rows = min(Self.pruneRows, rowCount - first)
            let scratch = UnsafeMutablePointer<Float>.allocate(capacity: pare_gptq_scratch(columns))
            defer { scratch.deallocate() }
            losses[tile] += pare_prune_sweep(
              level.raw,
              weight + first * width + start,
              width,
              rows,
              columns,
              corner,
              width,
              saliencyStart + start,
              kept + first * width + start,
              width,
              zeros,
              size,
              errors.start + first * columns,
              scratch
            )
            factor.move(
              errors.start + first * columns,
              of: start..<start + columns,
              rows: rows,
              into: weight + first * width
            )
          }
        }
      }
    }
    return losses.reduce(0, +) / 2
  }

  /// Takes the cheapest share of a block out of the mask; weights that are out already come first and count.
  private func chooseShare(
    _ fraction: Double,
    of weight: UnsafePointer<Float>,
    rowCount: Int,
    stride: Int,
    saliency: ArraySlice<Float>,
    kept: UnsafeMutablePointer<UInt8>
  ) {
    let columns = saliency.count
    let count = Int(Double(rowCount * columns) * fraction)
    guard count > 0 else { return }
    let costs = FloatBuffer(count: rowCount * columns)
    for row in 0..<rowCount {
      for (column, factor) in saliency.enumerated() {
        let value = weight[row * stride + column]
        costs.start[row * columns + column] = kept[row * stride + column] == 0 ? -1 : value * value * factor
      }
    }
    let chosen = smallest(count, of: costs)
    for row in 0..<rowCount {
      for column in 0..<columns where chosen[row * columns + column] { kept[row * stride + column] = 0 }
    }
  }

  /// Marks the smallest elements; of equal ones those that come first.
  ///
  /// - Parameters:
  ///   - count: How many; at most all.
  ///   - values: The elements, none of them NaN.
  /// - Returns: True for exactly `count` elements.
  /// - Complexity: Linear in the elements on average.
  package func smallest(_ count: Int, of values: FloatBuffer) -> [Bool] {
    precondition(0...values.count ~= count, "there are not so many elements")
    guard count > 0 else { return Array(repeating: false, count: values.count) }
    let copy = FloatBuffer(count: values.count)
    copy.start.update(from: values.start, count: values.count)
    let threshold = pare_select(copy.start, values.count, count - 1)
    var equal = count - values[0..<values.count].count { $0 < threshold }
    return values[0..<values.count].map { value in
      guard value == threshold else { return value < threshold }
      equal -= 1
      return equal >= 0
    }
  }
}
