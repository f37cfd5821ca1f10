package import Kernels
package import Tensors
package import Vocabulary

/// The scales and zero points of one weight matrix: which number each code of each group stands for.
package struct QuantizationGrid: Sendable {
  /// Rows of the weight.
  package let rowCount: Int
  /// Columns of the weight.
  package let columnCount: Int
  /// Rows that share a scale.
  package let rowsPerScale: Int
  /// Columns that share a scale; the last group of a row may have fewer.
  package let groupSize: Int
  /// Groups of a row.
  package let groupCount: Int
  /// What a code is multiplied by, `[rowCount, groupCount]`: rows that share a scale repeat it.
  package let scales: [Float]
  /// Zero points, `[rowCount, groupCount]`, integers; nil for a symmetric grid.
  package let zeroPoints: [Float]?
  /// The numbers that codes stand for before scale and zero point.
  package let codes: Grid
  /// The scales as they are stored, `[scale rows, groupCount]`.
  package let storedScales: StoredScales

  /// Finds the grid of a weight.
  ///
  /// - Parameters:
  ///   - weight: `W`, `[rows, columns]`.
  ///   - request: Which grid is wanted.
  ///   - processor: Where to run; rows in parallel.
  /// - Precondition: A group size divides the columns.
  package init(of weight: Matrix, as request: GridRequest, on processor: Processor) {
    let ranges = WeightRanges(of: weight, arguments: request.arguments, on: processor)
    let rule = ScaleRule(request, maximum: request.fusedMaximum ?? ranges.magnitude)
    switch request.observer {
    case .minMax:
      guard case .float8(let global) = rule.form else {
        self.init(ranges: ranges, rule: rule)
        return
      }
      let points = ranges.bestPoints(
        in: weight,
        importance: request.importance,
        rule: rule,
        global: global,
        on: processor
      )
      self.init(ranges: ranges, rule: rule, points: points)
    case .shrunkRange(let search):
      let searched = ranges.searched(search, in: weight, importance: request.importance, rule: rule, on: processor)
      self.init(ranges: searched, rule: rule)
    }
  }

  /// Makes the grid that given ranges ask for.
  init(ranges: WeightRanges, rule: ScaleRule) {
    self.init(
      ranges: ranges,
      rule: rule,
      points: zip(ranges.minima, ranges.maxima).map { rule.point(minimum: $0, maximum: $1) }
    )
  }

  /// Makes a grid of points that are already found, one for each range.
  init(ranges: WeightRanges, rule: ScaleRule, points: [ScalePoint]) {
    rowCount = ranges.shape.rowCount
    columnCount = ranges.shape.columnCount
    rowsPerScale = ranges.shape.rowsPerScale
    groupSize = ranges.shape.groupSize
    groupCount = ranges.shape.groupCount
    codes = rule.codes
    let shape = ranges.shape
    scales = shape.repeated(points.map(\.scale))
    zeroPoints = rule.isSymmetric ? nil : shape.repeated(points.map(\.zeroPoint))
    storedScales =
      switch rule.form {
      case .floats: .floats(points.map(\.scale))
      case .float8(let global): .float8(points.map(\.byte), global: global)
      case .exponents: .exponents(points.map(\.byte))
      }
  }

  /// The zero points as they are stored, `[scale rows, groupCount]`.
  package var storedZeroPoints: [Int8]? {
    zeroPoints.map { points in
      stride(from: 0, to: rowCount, by: rowsPerScale).flatMap { row in
        points[row * groupCount..<(row + 1) * groupCount].map { Int8($0) }
      }
    }
  }
}

/// The scales of a weight in the form that its format stores.
package enum StoredScales: Hashable, Sendable {
  /// Numbers of the model's type.
  case floats([Float])
  /// Float8 E4M3 bytes under one global scale, which multiplies before they are rounded and divides when they are used.
  case float8([UInt8], global: Float)
  /// Exponents of powers of two, biased by 127.
  case exponents([UInt8])
}

/// Which grid a weight is to get.
package struct GridRequest: Sendable {
  /// Bits, symmetry and how far a scale reaches.
  package var arguments: QuantizationArguments
  /// How ranges are found.
  package var observer: WeightObserver
  /// The type of the model's weights, in which plain scales are stored.
  package var storage: ElementType
  /// How much each column's error counts in a search, `[columns]`; nil where all count the same.
  package var importance: [Float]?
  /// The largest magnitude among all layers that share a global scale; nil where the layer stands alone.
  package var fusedMaximum: Float?

  package init(
    arguments: QuantizationArguments,
    observer: WeightObserver = .minMax,
    storage: ElementType,
    importance: [Float]? = nil,
    fusedMaximum: Float? = nil
  ) {
    self.arguments = arguments
    self.observer = observer
    self.storage = storage
    self.importance = importance
    self.fusedMaximum = fusedMaximum
  }

  /// Whether no scale is shared by rows, nor follows from more than one of them.
  var roundsRowsApart: Bool { arguments.strategy == .group || arguments.strategy == .channel }
}

extension QuantizationGrid {
  /// Calls `body` for each run of columns that shares a scale, with its places among all elements; rows in parallel.
  func forEachRun(
    on processor: Processor,
    _ body: (_ places: Range<Int>, _ scale: Float, _ zeroPoint: Float) -> Void
  ) {
    processor.forEachRange(of: rowCount, length: Self.rowsTogether) { rows in
      for row in rows {
        for group in 0..<groupCount {
          let start = row * columnCount + group * groupSize
          let end = min(start + groupSize, (row + 1) * columnCount)
          let index = row * groupCount + group
          body(start..<end, scales[index], zeroPoints?[index] ?? 0)
        }
      }
    }
  }

  /// Rows that one thread takes at a time.
  private static let rowsTogether = 16
}
