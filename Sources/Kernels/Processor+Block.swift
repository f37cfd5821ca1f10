internal import CKernels
internal import Glibc

extension Processor {
  /// Rows of activations that one thread takes at a time in elementwise work.
  private static let tileRows = 64
  /// Elements that one thread takes at a time in elementwise work.
  private static let tileElements = 65536

  /// Root-mean-square normalization of each row: `out = x / sqrt(mean(x²) + ε) · weight` (arXiv:1910.07467).
  ///
  /// `x` and `out` are `[rows, weight.count]` and may be one.
  package func normalize(
    _ x: UnsafePointer<Float>,
    weight: UnsafeBufferPointer<Float>,
    rows: Int,
    epsilon: Float,
    into out: UnsafeMutablePointer<Float>
  ) {
    guard let scale = weight.baseAddress else { return }
    let columns = weight.count
    forEachRange(of: rows, length: Self.tileRows) { range in
      pare_rms_norm(
        level.raw,
        x + range.lowerBound * columns,
        scale,
        out + range.lowerBound * columns,
        range.count,
        columns,
        epsilon
      )
    }
  }

  /// Rotary position embedding of the heads at the start of each row, halves rotated against each other
  /// (arXiv:2104.09864, in the layout of Hugging Face's Llama).
  ///
  /// - Parameters:
  ///   - x: `[rows, heads · dimension]`, changed in place.
  ///   - rows: Tokens of one sequence, from position 0.
  ///   - heads: Heads in a row.
  ///   - rotation: Cosines and sines for at least `rows` positions.
  package func rotate(_ x: UnsafeMutablePointer<Float>, rows: Int, heads: Int, by rotation: Rotation) {
    precondition(rows <= rotation.positions, "positions beyond the rotation's table")
    let dimension = rotation.dimension
    let stride = heads * dimension
    pare_rotate(
      level.raw,
      x,
      rotation.cosines.start,
      rotation.sines.start,
      rows,
      stride,
      heads,
      dimension
    )
  }

  /// `gate = silu(gate) · up`, elementwise and in place; the two do not overlap.
  package func multiplySilu(_ gate: UnsafeMutablePointer<Float>, by up: UnsafePointer<Float>, count: Int) {
    forEachRange(of: count, length: Self.tileElements) { range in
      pare_silu_product(level.raw, gate + range.lowerBound, up + range.lowerBound, range.count)
    }
  }

  /// Adds a bias to each row of `x`, `[rows, bias.count]`.
  package func addBias(_ bias: UnsafeBufferPointer<Float>, to x: UnsafeMutablePointer<Float>, rows: Int) {
    guard let start = bias.baseAddress else { return }
    forEachRange(of: rows, length: Self.tileRows) { range in
      pare_add_bias(level.raw, x + range.lowerBound * bias.count, start, range.count, bias.count)
    }
  }

  /// `log Σ exp(x)`, without overflow.
  package func logSumExp(_ x: UnsafeBufferPointer<Float>) -> Float {
    guard let start = x.baseAddress, !x.isEmpty else { return -.infinity }
    return pare_log_sum_exp(level.raw, start, x.count)
  }
}

/// Cosines and sines of a rotary position embedding.
package struct Rotation: Sendable {
  /// Positions in the table, from 0.
  package let positions: Int
  /// Channels of one head.
  package let dimension: Int
  /// `cos(position · frequency)`, `[positions, dimension / 2]`.
  package let cosines: FloatBuffer
  /// `sin(position · frequency)`, `[positions, dimension / 2]`.
  package let sines: FloatBuffer

  /// Makes the table.
  ///
  /// - Parameters:
  ///   - frequencies: Radians per position of each pair of channels, `[dimension / 2]`.
  ///   - positions: Length of the longest sequence.
  package init(frequencies: [Float], positions: Int) {
    self.positions = positions
    dimension = 2 * frequencies.count
    cosines = FloatBuffer(count: positions * frequencies.count)
    sines = FloatBuffer(count: positions * frequencies.count)
    for position in 0..<positions {
      for (index, frequency) in frequencies.enumerated() {
        // The angle is a float32 product, as in transformers; its cosine and sine are then taken exactly.
        let angle = Double(Float(position) * frequency)
        cosines.start[position * frequencies.count + index] = Float(cos(angle))
        sines.start[position * frequencies.count + index] = Float(sin(angle))
      }
    }
  }
}
