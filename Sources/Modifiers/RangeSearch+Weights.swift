internal import Kernels
internal import Tensors
internal import Vocabulary

extension WeightRanges {
  /// The ranges shrunk, each on its own, to where the error of rounding is smallest.
  ///
  /// - SeeAlso: The `mse` observer of llm-compressor; steps, power and patience mean the same here, the arithmetic is
  ///   float32 against the stored scale.
  func searched(_ search: RangeSearch, in weight: Matrix, rule: ScaleRule, on processor: Processor) -> WeightRanges {
    var best = self
    let count = minima.count
    let leastErrors = FloatBuffer(count: count)
    for index in 0..<count { leastErrors.start[index] = .infinity }
    let improved = FloatBuffer(count: count)
    var fruitless = 0
    for step in 0..<max(Int(search.maximumShrink * Double(search.stepCount)), 1) {
      let share = Float(1 - Double(step) / Double(search.stepCount))
      weight.withElements { elements in
        processor.forEach(count) { index in
          let point = rule.scaleAndZeroPoint(minimum: share * minima[index], maximum: share * maxima[index])
          let length = isPerTensor ? elements.count : groupSize
          let error = processor.quantizationError(
            of: UnsafeBufferPointer(rebasing: elements[index * length..<(index + 1) * length]),
            scale: point.scale,
            zeroPoint: point.zeroPoint,
            grid: rule.codes,
            power: Float(search.power)
          )
          improved.start[index] = error < leastErrors.start[index] ? 1 : 0
          leastErrors.start[index] = min(error, leastErrors.start[index])
        }
      }
      var anyImproved = false
      for index in 0..<count where improved.start[index] > 0 {
        best.minima[index] = share * minima[index]
        best.maxima[index] = share * maxima[index]
        anyImproved = true
      }
      fruitless = anyImproved ? 0 : fruitless + 1
      if !anyImproved, fruitless >= search.patience { break }
    }
    return best
  }
}
