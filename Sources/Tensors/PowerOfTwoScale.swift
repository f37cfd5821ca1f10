package import Vocabulary

/// The shared scale of one group in MX formats ("E8M0"): a power of two, stored as its exponent with bias 127.
package enum PowerOfTwoScale {
  /// Returns `2^(code − 127)`; code 255 is NaN.
  package static func decode(_ code: UInt8) -> Float {
    switch code {
    case 0: 0x1p-127
    case 255: .nan
    default: Float(bitPattern: UInt32(code) << 23)
    }
  }

  /// Returns the code of a group's scale from the group's largest magnitude.
  ///
  /// The magnitude, in the weight's own type, goes to the next power of two when its mantissa is 1.75 or more and
  /// to the one below otherwise; the largest exponent of the element type is then taken off.
  ///
  /// - Parameters:
  ///   - groupMaximum: Largest magnitude of the group, finite and not negative.
  ///   - type: The weight's type: `bfloat16`, `float16` or `float32`.
  ///   - element: What the codes are, `Element.float4` or `Element.float8`.
  /// - Returns: The exponent with bias 127; 0 for a group of zeros.
  package static func encode(groupMaximum: Float, of type: ElementType, element: Element) -> UInt8 {
    precondition(groupMaximum.isFinite && groupMaximum >= 0, "a group's maximum is finite and not negative")
    let exponent: Int
    switch type {
    case .bfloat16:
      exponent = Int((BFloat16.encode(groupMaximum) + (1 << 5)) >> 7)
    case .float16:
      let field = Int((Binary16.encode(groupMaximum) + (1 << 8)) >> 10)
      exponent = field == 0 ? 0 : field + 127 - 15
    case .float32:
      exponent = Int((groupMaximum.bitPattern + (1 << 21)) >> 23)
    default:
      preconditionFailure("weights of type \(type.rawValue) have no MX scales")
    }
    return UInt8(max(0, exponent - element.rawValue))
  }

  /// The element types that share such a scale; the raw value is the exponent of the type's largest number.
  package enum Element: Int, Sendable {
    case float4 = 2
    case float8 = 8
  }
}
