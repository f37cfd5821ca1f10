package import Kernels
internal import Models
internal import Tensors

/// The end of a decoder model: the final norm and the head, which scores every token of the vocabulary.
package struct Head: Sendable {
  private static let chunkTokens = 256

  private let norm: [Float]
  private let epsilon: Float
  private let layer: LinearLayer
  private let processor: Processor

  /// Makes the end of a model.
  ///
  /// - Parameters:
  ///   - norm: Weight of the final norm, `[hidden]`.
  ///   - epsilon: Added to the mean square in it.
  ///   - layer: `[vocabulary, hidden]`.
  ///   - processor: Where to run.
  package init(norm: [Float], epsilon: Double, layer: LinearLayer, processor: Processor) {
    self.norm = norm
    self.epsilon = Float(epsilon)
    self.layer = layer
    self.processor = processor
  }

  /// Rows of the head: tokens of the vocabulary.
  package var vocabularySize: Int { layer.weight.rowCount }

  /// Channels that the head reads.
  package var width: Int { norm.count }

  /// Calls `body` for runs of tokens with their scores, `[count, vocabulary]`, and the place of the first.
  ///
  /// - Parameters:
  ///   - hidden: The residual stream behind the last block, `[tokens, hidden]`.
  ///   - tokens: Rows of `hidden`.
  ///   - body: Receives scores that are valid only inside the call.
  package func forEachLogits(
    of hidden: UnsafePointer<Float>,
    tokens: Int,
    _ body: (_ first: Int, _ count: Int, _ logits: UnsafePointer<Float>) -> Void
  ) {
    let width = norm.count
    let normed = FloatBuffer(count: min(tokens, Self.chunkTokens) * width)
    let logits = FloatBuffer(count: min(tokens, Self.chunkTokens) * vocabularySize)
    for first in stride(from: 0, to: tokens, by: Self.chunkTokens) {
      let count = min(Self.chunkTokens, tokens - first)
      normalize(hidden + first * width, rows: count, into: normed.start)
      layer.apply(to: normed.start, tokens: count, into: logits.start, on: processor)
      body(first, count, logits.start)
    }
  }

  /// Statistics of the head's input over all tokens.
  package func inputStatistics(
    _ request: StatisticsRequest,
    of hidden: UnsafePointer<Float>,
    tokens: Int
  ) -> StepStatistics {
    var statistics = StepStatistics(request, width: norm.count)
    forEachInput(of: hidden, tokens: tokens) { normed, count in
      statistics.add(normed, tokenCount: count, on: processor)
    }
    return statistics
  }

  /// Calls `body` with the head's input, `[count, hidden]`, some tokens at a time.
  package func forEachInput(
    of hidden: UnsafePointer<Float>,
    tokens: Int,
    _ body: (_ normed: UnsafePointer<Float>, _ count: Int) -> Void
  ) {
    let width = norm.count
    let rows = BlockWalk.chunkTokens
    let normed = FloatBuffer(count: min(tokens, rows) * width)
    for first in stride(from: 0, to: tokens, by: rows) {
      let count = min(rows, tokens - first)
      normalize(hidden + first * width, rows: count, into: normed.start)
      body(normed.start, count)
    }
  }

  /// What the head reads of some tokens, `[tokens, hidden]`.
  package func input(of hidden: UnsafePointer<Float>, tokens: Int) -> FloatBuffer {
    let normed = FloatBuffer(count: tokens * width)
    normalize(hidden, rows: tokens, into: normed.start)
    return normed
  }

  /// The scores of some tokens, `[tokens, vocabulary]`, from what the head reads of them.
  package func logits(of input: FloatBuffer, tokens: Int) -> FloatBuffer {
    let logits = FloatBuffer(count: tokens * vocabularySize)
    layer.apply(to: input.start, tokens: tokens, into: logits.start, on: processor)
    return logits
  }

  private func normalize(_ x: UnsafePointer<Float>, rows: Int, into out: UnsafeMutablePointer<Float>) {
    norm.withUnsafeBufferPointer {
      processor.normalize(x, weight: $0, rows: rows, epsilon: epsilon, into: out)
    }
  }
}
