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
    var best = self
    let importance = importance.map(Self.normalized) ?? []
    precondition(importance.isEmpty || importance.count == shape.columnCount, "an importance for each column")
    var leastErrors = [Float](repeating: .infinity, count: minima.count)
    var fruitless = 0
    for step in 0..<search.candidateCount {
      let share = Float(search.expansion * (1 - Double(step) / Double(search.stepCount)))
      let points = zip(minima, maxima).map { rule.point(minimum: share * $0, maximum: share * $1) }
      let errors = errors(
        of: points,
        in: weight,
        importance: importance,
        power: Float(search.power),
        grid: rule.codes,
        on: processor
      )
      var anyImproved = false
      for (index, error) in errors.enumerated() where error < leastErrors[index] {
        leastErrors[index] = error
        best.minima[index] = share * minima[index]
        best.maxima[index] = share * maxima[index]
        anyImproved = true
      }
      fruitless = anyImproved ? 0 : fruitless + 1
      if let patience = search.patience, !anyImproved, fruitless >= patience { break }
    }
    return best
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
    let importance = importance.map(Self.normalized) ?? []
    let nearest = zip(minima, maxima).map { rule.point(minimum: $0, maximum: $1) }
    var best = nearest
    var leastErrors = errors(of: nearest, in: weight, importance: importance, power: 2, grid: rule.codes, on: processor)
    for step in [-1, 1] {
      let neighbours = nearest.map { $0.neighbour(step, under: global) }
      let found = errors(of: neighbours, in: weight, importance: importance, power: 2, grid: rule.codes, on: processor)
      for (index, error) in found.enumerated() where error < leastErrors[index] {
        leastErrors[index] = error
        best[index] = neighbours[index]
      }
    }
    return best
  }

  /// The error of rounding under each scale, `Σ importance · |error|^power` over all that shares it, in float32.
  private func errors(
    of points: [ScalePoint],
    in weight: Matrix,
    importance: [Float],
    power: Float,
    grid: Grid,
    on processor: Processor
  ) -> [Float] {
    let groups = shape.groupCount
    let columns = shape.columnCount
    let rowErrors = FloatBuffer(count: shape.rowCount * groups)
    weight.withElements { elements in
      importance.withUnsafeBufferPointer { importance in
        processor.forEachRange(of: shape.rowCount, length: 8) { rows in
          for row in rows {
            for group in 0..<groups {
              let first = group * shape.groupSize
              let last = min(first + shape.groupSize, columns)
              let point = points[row / shape.rowsPerScale * groups + group]
              rowErrors.start[row * groups + group] = processor.quantizationError(
                of: UnsafeBufferPointer(rebasing: elements[row * columns + first..<row * columns + last]),
                importance: importance.isEmpty ? nil : importance.baseAddress.map { $0 + first },
                scale: point.scale,
                zeroPoint: point.zeroPoint,
                grid: grid,
                power: power
              )
            }
          }
        }
      }
    }
    return shape.combined(rowErrors, +)
  }

  /// Importances with mean 1; all equal where there is nothing to tell columns apart.
  private static func normalized(_ importance: [Float]) -> [Float] {
    let mean = importance.reduce(0.0) { $0 + Double($1) } / Double(max(importance.count, 1))
    guard mean > 0, mean.isFinite else { return Array(repeating: 1, count: importance.count) }
    return importance.map { Float(Double($0) / mean) }
  }
}
