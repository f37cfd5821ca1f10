internal import Kernels
internal import Tensors
internal import Vocabulary

/// Scales and codes as llm-compressor computes them on a CPU: every operation rounded to the weight's own type.
///
/// The quotient of weight and scale is rounded before it is rounded to a code, so 3.4999 may become 3.5 and then 4.
struct ReferenceArithmetic {
  let type: ElementType

  func quantize(_ weight: Matrix, arguments: QuantizationArguments, on processor: Processor) -> QuantizedWeight {
    let ranges = WeightRanges(of: weight, arguments: arguments, on: processor)
    let codes = ScaleRule(arguments: arguments, storage: type).codes
    let points = zip(ranges.minima, ranges.maxima).map { minimum, maximum in
      point(minimum: min(minimum, 0), maximum: max(maximum, 0), isSymmetric: arguments.isSymmetric, codes: codes)
    }
    let grid = QuantizationGrid(
      ranges: ranges,
      codes: codes,
      scales: points.map(\.scale),
      zeroPoints: arguments.isSymmetric ? nil : points.map(\.zeroPoint)
    )
    let columns = weight.columnCount
    let bytes = weight.withElements { elements in
      elements.indices.map { place in
        let index = place / columns * grid.groupCount + place % columns / grid.groupSize
        return code(elements[place], scale: grid.scales[index], zeroPoint: grid.zeroPoints?[index], codes: codes)
      }
    }
    return QuantizedWeight(rowCount: weight.rowCount, columnCount: columns, codes: bytes, grid: grid)
  }

  private func point(
    minimum: Float,
    maximum: Float,
    isSymmetric: Bool,
    codes: Grid
  ) -> (scale: Float, zeroPoint: Float) {
    guard !isSymmetric else {
      let scale = type.rounded(max(-minimum, maximum) / codes.halfRange)
      return (scale == 0 ? type.epsilon : scale, 0)
    }
    let scale = type.rounded(type.rounded(maximum - minimum) / (codes.maximum - codes.minimum))
    guard scale != 0 else { return (type.epsilon, 0) }
    let point = type.rounded(codes.minimum - type.rounded(minimum / scale))
    return (scale, min(max(point, codes.minimum), codes.maximum).rounded(.toNearestOrEven))
  }

  private func code(_ weight: Float, scale: Float, zeroPoint: Float?, codes: Grid) -> UInt8 {
    var value = type.rounded(weight / scale)
    if let zeroPoint { value = type.rounded(value + zeroPoint) }
    value = min(max(value, codes.minimum), codes.maximum)
    guard !codes.isFloat8 else { return Float8E4M3.encode(value) }
    return UInt8(bitPattern: Int8(value.rounded(.toNearestOrEven)))
  }
}
