package import Kernels
package import Models
internal import Vocabulary

/// A norm with its weights in memory.
package struct NormLayer: Hashable, Sendable {
  /// How it computes, and what it is called.
  package let outline: NormOutline
  /// What channels are multiplied by, `[width]`: the stored weights plus what the family adds to them.
  package var weight: [Float]
  /// What is added to them, `[width]`.
  package var bias: [Float]?

  package init(_ outline: NormOutline, weight: [Float], bias: [Float]?) {
    self.outline = outline
    self.weight = weight
    self.bias = bias
  }

  /// The weights as checkpoints store them.
  package var storedWeight: [Float] { outline.offset == 0 ? weight : weight.map { $0 - outline.offset } }

  /// Norms rows of `outline.width` channels.
  ///
  /// - Parameters:
  ///   - x: `[rows, width]`.
  ///   - rows: Rows of `x` and `out`.
  ///   - out: `[rows, width]`; may be `x`.
  ///   - processor: Where to run.
  package func apply(
    to x: UnsafePointer<Float>,
    rows: Int,
    into out: UnsafeMutablePointer<Float>,
    on processor: Processor
  ) {
    apply(to: x, rows: rows, into: LayerInput(out, columns: weight.count, type: .float32), on: processor)
  }

  /// Norms rows of `outline.width` channels for layers that read them.
  ///
  /// - Parameters:
  ///   - x: `[rows, width]`.
  ///   - rows: Rows of `x` and `out`.
  ///   - out: `[rows, width]`.
  ///   - processor: Where to run.
  package func apply(to x: UnsafePointer<Float>, rows: Int, into out: LayerInput, on processor: Processor) {
    let epsilon = Float(outline.epsilon)
    weight.withUnsafeBufferPointer { weight in
      switch outline.kind {
      case .rootMeanSquare: processor.normalize(x, weight: weight, rows: rows, epsilon: epsilon, into: out)
      case .layer:
        (bias ?? [Float](repeating: 0, count: weight.count)).withUnsafeBufferPointer { bias in
          processor.normalize(x, weight: weight, bias: bias, rows: rows, epsilon: epsilon, into: out)
        }
      }
    }
  }
}
