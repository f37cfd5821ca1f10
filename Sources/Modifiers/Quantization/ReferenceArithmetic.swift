internal import Kernels
internal import Tensors
internal import Vocabulary

/// Scales and codes as llm-compressor computes them on a CPU: every operation rounded to the weight's own type.
///
/// The quotient of weight and scale is rounded before it is rounded to a code, so 3.4999 may become 3.5 and then 4. Under
/// a global scale (NVFP4) quotients are float32 there too.
struct ReferenceArithmetic {
  let type: ElementType

  func quantize(_ weight: Matrix, as request: GridRequest, on processor: Processor) -> QuantizedWeight {
    let ranges = WeightRanges(of: weight, arguments: request.arguments, on: processor)
    let global = globalScale(maximum: request.fusedMaximum ?? ranges.magnitude)
    let rule = ScaleRule(arguments: request.arguments, storage: type, global: global)
    let points = zip(ranges.minima, ranges.maxima).map { point(minimum: min($0, 0), maximum: max($1, 0), rule) }
    let grid = QuantizationGrid(ranges: ranges, rule: rule, points: points)
    let columns = weight.columnCount
    let bytes = weight.withElements { elements in
      elements.indices.map { place in
        let index = place / columns * grid.groupCount + place % columns / grid.groupSize
        return code(elements[place], scale: grid.scales[index], zeroPoint: grid.zeroPoints?[index], rule)
      }
    }
    return QuantizedWeight(rowCount: weight.rowCount, columnCount: columns, codes: bytes, grid: grid)
  }

  /// PyTorch divides a number by a tensor as the number times the reciprocal.
  private func globalScale(maximum: Float) -> Float {
    let scale = type.rounded(Grid.float8.maximum * Grid.float4.maximum * type.rounded(1 / maximum))
    return scale.isFinite ? scale : 1
  }

  private func point(minimum: Float, maximum: Float, _ rule: ScaleRule) -> ScalePoint {
    let codes = rule.codes
    switch rule.form {
    case .exponents: return rule.point(minimum: minimum, maximum: maximum)
    case .float8(let global):
      return .scaled(global * type.rounded(max(-minimum, maximum) / codes.halfRange), by: global)
    case .floats: break
    }
    guard !rule.isSymmetric else {
      let scale = type.rounded(max(-minimum, maximum) / codes.halfRange)
      return ScalePoint(scale: scale == 0 ? type.epsilon : scale)
    }
    let scale = type.rounded(type.rounded(maximum - minimum) / (codes.maximum - codes.minimum))
    guard scale != 0 else { return ScalePoint(scale: type.epsilon) }
    let point = type.rounded(codes.minimum - type.rounded(minimum / scale))
    return ScalePoint(
      scale: scale,
      zeroPoint: min(max(point, codes.minimum), codes.maximum).rounded(.toNearestOrEven)
    )
  }

  private func code(_ weight: Float, scale: Float, zeroPoint: Float?, _ rule: ScaleRule) -> UInt8 {
    let codes = rule.codes
    var value = weight / scale
    if case .float8 = rule.form {
      return Float4E2M1.encode(min(max(value, codes.minimum), codes.maximum))
    }
    value = type.rounded(value)
    // A zero point is added even where it is zero, which makes a plain zero of a negative one.
    value = type.rounded(value + (zeroPoint ?? 0))
    value = min(max(value, codes.minimum), codes.maximum)
    switch codes.code {
    case .float8: return Float8E4M3.encode(value)
    case .float4: return Float4E2M1.encode(value)
    case .integer: return UInt8(bitPattern: Int8(value.rounded(.toNearestOrEven)))
    }
  }
}
