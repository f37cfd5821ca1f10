/// The upper half of a `Float`: 8 exponent bits, 7 mantissa bits; stored as its bit pattern.
package enum BFloat16 {
  /// The smallest scale that is used in place of zero, `torch.finfo(torch.bfloat16).eps`.
  package static let epsilon: Float = 0.007_812_5

  /// Returns the nearest bfloat16, ties to even; infinities stay, a NaN stays a quiet NaN of its sign.
  package static func encode(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x0040 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
  }

  /// Returns the exact value of a bit pattern.
  package static func decode(_ bits: UInt16) -> Float {
    Float(bitPattern: UInt32(bits) << 16)
  }

  /// Returns `value` rounded to the nearest bfloat16, ties to even.
  package static func rounded(_ value: Float) -> Float {
    decode(encode(value))
  }
}
