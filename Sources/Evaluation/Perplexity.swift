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
  /// Activations are float32; where a scheme quantizes them at run time, they are rounded as a server would.
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
    let hidden = try reader.embed(windows.flatMap(\.self), of: decoder)
    let walk = BlockWalk(
      configuration: decoder.configuration,
      sequences: windows.map(\.count),
      processor: processor
    )
    for (index, block) in decoder.blocks.enumerated() {
      walk.advance(hidden, through: try reader.block(block))
      progress(index + 1)
    }
    let head = Head(
      norm: try reader.checkpoint.tensor(decoder.finalNorm).floats(),
      epsilon: decoder.configuration.normEpsilon,
      layer: try reader.head(of: decoder),
      processor: processor
    )
    let targets: [Int32?] = windows.flatMap { window in window.dropFirst().map { $0 } + [nil] }
    var total = 0.0
    head.forEachLogits(of: hidden.start, tokens: targets.count) { first, count, logits in
      var losses = [Double](repeating: 0, count: count)
      losses.withUnsafeMutableBufferPointer { losses in
        processor.forEach(count) { index in
          guard let target = targets[first + index] else { return }
          let row = UnsafeBufferPointer(start: logits + index * head.vocabularySize, count: head.vocabularySize)
          losses[index] = Double(processor.logSumExp(row) - row[Int(target)])
        }
      }
      total += losses.reduce(0, +)
    }
    let count = targets.count - windows.count
    return Perplexity(
      negativeLogLikelihood: total / Double(count),
      tokenCount: count,
      windowCount: windows.count
    )
  }
}
