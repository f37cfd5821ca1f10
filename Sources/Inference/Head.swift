package import Kernels
package import Models
internal import Tensors
internal import Vocabulary

/// The end of a decoder model: the final norm and the head, which scores every token of the vocabulary.
package struct Head: Sendable {
  private static let chunkTokens = 256

  private let norm: NormLayer
  private let layer: LinearLayer
  private let divisor: Float
  private let softCap: Float?
  private let processor: Processor

  /// Makes the end of a model.
  ///
  /// - Parameters:
  ///   - norm: The norm behind the last block.
  ///   - layer: `[vocabulary, hidden]`.
  ///   - configuration: What is done to logits.
  ///   - processor: Where to run.
  package init(norm: NormLayer, layer: LinearLayer, configuration: ModelConfiguration, processor: Processor) {
    self.norm = norm
    self.layer = layer
    divisor = configuration.logitDivisor
    softCap = configuration.logitSoftCap
    self.processor = processor
  }

  /// Rows of the head: tokens of the vocabulary.
  package var vocabularySize: Int { layer.weight.rowCount }

  /// Channels that the head reads.
  package var width: Int { norm.outline.width }

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
    let width = self.width
    let normed = FloatBuffer(count: min(tokens, Self.chunkTokens) * width)
    let logits = FloatBuffer(count: min(tokens, Self.chunkTokens) * vocabularySize)
    for first in stride(from: 0, to: tokens, by: Self.chunkTokens) {
      let count = min(Self.chunkTokens, tokens - first)
      normalize(hidden + first * width, rows: count, into: normed.start)
      score(normed, tokens: count, into: logits)
      body(first, count, logits.start)
    }
  }

  /// Statistics of the head's input over all tokens.
  ///
  /// - Parameters:
  ///   - request: What is wanted.
  ///   - hidden: The residual stream behind the last block, `[tokens, hidden]`.
  ///   - tokens: Rows of `hidden`.
  ///   - memory: Where `hidden` lies, if it need not be resident.
  /// - Returns: What was wanted.
  package func inputStatistics(
    _ request: StatisticsRequest,
    of hidden: UnsafePointer<Float>,
    tokens: Int,
    memory: ActivationMemory? = nil
  ) -> StepStatistics {
    var statistics = StepStatistics(request, width: width)
    let rows = BlockWalk.chunkTokens
    let type = processor.products
    let buffer = FloatBuffer(count: min(tokens, rows) * type.words(ofRow: width))
    let normed = LayerInput(buffer.start, columns: width, type: type)
    for first in stride(from: 0, to: tokens, by: rows) {
      let count = min(rows, tokens - first)
      norm.apply(to: hidden + first * width, rows: count, into: normed, on: processor)
      statistics.add(normed, tokenCount: count, on: processor)
      memory?.release()
    }
    return statistics
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
    score(input, tokens: tokens, into: logits)
    return logits
  }

  private func score(_ input: FloatBuffer, tokens: Int, into logits: FloatBuffer) {
    layer.apply(to: input.start, tokens: tokens, into: logits.start, on: processor)
    let count = tokens * vocabularySize
    if divisor != 1 { for index in 0..<count { logits.start[index] /= divisor } }
    if let softCap { processor.softCap(logits.start, at: softCap, count: count) }
  }

  private func normalize(_ x: UnsafePointer<Float>, rows: Int, into out: UnsafeMutablePointer<Float>) {
    norm.apply(to: x, rows: rows, into: out, on: processor)
  }
}
