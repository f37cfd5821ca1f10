internal import CKernels

extension Processor {
  /// Elements that one thread converts at a time.
  private static let tileElements = 1 << 16

  /// Widens 16-bit floats to 32 bits, exactly.
  ///
  /// - Parameters:
  ///   - source: `count` elements of `type`, aligned to two bytes.
  ///   - type: `bfloat16` or `float16`.
  ///   - count: Elements.
  ///   - out: `count` floats.
  package func widen(
    _ source: UnsafePointer<UInt16>,
    of type: HalfType,
    count: Int,
    into out: UnsafeMutablePointer<Float>
  ) {
    forEachRange(of: count, length: Self.tileElements) { range in
      switch type {
      case .bfloat16: pare_widen_bfloat16(level.raw, source + range.lowerBound, out + range.lowerBound, range.count)
      case .float16: pare_widen_float16(level.raw, source + range.lowerBound, out + range.lowerBound, range.count)
      }
    }
  }

  /// Rounds floats to bfloat16, to nearest even.
  package func narrow(_ x: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<UInt16>) {
    forEachRange(of: count, length: Self.tileElements) { range in
      pare_narrow_bfloat16(level.raw, x + range.lowerBound, out + range.lowerBound, range.count)
    }
  }
}

/// A 16-bit floating-point type.
package enum HalfType: Sendable {
  case bfloat16
  case float16
}
