internal import CKernels
internal import Glibc

extension Processor {
  /// Rows of activations that one thread takes at a time in elementwise work.
  private static let tileRows = 64
  /// Elements that one thread takes at a time in elementwise work.
  private static let tileElements = 65536

  /// Rotary position embedding of a part of each head (arXiv:2104.09864).
  ///
  /// - Parameters:
  ///   - x: `[rows, stride]` from the first head's first turning channel on, changed in place.
  ///   - rows: Tokens of one sequence, from position 0.
  ///   - stride: From a row to the next.
  ///   - heads: Heads in a row.
  ///   - headStride: From a head to the next.
  ///   - rotation: Cosines and sines for at least `rows` positions; its width is that of the part.
  ///   - inPairs: Whether neighbouring channels turn against each other, and not the part's halves, as in the layout of
  ///     Hugging Face's Llama.
  package func rotate(
    _ x: UnsafeMutablePointer<Float>,
    rows: Int,
    stride: Int,
    heads: Int,
    headStride: Int,
    by rotation: Rotation,
    inPairs: Bool = false
  ) {
    precondition(rows <= rotation.positions, "positions beyond the rotation's table")
    let (cosines, sines) = (rotation.cosines.start, rotation.sines.start)
    let half = rotation.width / 2
    forEachRange(of: rows, length: Self.tileRows) { range in
      let (first, start) = (x + range.lowerBound * stride, range.lowerBound * half)
      let rotate = inPairs ? pare_rotate_pairs : pare_rotate
      rotate(level.raw, first, cosines + start, sines + start, range.count, stride, heads, headStride, rotation.width)
    }
  }

  /// `x = cap · tanh(x / cap)`, elementwise and in place.
  package func softCap(_ x: UnsafeMutablePointer<Float>, at cap: Float, count: Int) {
    forEachRange(of: count, length: Self.tileElements) { range in
      pare_cap(level.raw, x + range.lowerBound, range.count, cap)
    }
  }

  /// `x += factor · y`, elementwise; the two do not overlap.
  package func add(_ y: UnsafePointer<Float>, times factor: Float, to x: UnsafeMutablePointer<Float>, count: Int) {
    forEachRange(of: count, length: Self.tileElements) { range in
      pare_add_scaled(level.raw, x + range.lowerBound, y + range.lowerBound, factor, range.count)
    }
  }

  /// Adds a bias to each row of `x`, `[rows, bias.count]`.
  package func addBias(_ bias: UnsafeBufferPointer<Float>, to x: UnsafeMutablePointer<Float>, rows: Int) {
    guard let start = bias.baseAddress else { return }
    forEachRange(of: rows, length: Self.tileRows) { range in
      pare_add_bias(level.raw, x + range.lowerBound * bias.count, start, range.count, bias.count)
    }
  }

  /// Multiplies each column of `x`, `[rows, factors.count]`, by a factor.
  package func multiplyColumns(of x: UnsafeMutableBufferPointer<Float>, by factors: [Float]) {
    guard let start = x.baseAddress, !factors.isEmpty else { return }
    let columns = factors.count
    factors.withUnsafeBufferPointer { factors in
      guard let factors = factors.baseAddress else { return }
      forEachRange(of: x.count / columns, length: Self.tileRows) { rows in
        pare_multiply_columns(level.raw, start + rows.lowerBound * columns, rows.count, columns, factors)
      }
    }
  }

  /// `log Σ exp(x)`, without overflow.
  package func logSumExp(_ x: UnsafeBufferPointer<Float>) -> Float {
    guard let start = x.baseAddress, !x.isEmpty else { return -.infinity }
    return pare_log_sum_exp(level.raw, start, x.count)
  }
}

/// What is applied to the channels of a feed-forward part.
package enum Activation: CaseIterable, Hashable, Sendable {
  /// `x · σ(x)`.
  case silu
  /// `x · Φ(x)`.
  case gelu
  /// `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))`.
  case geluTanh
  /// `max(x, 0)`.
  case relu

  var raw: pare_activation {
    switch self {
    case .silu: PARE_SILU
    case .gelu: PARE_GELU
    case .geluTanh: PARE_GELU_TANH
    case .relu: PARE_RELU
    }
  }
}

/// Cosines and sines of a rotary position embedding.
package struct Rotation: Sendable {
  /// Positions in the table, from 0.
  package let positions: Int
  /// Channels of a head that turn.
  package let width: Int
  /// `magnitude · cos(position · frequency)`, `[positions, width / 2]`.
  package let cosines: FloatBuffer
  /// `magnitude · sin(position · frequency)`, `[positions, width / 2]`.
  package let sines: FloatBuffer

  /// Makes the table.
  ///
  /// - Parameters:
  ///   - frequencies: Radians per position of each pair of channels, `[width / 2]`.
  ///   - positions: Length of the longest sequence.
  ///   - magnitude: What cosines and sines are multiplied by.
  package init(frequencies: [Float], positions: Int, magnitude: Float = 1) {
    self.positions = positions
    width = 2 * frequencies.count
    cosines = FloatBuffer(count: positions * frequencies.count)
    sines = FloatBuffer(count: positions * frequencies.count)
    for position in 0..<positions {
      for (index, frequency) in frequencies.enumerated() {
        // The angle is a float32 product, as in transformers; its cosine and sine are then taken exactly.
        let angle = Double(Float(position) * frequency)
        cosines.start[position * frequencies.count + index] = Float(cos(angle)) * magnitude
        sines.start[position * frequencies.count + index] = Float(sin(angle)) * magnitude
      }
    }
  }
}
