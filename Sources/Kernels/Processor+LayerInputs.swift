internal import CKernels
internal import Vocabulary

/// Parts of a block whose results layers read.
extension Processor {
  /// Rows that one thread takes at a time.
  private static let rowsTogether = 32

  /// Root-mean-square normalization of each row: `out = x / sqrt(mean(x²) + ε) · weight` (arXiv:1910.07467).
  ///
  /// `x` is `[rows, weight.count]`; where `out` has rows of floats the two may be one.
  package func normalize(
    _ x: UnsafePointer<Float>,
    weight: UnsafeBufferPointer<Float>,
    rows: Int,
    epsilon: Float,
    into out: LayerInput
  ) {
    guard let scale = weight.baseAddress else { return }
    writeRows(rows, to: out) { first, count, line in
      pare_rms_norm(level.raw, x + first * out.columns, scale, line, count, out.columns, epsilon)
    }
  }

  /// Layer normalization of each row: `out = (x - mean(x)) / sqrt(var(x) + ε) · weight + bias` (arXiv:1607.06450).
  ///
  /// `x` is `[rows, weight.count]`; where `out` has rows of floats the two may be one. `bias` has as many elements as `weight`.
  package func normalize(
    _ x: UnsafePointer<Float>,
    weight: UnsafeBufferPointer<Float>,
    bias: UnsafeBufferPointer<Float>,
    rows: Int,
    epsilon: Float,
    into out: LayerInput
  ) {
    precondition(weight.count == bias.count, "a bias for each weight")
    guard let scale = weight.baseAddress, let shift = bias.baseAddress else { return }
    writeRows(rows, to: out) { first, count, line in
      pare_layer_norm(level.raw, x + first * out.columns, scale, shift, line, count, out.columns, epsilon)
    }
  }

  /// Writes rows that `make` makes, some at a time, on several threads.
  ///
  /// - Parameters:
  ///   - rows: How many.
  ///   - out: Where they go.
  ///   - make: Is told the first row, how many, and where to write them as floats, `[count, out.columns]`.
  private func writeRows(_ rows: Int, to out: LayerInput, _ make: (Int, Int, UnsafeMutablePointer<Float>) -> Void) {
    forEachRange(of: rows, length: Self.rowsTogether) { range in
      switch out.type {
      case .float32: make(range.lowerBound, range.count, out.start + range.lowerBound * out.stride)
      case .bfloat16:
        pool.withFloats(range.count * out.columns) { floats in
          make(range.lowerBound, range.count, floats)
          write(floats, rows: range, to: out)
        }
      }
    }
  }

  /// `out = activation(gate) · up` for rows that a layer reads.
  ///
  /// `gate` and `up` have rows `stride` apart and do not overlap. What `gate` held is lost.
  package func multiply(
    _ gate: UnsafeMutablePointer<Float>,
    through activation: Activation,
    by up: UnsafePointer<Float>,
    stride: Int,
    rows: Int,
    into out: LayerInput
  ) {
    forEachRange(of: rows, length: Self.rowsTogether) { range in
      for row in range {
        let line = gate + row * stride
        pare_activation_product(level.raw, activation.raw, line, up + row * stride, out.columns)
        write(line, columns: 0..<out.columns, ofRow: row, to: out)
      }
    }
  }

  /// `out = activation(x)` for rows that a layer reads; `x` is `[rows, out.columns]`, and what it held is lost.
  package func apply(_ activation: Activation, to x: UnsafeMutablePointer<Float>, rows: Int, into out: LayerInput) {
    forEachRange(of: rows, length: Self.rowsTogether) { range in
      for row in range {
        let line = x + row * out.columns
        pare_activate(level.raw, activation.raw, line, out.columns)
        write(line, columns: 0..<out.columns, ofRow: row, to: out)
      }
    }
  }
}
