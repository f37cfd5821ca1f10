package import Kernels
package import Tensors
package import Vocabulary

/// A linear layer with its weights in memory: `y = x · Wᵀ + b`, the input rounded first where its scheme says so.
package struct LinearLayer: Sendable {
  /// `W`, `[rows, columns]`, in float32; what a server would dequantize to where the layer is quantized.
  package var weight: Matrix
  /// `b`, `[rows]`.
  package let bias: [Float]?
  /// How inputs are rounded before the product.
  package let inputRounding: InputRounding?

  package init(weight: Matrix, bias: [Float]?, inputRounding: InputRounding? = nil) {
    self.weight = weight
    self.bias = bias
    self.inputRounding = inputRounding
  }

  /// Computes `out = x · Wᵀ + b`, or adds it to `out`.
  ///
  /// - Parameters:
  ///   - x: `[tokens, columns]`.
  ///   - tokens: Rows of `x` and `out`.
  ///   - out: `[tokens, rows]`.
  ///   - accumulating: Whether the result is added to what `out` holds.
  ///   - processor: Where to run.
  package func apply(
    to x: UnsafePointer<Float>,
    tokens: Int,
    into out: UnsafeMutablePointer<Float>,
    accumulating: Bool = false,
    on processor: Processor
  ) {
    guard let inputRounding else {
      multiply(x, tokens: tokens, into: out, accumulating: accumulating, on: processor)
      return
    }
    let rounded = FloatBuffer(count: tokens * weight.columnCount)
    rounded.start.update(from: x, count: rounded.count)
    inputRounding.round(rounded.start, tokens: tokens, columns: weight.columnCount, on: processor)
    multiply(rounded.start, tokens: tokens, into: out, accumulating: accumulating, on: processor)
  }

  private func multiply(
    _ x: UnsafePointer<Float>,
    tokens: Int,
    into out: UnsafeMutablePointer<Float>,
    accumulating: Bool,
    on processor: Processor
  ) {
    weight.withElements { elements in
      guard let start = elements.baseAddress else { return }
      processor.multiply(
        x,
        tokenCount: tokens,
        byTransposeOf: start,
        rowCount: weight.rowCount,
        columnCount: weight.columnCount,
        into: out,
        accumulating: accumulating
      )
    }
    bias?.withUnsafeBufferPointer { processor.addBias($0, to: out, rows: tokens) }
  }
}

/// Rounding of activations as a server with dynamic scales does it: each row, or each group of a row, to a grid of its own.
package struct InputRounding: Hashable, Sendable {
  /// The numbers that codes stand for.
  package let grid: Grid
  /// Channels that share a scale; nil for a whole row.
  package let groupSize: Int?

  /// The rounding that activation arguments ask for; nil where there is nothing to round at run time.
  package init?(_ arguments: QuantizationArguments?) {
    guard let arguments, arguments.dynamic == .on, arguments.isSymmetric else { return nil }
    switch (arguments.numberKind, arguments.bitWidth) {
    case (.integer, 2...8): grid = .integers(bitWidth: arguments.bitWidth)
    case (.float, 8): grid = .float8
    default: return nil
    }
    switch arguments.strategy {
    case .token: groupSize = nil
    case .group: groupSize = arguments.groupSize
    default: return nil
    }
  }

  /// Rounds `x`, `[tokens, columns]`, in place.
  func round(_ x: UnsafeMutablePointer<Float>, tokens: Int, columns: Int, on processor: Processor) {
    let width = groupSize ?? columns
    processor.fakeQuantizeRows(x, rows: tokens * columns / width, columns: width, grid: grid)
  }
}
