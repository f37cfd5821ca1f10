internal import CKernels

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
    code: Grid.Code,
    into x: UnsafeMutablePointer<Float>
  ) {
    guard let start = codes.baseAddress else { return }
    pare_dequantize(level.raw, start, codes.count, scale, zeroPoint, code.raw, x)
  }

  /// `Σ importance · |dequantized(quantized(x)) - x|^power`.
  ///
  /// - Parameters:
  ///   - x: Elements that share a scale.
  ///   - importance: A weight for each of them, or nil for 1.
  ///   - scale: Their scale.
  ///   - zeroPoint: Their zero point.
  ///   - grid: The numbers codes stand for.
  ///   - power: The exponent of each error, positive.
  /// - Returns: The sum, in float32.
  package func quantizationError(
    of x: UnsafeBufferPointer<Float>,
    importance: UnsafePointer<Float>? = nil,
    scale: Float,
    zeroPoint: Float,
    grid: Grid,
    power: Float
  ) -> Float {
    guard let start = x.baseAddress, !x.isEmpty else { return 0 }
    var (scale, zeroPoint, error) = (scale, zeroPoint, Float(0))
    pare_quantization_errors(
      level.raw,
      start,
      importance,
      x.count,
      x.count,
      &scale,
      &zeroPoint,
      grid.raw,
      power,
      &error
    )
    return error
  }

  /// The same for each run of elements that shares a scale.
  ///
  /// - Parameters:
  ///   - x: Runs of `width` elements; the last may be shorter.
  ///   - width: Elements of a run, positive.
  ///   - importance: A weight for each element, or nil for 1.
  ///   - scales: A scale for each run.
  ///   - zeroPoints: A zero point for each run.
  ///   - grid: The numbers codes stand for.
  ///   - power: The exponent of each error, positive.
  ///   - errors: Becomes a sum for each run, in float32.
  package func quantizationErrors(
    of x: UnsafeBufferPointer<Float>,
    width: Int,
    importance: UnsafePointer<Float>?,
    scales: UnsafePointer<Float>,
    zeroPoints: UnsafePointer<Float>,
    grid: Grid,
    power: Float,
    into errors: UnsafeMutablePointer<Float>
  ) {
    guard let start = x.baseAddress else { return }
    pare_quantization_errors(
      level.raw,
      start,
      importance,
      x.count,
      width,
      scales,
      zeroPoints,
      grid.raw,
      power,
      errors
    )
  }

  /// Rounds rows to grids of their own, or all to one, in place, as a server rounds activations.
  ///
  /// - Parameters:
  ///   - x: `[rows, columns]`; a token-wise scale has one row a token, a group-wise one a row a group.
  ///   - rows: Rows of `x`.
  ///   - columns: Elements that share a scale.
  ///   - scale: How the scale of a row is found.
  ///   - grid: The numbers codes stand for.
  package func fakeQuantizeRows(
    _ x: UnsafeMutablePointer<Float>,
    rows: Int,
    columns: Int,
    scale: ActivationScale = .symmetric,
    grid: Grid
  ) {
    forEachRange(of: rows, length: max(1, Self.elementsTogether / max(columns, 1))) { range in
      pare_fake_quantize_rows(
        level.raw,
        x + range.lowerBound * columns,
        range.count,
        columns,
        scale.raw(on: grid),
        grid.raw
      )
    }
  }

  /// Elements that one thread rounds at a time.
  private static let elementsTogether = 65536

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
