/// The 8-bit float of FP8 checkpoints (`F8_E4M3`, "E4M3FN"): bias 7, no infinities, NaN only at 0x7F and 0xFF.
package enum Float8E4M3 {
  /// The largest finite value.
  package static let largest: Float = 448

  /// Returns the nearest code, ties to even, after clamping to ±448; a NaN becomes the NaN of its sign.
  package static func encode(_ value: Float) -> UInt8 {
    let sign = UInt8(truncatingIfNeeded: value.bitPattern >> 24) & 0x80
    let magnitude = value.magnitude
    if magnitude.isNaN { return sign | 0x7F }
    if magnitude >= largest { return sign | 0x7E }
    if magnitude < 0x1p-6 {
      // Subnormal codes are whole multiples of 2⁻⁹; scaling by a power of two is exact.
      return sign | UInt8((magnitude * 0x1p9).rounded(.toNearestOrEven))
    }
    let bits = magnitude.bitPattern
    let rounded = bits + 0x7_FFFF + ((bits >> 20) & 1)
    return sign | UInt8((rounded - exponentBiasDifference) >> 20)
  }

  /// Returns the exact value of a code.
  package static func decode(_ code: UInt8) -> Float {
    values[Int(code)]
  }

  /// The value of every code, `[256]`.
  package static let values: [Float] = (0...UInt8.max).map { code in
    let magnitude = code & 0x7F
    let value: Float =
      switch magnitude {
      case 0x7F: .nan
      case ..<8: Float(magnitude) * 0x1p-9
      default: Float(bitPattern: UInt32(magnitude) << 20 + exponentBiasDifference)
      }
    return code < 0x80 ? value : -value
  }

  /// `(127 − 7) << 23`: what separates the exponent fields of `Float` and of E4M3.
  private static let exponentBiasDifference: UInt32 = 0x3C00_0000
}
