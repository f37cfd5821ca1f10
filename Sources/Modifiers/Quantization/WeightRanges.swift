internal import Kernels
internal import Tensors
internal import Vocabulary

/// How scales lie over a weight: each covers a rectangle of rows and columns.
struct ScaleShape: Hashable, Sendable {
  let rowCount: Int
  let columnCount: Int
  let rowsPerScale: Int
  let groupSize: Int

  init(rowCount: Int, columnCount: Int, arguments: QuantizationArguments) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    switch arguments.strategy {
    case .tensor: (rowsPerScale, groupSize) = (max(rowCount, 1), max(columnCount, 1))
    case .group, .tensorGroup:
      guard let size = arguments.groupSize, size > 0, columnCount % size == 0 else {
        preconditionFailure("a group size divides the columns")
      }
      (rowsPerScale, groupSize) = (1, size)
    case .block:
      guard let block = arguments.blockShape else { preconditionFailure("the block strategy has a block shape") }
      (rowsPerScale, groupSize) = (block.rows, block.columns)
    case .channel, .token, .attentionHead: (rowsPerScale, groupSize) = (1, max(columnCount, 1))
    }
  }

  /// Groups of a row.
  var groupCount: Int { (columnCount + groupSize - 1) / groupSize }
  /// Rows of the grid of scales.
  var scaleRows: Int { (rowCount + rowsPerScale - 1) / rowsPerScale }

  /// Values of scales, `[scaleRows, groupCount]`, for each row, `[rowCount, groupCount]`.
  func repeated(_ values: [Float]) -> [Float] {
    guard rowsPerScale > 1 else { return values }
    let groups = groupCount
    return (0..<rowCount).flatMap { row in
      let start = row / rowsPerScale * groups
      return values[start..<start + groups]
    }
  }

  /// Values of rows, `[rowCount, groupCount]`, combined for each scale.
  func combined(_ values: FloatBuffer, _ combine: (Float, Float) -> Float) -> [Float] {
    let groups = groupCount
    guard rowsPerScale > 1 else { return Array(values[0..<rowCount * groups]) }
    return (0..<scaleRows).flatMap { scaleRow in
      let rows = scaleRow * rowsPerScale..<min((scaleRow + 1) * rowsPerScale, rowCount)
      return (0..<groups).map { group in
        rows.dropFirst().reduce(values.start[rows.lowerBound * groups + group]) {
          combine($0, values.start[$1 * groups + group])
        }
      }
    }
  }
}

/// Smallest and largest weight of everything that shares a scale.
struct WeightRanges {
  let shape: ScaleShape
  /// `[shape.scaleRows, shape.groupCount]`.
  var minima: [Float]
  var maxima: [Float]

  init(of weight: Matrix, arguments: QuantizationArguments, on processor: Processor) {
    let shape = ScaleShape(rowCount: weight.rowCount, columnCount: weight.columnCount, arguments: arguments)
    let groups = shape.groupCount
    let columns = weight.columnCount
    let minima = FloatBuffer(count: weight.rowCount * groups)
    let maxima = FloatBuffer(count: weight.rowCount * groups)
    weight.withElements { elements in
      processor.forEachRange(of: weight.rowCount, length: 64) { rows in
        for row in rows {
          processor.ranges(
            of: UnsafeBufferPointer(rebasing: elements[row * columns..<(row + 1) * columns]),
            width: shape.groupSize,
            minima: minima.start + row * groups,
            maxima: maxima.start + row * groups
          )
        }
      }
    }
    self.shape = shape
    self.minima = weight.elements.isEmpty ? [] : shape.combined(minima, min)
    self.maxima = weight.elements.isEmpty ? [] : shape.combined(maxima, max)
  }

  /// The largest magnitude of the whole weight.
  var magnitude: Float { zip(minima, maxima).reduce(0) { max($0, -$1.0, $1.1) } }
}
