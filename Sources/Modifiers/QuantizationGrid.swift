package import Kernels
package import Tensors
package import Vocabulary

/// The scales and zero points of one weight matrix: which number each code of each group stands for.
package struct QuantizationGrid: Sendable {
  /// Rows of the weight.
  package let rowCount: Int
  /// Columns that share a scale.
  package let groupSize: Int
  /// Groups of a row.
  package let groupCount: Int
  /// Scales, `[rowCount, groupCount]`, each a number of the type it is stored in.
  package let scales: [Float]
  /// Zero points, `[rowCount, groupCount]`, integers; nil for a symmetric grid.
  package let zeroPoints: [Float]?
  /// The numbers that codes stand for before scale and zero point.
  package let codes: Grid
  /// Whether one scale serves the whole matrix; `scales` then repeats it.
  package let isPerTensor: Bool

  /// Finds the grid of a weight.
  ///
  /// - Parameters:
  ///   - weight: `W`, `[rows, columns]`.
  ///   - arguments: Bits, symmetry and strategy: `tensor`, `channel` or `group`.
  ///   - observer: How ranges are found.
  ///   - storage: The type that scales are stored in.
  ///   - processor: Where to run; rows in parallel.
  /// - Precondition: A group size divides the columns.
  package init(
    of weight: Matrix,
    arguments: QuantizationArguments,
    observer: WeightObserver,
    storage: ElementType,
    on processor: Processor
  ) {
    let ranges = WeightRanges(of: weight, arguments: arguments, on: processor)
    let rule = ScaleRule(arguments: arguments, storage: storage)
    switch observer {
    case .minMax: self.init(ranges: ranges, rule: rule)
    case .shrunkRange(let search):
      self.init(ranges: ranges.searched(search, in: weight, rule: rule, on: processor), rule: rule)
    }
  }

  /// Makes the grid that given ranges ask for.
  init(ranges: WeightRanges, rule: ScaleRule) {
    let points = zip(ranges.minima, ranges.maxima).map { rule.scaleAndZeroPoint(minimum: $0, maximum: $1) }
    self.init(
      ranges: ranges,
      codes: rule.codes,
      scales: points.map(\.scale),
      zeroPoints: rule.isSymmetric ? nil : points.map(\.zeroPoint)
    )
  }

  /// Makes a grid of scales that are already found, one for each range.
  init(ranges: WeightRanges, codes: Grid, scales: [Float], zeroPoints: [Float]?) {
    rowCount = ranges.rowCount
    groupSize = ranges.groupSize
    groupCount = ranges.groupCount
    isPerTensor = ranges.isPerTensor
    self.codes = codes
    self.scales = isPerTensor ? Array(repeating: scales[0], count: rowCount) : scales
    self.zeroPoints = isPerTensor ? zeroPoints.map { Array(repeating: $0[0], count: ranges.rowCount) } : zeroPoints
  }

  /// The scales as they are stored: `[1]` when one serves the whole matrix.
  package var storedScales: [Float] { isPerTensor ? [scales[0]] : scales }

  /// The zero points as they are stored.
  package var storedZeroPoints: [Int8]? {
    zeroPoints.map { points in (isPerTensor ? [points[0]] : points).map { Int8($0) } }
  }
}

extension QuantizationGrid {
  /// Calls `body` for each run of columns that shares a scale, with its places among all elements; rows in parallel.
  func forEachRun(
    on processor: Processor,
    _ body: (_ places: Range<Int>, _ scale: Float, _ zeroPoint: Float) -> Void
  ) {
    let columns = groupCount * groupSize
    processor.forEachRange(of: rowCount, length: Self.rowsTogether) { rows in
      for row in rows {
        for group in 0..<groupCount {
          let start = row * columns + group * groupSize
          let index = row * groupCount + group
          body(start..<start + groupSize, scales[index], zeroPoints?[index] ?? 0)
        }
      }
    }
  }

  /// Rows that one thread takes at a time.
  private static let rowsTogether = 16
}

/// Smallest and largest weight of everything that shares a scale.
struct WeightRanges {
  let rowCount: Int
  let groupSize: Int
  let groupCount: Int
  let isPerTensor: Bool
  /// `[rowCount, groupCount]`, or one element for the whole matrix.
  var minima: [Float]
  var maxima: [Float]

  init(of weight: Matrix, arguments: QuantizationArguments, on processor: Processor) {
    let columns = weight.columnCount
    let width = arguments.strategy == .group ? arguments.groupSize ?? columns : columns
    precondition(width > 0 && columns % width == 0, "a group size divides the columns")
    let groups = columns / width
    let count = weight.rowCount * groups
    let minima = FloatBuffer(count: count)
    let maxima = FloatBuffer(count: count)
    weight.withElements { elements in
      processor.forEachRange(of: weight.rowCount, length: 64) { rows in
        processor.ranges(
          of: UnsafeBufferPointer(rebasing: elements[rows.lowerBound * columns..<rows.upperBound * columns]),
          width: width,
          minima: minima.start + rows.lowerBound * groups,
          maxima: maxima.start + rows.lowerBound * groups
        )
      }
    }
    rowCount = weight.rowCount
    groupSize = width
    groupCount = groups
    isPerTensor = arguments.strategy == .tensor
    self.minima = isPerTensor ? [minima[0..<count].min() ?? 0] : Array(minima[0..<count])
    self.maxima = isPerTensor ? [maxima[0..<count].max() ?? 0] : Array(maxima[0..<count])
  }
}

/// How a range becomes a scale and a zero point.
struct ScaleRule {
  let codes: Grid
  let isSymmetric: Bool
  let storage: ElementType

  init(arguments: QuantizationArguments, storage: ElementType) {
    codes = arguments.numberKind == .float ? .float8 : .integers(bitWidth: arguments.bitWidth)
    isSymmetric = arguments.isSymmetric
    self.storage = storage
  }

  /// The scale, rounded to its storage type, and the zero point that goes with the rounded scale.
  func scaleAndZeroPoint(minimum: Float, maximum: Float) -> (scale: Float, zeroPoint: Float) {
    let low = min(minimum, 0)
    let high = max(maximum, 0)
    let width = isSymmetric ? max(-low, high) / codes.halfRange : (high - low) / (codes.maximum - codes.minimum)
    let scale = stored(width)
    guard !isSymmetric else { return (scale, 0) }
    let point = (codes.minimum - low / scale).rounded(.toNearestOrEven)
    return (scale, min(max(point, codes.minimum), codes.maximum))
  }

  /// The number of the storage type nearest to a scale; the type's epsilon for a scale of zero.
  private func stored(_ scale: Float) -> Float {
    let rounded = storage.rounded(scale)
    return rounded == 0 ? storage.epsilon : rounded
  }
}
