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
    let groups = shape.groupCount
    let columns = shape.columnCount
    let importance = importance.map(Self.normalized) ?? []
    precondition(importance.isEmpty || importance.count == columns, "an importance for each column")
    let rowErrors = FloatBuffer(count: shape.rowCount * groups)
    var leastErrors = [Float](repeating: .infinity, count: minima.count)
    var fruitless = 0
    for step in 0..<search.candidateCount {
      let share = Float(search.expansion * (1 - Double(step) / Double(search.stepCount)))
      let points = zip(minima, maxima).map { rule.point(minimum: share * $0, maximum: share * $1) }
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
                  grid: rule.codes,
                  power: Float(search.power)
                )
              }
            }
          }
        }
      }
      var anyImproved = false
      for (index, error) in shape.combined(rowErrors, +).enumerated() where error < leastErrors[index] {
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

  /// Importances with mean 1; all equal where there is nothing to tell columns apart.
  private static func normalized(_ importance: [Float]) -> [Float] {
    let mean = importance.reduce(0.0) { $0 + Double($1) } / Double(max(importance.count, 1))
    guard mean > 0, mean.isFinite else { return Array(repeating: 1, count: importance.count) }
    return importance.map { Float(Double($0) / mean) }
  }
}
