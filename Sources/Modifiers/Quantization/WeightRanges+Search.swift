internal import Kernels
internal import Tensors
internal import Vocabulary

extension WeightRanges {
  /// The ranges shrunk, each on its own, to where the error of rounding is smallest.
  ///
  /// - Parameters:
  ///   - search: Steps, power and patience, as in the `mse` observers of llm-compressor; errors are measured in float32
  ///     against the stored scale.
  ///   - weight: The weight.
  ///   - importance: How much each column's error counts, `[columns]`; nil where all count the same.
  ///   - rule: How a range becomes a scale.
  ///   - processor: Where to run; rows in parallel.
  /// - Returns: For each scale the range that was best, the first of equal ones.
  func searched(
    _ search: RangeSearch,
    in weight: Matrix,
    importance: [Float]?,
    rule: ScaleRule,
    on processor: Processor
  ) -> WeightRanges {
    let shares = (0..<search.candidateCount).map { step in
      Float(search.expansion * (1 - Double(step) / Double(search.stepCount)))
    }
    let trial = Trial(self, in: weight, importance: importance, power: Float(search.power), rule: rule, on: processor)
    var best = BestCandidates(count: minima.count)
    var fruitless = 0
    var next = 0
    while next < shares.count {
      // Before so many more steps the search cannot end: they are tried together, while the weights are at hand.
      let steps = next..<min(next + min(max((search.patience ?? .max) - fruitless, 1), Trial.together), shares.count)
      let errors = trial.errors(of: steps.count) { candidate, range in
        let share = shares[next + candidate]
        return rule.point(minimum: share * minima[range], maximum: share * maxima[range])
      }
      for (step, errors) in zip(steps, errors) {
        fruitless = best.offer(step, errors: errors) ? 0 : fruitless + 1
      }
      if let patience = search.patience, fruitless > 0, fruitless >= patience { break }
      next = steps.upperBound
    }
    var result = self
    for (range, choice) in best.choices.enumerated() where choice >= 0 {
      result.minima[range] *= shares[Int(choice)]
      result.maxima[range] *= shares[Int(choice)]
    }
    return result
  }

  /// The points of ranges whose scales are float8 numbers: of the number nearest to a scale and its two neighbours, which
  /// are up to an eighth apart, the one with the smallest squared error.
  ///
  /// - Parameters:
  ///   - weight: The weight.
  ///   - importance: How much each column's error counts, `[columns]`; nil where all count the same.
  ///   - rule: How a range becomes a scale.
  ///   - global: The global scale.
  ///   - processor: Where to run; rows in parallel.
  /// - Returns: A point for each range.
  func bestPoints(
    in weight: Matrix,
    importance: [Float]?,
    rule: ScaleRule,
    global: Float,
    on processor: Processor
  ) -> [ScalePoint] {
    let trial = Trial(self, in: weight, importance: importance, power: 2, rule: rule, on: processor)
    let scales = (0...UInt8.max).map { ScalePoint(float8: $0, under: global) }
    let nearest = [UInt8](unsafeUninitializedCapacity: minima.count) { bytes, count in
      if let start = bytes.baseAddress {
        processor.forEachRange(of: minima.count, length: Self.rangesTogether) { ranges in
          for range in ranges { start[range] = rule.point(minimum: minima[range], maximum: maxima[range]).byte }
        }
      }
      count = minima.count
    }
    func candidate(_ index: Int, _ range: Int) -> ScalePoint {
      let byte = Int(nearest[range]) + Self.steps[index]
      return scales[ScalePoint.bytes ~= byte ? byte : Int(nearest[range])]
    }
    var best = BestCandidates(count: minima.count)
    for (index, errors) in trial.errors(of: Self.steps.count, under: candidate).enumerated() {
      _ = best.offer(index, errors: errors)
    }
    return best.choices.enumerated().map { candidate(max(Int($1), 0), $0) }
  }

  /// The neighbours of the nearest float8 scale that are tried, itself first.
  private static let steps = [0, -1, 1]
  /// Ranges that one thread takes at a time.
  private static let rangesTogether = 4096
}

/// Which candidate had the smallest error, for each of many scales.
private struct BestCandidates {
  /// The first of the best; -1 where none had an error that is a number.
  private(set) var choices: [Int32]
  private var leastErrors: [Float]

  init(count: Int) {
    choices = Array(repeating: -1, count: count)
    leastErrors = Array(repeating: .infinity, count: count)
  }

  /// Takes a candidate where it is better than all before.
  ///
  /// - Parameters:
  ///   - candidate: Its number.
  ///   - errors: Its error for each scale.
  /// - Returns: Whether it is better anywhere.
  mutating func offer(_ candidate: Int, errors: [Float]) -> Bool {
    var isBetter = false
    for (index, error) in errors.enumerated() where error < leastErrors[index] {
      leastErrors[index] = error
      choices[index] = Int32(candidate)
      isBetter = true
    }
    return isBetter
  }
}

/// What the error of rounding is measured on.
private struct Trial {
  /// Candidates that are tried on a row before the next row is read, at most.
  static let together = 5
  /// Rows that one thread takes at a time.
  private static let rowsTogether = 8

  private let shape: ScaleShape
  private let weight: Matrix
  private let importance: [Float]
  private let power: Float
  private let grid: Grid
  private let processor: Processor

  /// Makes a trial of a weight.
  ///
  /// - Parameters:
  ///   - ranges: How scales lie over the weight.
  ///   - weight: The weight.
  ///   - importance: How much each column's error counts, `[columns]`; nil where all count the same.
  ///   - power: The exponent of each error.
  ///   - rule: How a range becomes a scale.
  ///   - processor: Where to run; rows in parallel.
  init(
    _ ranges: WeightRanges,
    in weight: Matrix,
    importance: [Float]?,
    power: Float,
    rule: ScaleRule,
    on processor: Processor
  ) {
    shape = ranges.shape
    self.weight = weight
    self.importance = importance.map(Self.normalized) ?? []
    precondition(self.importance.isEmpty || self.importance.count == shape.columnCount, "an importance for each column")
    self.power = power
    grid = rule.codes
    self.processor = processor
  }

  /// The errors of rounding under some points, `Σ importance · |error|^power` over all that shares a scale, in float32.
  ///
  /// - Parameters:
  ///   - count: Candidates for each scale.
  ///   - point: The point of a candidate and a scale.
  /// - Returns: For each candidate the error under each scale.
  func errors(
    of count: Int,
    under point: (_ candidate: Int, _ scale: Int) -> ScalePoint
  ) -> some Sequence<[Float]> {
    let groups = shape.groupCount
    let columns = shape.columnCount
    let rowErrors = (0..<count).map { _ in FloatBuffer(count: shape.rowCount * groups) }
    weight.withElements { elements in
      importance.withUnsafeBufferPointer { importance in
        processor.forEachRange(of: shape.rowCount, length: Self.rowsTogether) { rows in
          let scales = FloatBuffer(count: groups)
          let zeroPoints = FloatBuffer(count: groups)
          for row in rows {
            let first = row / shape.rowsPerScale * groups
            for candidate in 0..<count {
              for group in 0..<groups {
                let point = point(candidate, first + group)
                scales.start[group] = point.scale
                zeroPoints.start[group] = point.zeroPoint
              }
              processor.quantizationErrors(
                of: UnsafeBufferPointer(rebasing: elements[row * columns..<(row + 1) * columns]),
                width: shape.groupSize,
                importance: importance.isEmpty ? nil : importance.baseAddress,
                scales: scales.start,
                zeroPoints: zeroPoints.start,
                grid: grid,
                power: power,
                into: rowErrors[candidate].start + row * groups
              )
            }
          }
        }
      }
    }
    return rowErrors.lazy.map { shape.combined($0, +) }
  }

  /// Importances with mean 1; all equal where there is nothing to tell columns apart.
  private static func normalized(_ importance: [Float]) -> [Float] {
    let mean = importance.reduce(0.0) { $0 + Double($1) } / Double(max(importance.count, 1))
    guard mean > 0, mean.isFinite else { return Array(repeating: 1, count: importance.count) }
    return importance.map { Float(Double($0) / mean) }
  }
}
