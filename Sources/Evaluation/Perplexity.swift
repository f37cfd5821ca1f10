package import Checkpoints
internal import Glibc
package import Inference
package import Kernels
package import Models

/// How well a model predicts a text: `exp` of the mean negative log-likelihood of each token given those before it.
package struct Perplexity: Hashable, Sendable {
  /// Mean negative log-likelihood, in nats per token.
  package let negativeLogLikelihood: Double
  /// Tokens predicted: all but the first of each window.
  package let tokenCount: Int
  /// Windows of text.
  package let windowCount: Int

  /// The perplexity, dimensionless.
  package var value: Double { exp(negativeLogLikelihood) }

  /// Measures a model on windows of a text, one block in memory at a time.
  ///
  /// - Parameters:
  ///   - reader: The model's weights.
  ///   - decoder: Its dataflow.
  ///   - windows: Token ids; each window stands alone, and its first token is context only.
  ///   - processor: Where to run.
  ///   - progress: Called with the number of blocks done.
  /// - Returns: The loss over all windows.
  /// - Throws: `CheckpointError` naming the tensor that cannot be read.
  package static func measure(
    _ reader: WeightReader,
    decoder: DecoderOutline,
    windows: [[Int32]],
    on processor: Processor,
    progress: (Int) -> Void
  ) throws(CheckpointError) -> Perplexity {
    let model = RunnableModel(reader: reader, decoder: decoder)
    let readout = try Readout(of: model, over: windows, on: processor, progress: progress)
    let targets = PredictedTokens(windows)
    var total = 0.0
    readout.head.forEachLogits(of: readout.hidden.start, tokens: targets.ids.count) { first, count, logits in
      var losses = [Double](repeating: 0, count: count)
      losses.withUnsafeMutableBufferPointer { losses in
        processor.forEach(count) { index in
          guard let target = targets.ids[first + index] else { return }
          let vocabulary = readout.head.vocabularySize
          losses[index] = loss(
            of: target,
            UnsafeBufferPointer(start: logits + index * vocabulary, count: vocabulary),
            on: processor
          )
        }
      }
      total += losses.reduce(0, +)
    }
    return Perplexity(total: total, of: targets)
  }

  /// The mean over what was predicted.
  init(total: Double, of targets: PredictedTokens) {
    negativeLogLikelihood = total / Double(targets.count)
    tokenCount = targets.count
    windowCount = targets.windowCount
  }

  /// The negative log-likelihood of a token, in nats.
  ///
  /// - Parameters:
  ///   - target: The token that follows, a row of the head.
  ///   - logits: The scores of all tokens, `[vocabulary]`.
  ///   - processor: Where to run.
  /// - Returns: What the model would have to be told to know the token.
  static func loss(of target: Int32, _ logits: UnsafeBufferPointer<Float>, on processor: Processor) -> Double {
    Double(processor.logSumExp(logits) - logits[Int(target)])
  }
}

/// The token that follows each one of windows of text.
struct PredictedTokens: Sendable {
  /// For every token of all windows the next one; nil for the last of each window.
  let ids: [Int32?]
  /// Windows.
  let windowCount: Int

  init(_ windows: [[Int32]]) {
    ids = windows.flatMap { window in window.dropFirst().map { $0 } + [nil] }
    windowCount = windows.count
  }

  /// Tokens that are predicted.
  var count: Int { ids.count - windowCount }
}
