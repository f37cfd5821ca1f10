/// IEEE 754 half precision (`F16`): 5 exponent bits, 10 mantissa bits; stored as its bit pattern.
///
/// Named after the standard's interchange format because Swift owns the name `Float16`.
package enum Binary16 {
  /// The smallest scale that is used in place of zero, `torch.finfo(torch.float16).eps`.
  package static let epsilon: Float = 0x1p-10

  /// Returns the nearest half, ties to even; from 65520 on that is infinity, a NaN stays a quiet NaN of its sign.
  package static func encode(_ value: Float) -> UInt16 {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
    let magnitude = value.magnitude
    if magnitude.isNaN { return sign | 0x7E00 }
    if magnitude >= 65_520 { return sign | 0x7C00 }
    if magnitude < 0x1p-14 {
      // Subnormal halves are whole multiples of 2⁻²⁴; scaling by a power of two is exact.
      return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven))
    }
    let bits = magnitude.bitPattern
    let rounded = bits + 0x0FFF + ((bits >> 13) & 1)
    return sign | UInt16((rounded - exponentBiasDifference) >> 13)
  }

  /// Returns the exact value of a bit pattern.
  package static func decode(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7FFF)
    switch magnitude {
    case 0x7C00...:
      return Float(bitPattern: sign | 0x7F80_0000 | (magnitude & 0x03FF) << 13)
    case ..<0x0400:
      let value = Float(magnitude) * 0x1p-24
      return sign == 0 ? value : -value
    default:
      return Float(bitPattern: sign | (magnitude << 13 + exponentBiasDifference))
    }
  }

  /// Returns `value` rounded to the nearest half, ties to even.
  package static func rounded(_ value: Float) -> Float {
    decode(encode(value))
  }

  /// `(127 − 15) << 23`: what separates the exponent fields of `Float` and of a half.
  private static let exponentBiasDifference: UInt32 = 0x3800_0000
}
