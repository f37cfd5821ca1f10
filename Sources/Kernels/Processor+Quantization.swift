internal import CKernels

/// The numbers that codes may stand for before scale and zero point: integers in a range, or float8 E4M3.
package struct Grid: Hashable, Sendable {
  /// The smallest number.
  package let minimum: Float
  /// The largest number.
  package let maximum: Float
  /// Whether codes are float8 bytes; they are int8 otherwise.
  package let isFloat8: Bool

  /// Signed integers of `bitWidth` bits, `-2^(b-1)...2^(b-1)-1`.
  package static func integers(bitWidth: Int) -> Grid {
    precondition(1...8 ~= bitWidth, "codes fit a byte")
    let half = Float(1 << (bitWidth - 1))
    return Grid(minimum: -half, maximum: half - 1, isFloat8: false)
  }

  /// Float8 E4M3 numbers, `-448...448`.
  package static let float8 = Grid(minimum: -448, maximum: 448, isFloat8: true)

  /// Half the distance from the smallest to the largest number: what `max |x|` is divided by for a symmetric scale.
  package var halfRange: Float { (maximum - minimum) / 2 }

  var raw: pare_grid { pare_grid(minimum: minimum, maximum: maximum, is_float8: isFloat8 ? 1 : 0) }
}

extension Processor {
  /// Smallest and largest of each run of `width` elements of `x`; the last run may be shorter.
  ///
  /// `minima` and `maxima` hold one element a run.
  package func ranges(
    of x: UnsafeBufferPointer<Float>,
    width: Int,
    minima: UnsafeMutablePointer<Float>,
    maxima: UnsafeMutablePointer<Float>
  ) {
    guard let start = x.baseAddress, !x.isEmpty else { return }
    pare_ranges(level.raw, start, x.count, width, minima, maxima)
  }

  /// Codes of elements that share a scale: `round(clamp(x / scale + zeroPoint))`, ties to even.
  package func quantize(
    _ x: UnsafeBufferPointer<Float>,
    scale: Float,
    zeroPoint: Float,
    grid: Grid,
    into codes: UnsafeMutablePointer<UInt8>
  ) {
    guard let start = x.baseAddress else { return }
    pare_quantize(level.raw, start, x.count, scale, zeroPoint, grid.raw, codes)
  }

  /// The numbers that codes stand for: `(code - zeroPoint) · scale`.
  package func dequantize(
    _ codes: UnsafeBufferPointer<UInt8>,
    scale: Float,
    zeroPoint: Float,
    isFloat8: Bool,
    into x: UnsafeMutablePointer<Float>
  ) {
    guard let start = codes.baseAddress else { return }
    pare_dequantize(level.raw, start, codes.count, scale, zeroPoint, isFloat8 ? 1 : 0, x)
  }

  /// `Σ |dequantized(quantized(x)) - x|^power`.
  package func quantizationError(
    of x: UnsafeBufferPointer<Float>,
    scale: Float,
    zeroPoint: Float,
    grid: Grid,
    power: Float
  ) -> Float {
    guard let start = x.baseAddress else { return 0 }
    return pare_quantization_error(level.raw, start, x.count, scale, zeroPoint, grid.raw, power)
  }

  /// Rounds each row to a symmetric grid of its own, in place, as a server with dynamic activation scales does.
  ///
  /// `x` is `[rows, columns]`; a token-wise scale has one row a token, a tensor-wise one a single row.
  package func fakeQuantizeRows(_ x: UnsafeMutablePointer<Float>, rows: Int, columns: Int, grid: Grid) {
    forEachRange(of: rows, length: 64) { range in
      pare_fake_quantize_rows(
        level.raw,
        x + range.lowerBound * columns,
        range.count,
        columns,
        grid.halfRange,
        grid.raw
      )
    }
  }

  /// Packs four-bit codes of one row, eight to a word, each offset by 8, the first in the lowest bits.
  package func packInt4(_ codes: UnsafeBufferPointer<Int8>, into words: UnsafeMutablePointer<UInt32>) {
    guard let start = codes.baseAddress else { return }
    pare_pack_int4(level.raw, start, codes.count, words)
  }

  /// The index of the first NaN or infinity, or nil when all are finite.
  package func firstNotFinite(in x: UnsafeBufferPointer<Float>) -> Int? {
    guard let start = x.baseAddress else { return nil }
    let index = pare_first_not_finite(level.raw, start, x.count)
    return index < x.count ? index : nil
  }
}
