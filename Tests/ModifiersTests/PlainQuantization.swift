import Tensors
import Vocabulary

/// Quantization as its formulas stand on paper: the twin that the fast forms are held to.
struct PlainQuantization {
  let arguments: QuantizationArguments
  let storage: ElementType

  var minimum: Float { isFloat8 ? -448 : -Float(1 << (arguments.bitWidth - 1)) }
  var maximum: Float { isFloat8 ? 448 : Float(1 << (arguments.bitWidth - 1)) - 1 }
  var isFloat8: Bool { arguments.numberKind == .float }

  func scaleAndZeroPoint(low: Float, high: Float) -> (scale: Float, zeroPoint: Float) {
    let (low, high) = (min(low, 0), max(high, 0))
    let width = arguments.isSymmetric ? 2 * max(-low, high) : high - low
    var scale = width / (maximum - minimum)
    switch storage {
    case .bfloat16: scale = BFloat16.rounded(scale)
    case .float16: scale = Binary16.rounded(scale)
    default: break
    }
    if scale == 0 { scale = [.bfloat16: 0x1p-7, .float16: 0x1p-10][storage] ?? 0x1p-23 }
    guard !arguments.isSymmetric else { return (scale, 0) }
    return (scale, min(max((minimum - low / scale).rounded(.toNearestOrEven), minimum), maximum))
  }

  func code(_ value: Float, _ point: (scale: Float, zeroPoint: Float)) -> UInt8 {
    let clamped = min(max(value / point.scale + point.zeroPoint, minimum), maximum)
    return isFloat8 ? Float8E4M3.encode(clamped) : UInt8(bitPattern: Int8(clamped.rounded(.toNearestOrEven)))
  }

  func number(_ code: UInt8, _ point: (scale: Float, zeroPoint: Float)) -> Float {
    isFloat8
      ? Float8E4M3.decode(code) * point.scale : (Float(Int8(bitPattern: code)) - point.zeroPoint) * point.scale
  }

  /// Places of the weight that share a scale with each place: the whole, a row, or a group of a row.
  func runs(rows: Int, columns: Int) -> [Range<Int>] {
    switch arguments.strategy {
    case .tensor: [0..<rows * columns]
    case .group:
      stride(from: 0, to: rows * columns, by: arguments.groupSize ?? columns)
        .map { $0..<$0 + (arguments.groupSize ?? columns) }
    default: (0..<rows).map { $0 * columns..<($0 + 1) * columns }
    }
  }
}
