/// The 4-bit float of NVFP4 and MXFP4 checkpoints: sign in bit 3, eight magnitudes.
package enum Float4E2M1 {
  /// The largest value.
  package static let largest: Float = 6

  /// The value of every code, `[16]`.
  package static let values: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6]

  /// Returns the nearest code, ties to the even code, saturating at ±6.
  ///
  /// A small negative value becomes code 8 (minus zero) while an exact minus zero becomes code 0, as
  /// compressed-tensors does.
  ///
  /// - Precondition: `value` is not NaN; the format has no NaN.
  package static func encode(_ value: Float) -> UInt8 {
    precondition(!value.isNaN, "FP4 has no NaN")
    let code: UInt8 =
      switch value.magnitude {
      case ...0.25: 0
      case ..<0.75: 1
      case ...1.25: 2
      case ..<1.75: 3
      case ...2.5: 4
      case ..<3.5: 5
      case ...5: 6
      default: 7
      }
    return value < 0 ? code | 8 : code
  }

  /// Returns the value of a code in `0..<16`.
  package static func decode(_ code: UInt8) -> Float {
    values[Int(code)]
  }
}
