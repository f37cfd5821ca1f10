internal import CKernels
package import Vocabulary

/// The numbers that codes may stand for before scale and zero point: integers in a range, or small floats.
package struct Grid: Hashable, Sendable {
  /// What codes are.
  package enum Code: Hashable, Sendable {
    /// Signed integers, one int8 each.
    case integer
    /// Float8 E4M3, its byte.
    case float8
    /// Float4 E2M1, `0...15` with the sign in bit 3.
    case float4
  }

  /// The smallest number.
  package let minimum: Float
  /// The largest number.
  package let maximum: Float
  /// What codes are.
  package let code: Code
  /// Half the distance from the smallest to the largest number: what `max |x|` is divided by for a symmetric scale.
  package let halfRange: Float

  private init(minimum: Float, maximum: Float, code: Code) {
    self.minimum = minimum
    self.maximum = maximum
    self.code = code
    halfRange = (maximum - minimum) / 2
  }

  /// Signed integers of `bitWidth` bits, `-2^(b-1)...2^(b-1)-1`.
  package static func integers(bitWidth: Int) -> Grid {
    precondition(1...8 ~= bitWidth, "codes fit a byte")
    let half = Float(1 << (bitWidth - 1))
    return Grid(minimum: -half, maximum: half - 1, code: .integer)
  }

  /// Float8 E4M3 numbers, `-448...448`.
  package static let float8 = Grid(minimum: -448, maximum: 448, code: .float8)
  /// Float4 E2M1 numbers, `-6...6`.
  package static let float4 = Grid(minimum: -6, maximum: 6, code: .float4)

  var raw: pare_grid { pare_grid(minimum: minimum, maximum: maximum, code: code.raw) }
}

extension Grid {
  /// The numbers that the codes of quantization arguments stand for.
  ///
  /// - Precondition: The arguments have 1 to 8 bits of an integer, or 4 or 8 of a float.
  package static func of(_ arguments: QuantizationArguments) -> Grid {
    switch arguments.numberKind {
    case .integer: .integers(bitWidth: arguments.bitWidth)
    case .float: arguments.bitWidth == 4 ? .float4 : .float8
    }
  }
}

extension Grid.Code {
  var raw: pare_code {
    switch self {
    case .integer: PARE_INTEGER
    case .float8: PARE_FLOAT8
    case .float4: PARE_FLOAT4
    }
  }
}

/// How a server finds the scale that a run of activations shares.
package enum ActivationScale: Hashable, Sendable {
  /// `max |x|` over half the grid's range.
  case symmetric
  /// Scale and zero point from the smallest and largest value.
  case asymmetric
  /// A power of two as the MX formats have it; the exponent of the grid's largest number is taken off.
  case powerOfTwo
  /// A float8 number over a global scale, as NVFP4 has it; the global scale is the multiplier that is stored.
  case float8(global: Float)
  /// Scale and zero point from calibration.
  case fixed(scale: Float, zeroPoint: Float)

  func raw(on grid: Grid) -> pare_scale_rule {
    var rule = pare_scale_rule(kind: PARE_SYMMETRIC, exponent_offset: 0, global: 1, scale: 1, zero_point: 0)
    switch self {
    case .symmetric: break
    case .asymmetric: rule.kind = PARE_ASYMMETRIC
    case .powerOfTwo:
      rule.kind = PARE_POWER_OF_TWO
      rule.exponent_offset = Int32(grid.maximum.exponent)
    case .float8(let global):
      rule.kind = PARE_FLOAT8_SCALE
      rule.global = global
    case .fixed(let scale, let zeroPoint):
      rule.kind = PARE_FIXED
      rule.scale = scale
      rule.zero_point = zeroPoint
    }
    return rule
  }
}
