package import Kernels
package import Tensors

/// A linear layer with its weights in memory: `y = x · Wᵀ + b`, the input rounded first where its scheme says so.
package struct LinearLayer: Sendable {
  /// `W`, `[rows, columns]`, in float32; what a server would dequantize to where the layer is quantized.
  package var weight: Matrix
  /// `b`, `[rows]`.
  package var bias: [Float]?
  /// How inputs are rounded before the product.
  package let inputRounding: ActivationRounding?
  /// How outputs are rounded.
  package let outputRounding: ActivationRounding?

  package init(
    weight: Matrix,
    bias: [Float]?,
    inputRounding: ActivationRounding? = nil,
    outputRounding: ActivationRounding? = nil
  ) {
    self.weight = weight
    self.bias = bias
    self.inputRounding = inputRounding
    self.outputRounding = outputRounding
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
    precondition(outputRounding == nil || !accumulating, "outputs are rounded before they are added")
    defer { outputRounding?.round(out, tokens: tokens, columns: weight.rowCount, on: processor) }
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
