package import Kernels
internal import Synchronization
package import Tensors
internal import Vocabulary

/// A linear layer with its weights in memory: `y = x · Wᵀ + b`, the input transformed and rounded first where its scheme says
/// so, the output rounded and transformed last.
package struct LinearLayer: Sendable {
  /// `W`, `[rows, columns]`, in float32; what a server would dequantize to where the layer is quantized.
  package var weight: Matrix {
    didSet { packed = PackedWeightCache() }
  }
  /// `b`, `[rows]`.
  package var bias: [Float]?
  /// How inputs are rounded before the product.
  package let inputRounding: ActivationRounding?
  /// How outputs are rounded.
  package let outputRounding: ActivationRounding?
  /// What inputs and outputs are multiplied by at run time.
  package var online: OnlineTransforms
  /// The weight as products take it, once one has been computed.
  private var packed = PackedWeightCache()

  package init(
    weight: Matrix,
    bias: [Float]?,
    inputRounding: ActivationRounding? = nil,
    outputRounding: ActivationRounding? = nil,
    online: OnlineTransforms = OnlineTransforms()
  ) {
    self.weight = weight
    self.bias = bias
    self.inputRounding = inputRounding
    self.outputRounding = outputRounding
    self.online = online
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
    to x: LayerInput,
    tokens: Int,
    into out: UnsafeMutablePointer<Float>,
    accumulating: Bool = false,
    on processor: Processor
  ) {
    precondition(outputRounding == nil || !accumulating, "outputs are rounded before they are added")
    guard accumulating, online.output != nil else {
      if let changed = changedInput(x, tokens: tokens, on: processor) {
        processor.withInput(changed.start, tokenCount: tokens, columns: weight.columnCount) {
          multiply($0, tokens: tokens, into: out, accumulating: accumulating, on: processor)
        }
      } else {
        multiply(x, tokens: tokens, into: out, accumulating: accumulating, on: processor)
      }
      outputRounding?.round(out, tokens: tokens, columns: weight.rowCount, on: processor)
      online.transformOutputs(out, tokens: tokens, rows: weight.rowCount, on: processor)
      return
    }
    let own = FloatBuffer(count: tokens * weight.rowCount)
    apply(to: x, tokens: tokens, into: own.start, on: processor)
    processor.add(own.start, times: 1, to: out, count: own.count)
  }

  /// Computes `out = x · Wᵀ + b` for rows of floats, `[tokens, columns]`.
  package func apply(
    to x: UnsafePointer<Float>,
    tokens: Int,
    into out: UnsafeMutablePointer<Float>,
    on processor: Processor
  ) {
    processor.withInput(x, tokenCount: tokens, columns: weight.columnCount) {
      apply(to: $0, tokens: tokens, into: out, on: processor)
    }
  }

  /// Lets go of what products have kept of the weight.
  func releasePacked() { packed.release() }

  /// What the weight is multiplied by in place of `x`: a copy, transformed and rounded; nil where neither is done.
  private func changedInput(_ x: LayerInput, tokens: Int, on processor: Processor) -> FloatBuffer? {
    guard inputRounding != nil || online.input != nil else { return nil }
    let copy = processor.floats(of: x, tokenCount: tokens)
    online.transformInputs(copy.start, tokens: tokens, columns: weight.columnCount, on: processor)
    inputRounding?.round(copy.start, tokens: tokens, columns: weight.columnCount, on: processor)
    return copy
  }

  private func multiply(
    _ x: LayerInput,
    tokens: Int,
    into out: UnsafeMutablePointer<Float>,
    accumulating: Bool,
    on processor: Processor
  ) {
    weight.withElements { elements in
      guard let start = elements.baseAddress else { return }
      switch x.type {
      case .float32:
        processor.multiply(
          x.start,
          tokenCount: tokens,
          byTransposeOf: start,
          rowCount: weight.rowCount,
          columnCount: weight.columnCount,
          into: out,
          accumulating: accumulating
        )
      case .bfloat16:
        let packed = packed.weight(weight, start, on: processor)
        processor.multiply(x, tokenCount: tokens, by: packed, into: out, accumulating: accumulating)
      }
    }
    bias?.withUnsafeBufferPointer { processor.addBias($0, to: out, rows: tokens) }
  }
}

/// A weight as products take it, made when the first one needs it; copies of a layer share it as long as their weight is the
/// same.
private final class PackedWeightCache: Sendable {
  private let packed = Mutex<PackedWeight?>(nil)

  func weight(_ weight: Matrix, _ start: UnsafePointer<Float>, on processor: Processor) -> PackedWeight {
    packed.withLock { packed in
      if let packed { return packed }
      let made = PackedWeight(start, rowCount: weight.rowCount, columnCount: weight.columnCount, on: processor)
      packed = made
      return made
    }
  }

  func release() { packed.withLock { $0 = nil } }
}
