package import Checkpoints
internal import Inference
package import Kernels
internal import Models

/// How far a model's predictions are from those of a reference on the same text, token by token.
///
/// Perplexity says how likely a text is; this says how alike two models are, and small changes show in it much sooner.
package struct Divergence: Hashable, Sendable {
  /// The model's perplexity.
  package let model: Perplexity
  /// The reference's perplexity on the same windows.
  package let reference: Perplexity
  /// Mean of `KL(P_reference ‖ P_model)` over all predicted tokens, in nats per token.
  package let mean: Double
  /// The median: half of the tokens have at most this.
  package let median: Double
  /// What 99 of 100 tokens have at most.
  package let percentile99: Double
  /// The greatest.
  package let maximum: Double
  /// Share of tokens behind which both hold the same token for the most likely.
  package let agreementFraction: Double
  /// Mean share of the reference's five most likely tokens that are among the model's five.
  package let overlapFraction: Double

  /// The model's perplexity divided by the reference's.
  package var perplexityRatio: Double { model.value / reference.value }

  /// Measures a model against a reference, with both residual streams and both heads in memory, but the scores of a few
  /// hundred tokens only.
  ///
  /// - Parameters:
  ///   - model: The model, such as a compressed one.
  ///   - reference: What it should be like; its vocabulary has the same size.
  ///   - windows: Token ids; each window stands alone, and its first token is context only.
  ///   - processor: Where to run.
  ///   - progress: Called with the number of blocks done, the reference's first.
  /// - Returns: Both perplexities and how far the predictions are apart.
  /// - Throws: `CheckpointError` naming the tensor that cannot be read.
  package static func measure(
    _ model: RunnableModel,
    against reference: RunnableModel,
    windows: [[Int32]],
    on processor: Processor,
    progress: (Int) -> Void
  ) throws(CheckpointError) -> Divergence {
    let first = try Readout(of: reference, over: windows, on: processor, progress: progress)
    let before = reference.decoder.blocks.count
    let second = try Readout(of: model, over: windows, on: processor) { progress(before + $0) }
    let targets = PredictedTokens(windows)
    return Divergence(TokenPair.pairs(first, second, targets: targets, on: processor), targets)
  }

  private init(_ pairs: [TokenPair], _ targets: PredictedTokens) {
    reference = Perplexity(total: pairs.reduce(0) { $0 + $1.referenceLoss }, of: targets)
    model = Perplexity(total: pairs.reduce(0) { $0 + $1.modelLoss }, of: targets)
    let count = Double(pairs.count)
    let sorted = pairs.map(\.divergence.divergence).sorted()
    mean = pairs.reduce(0) { $0 + $1.divergence.divergence } / count
    median = Self.quantile(1 / 2, of: sorted)
    percentile99 = Self.quantile(99 / 100, of: sorted)
    maximum = sorted.last ?? 0
    agreementFraction = Double(pairs.count(where: \.divergence.agrees)) / count
    overlapFraction = pairs.reduce(0) { $0 + $1.divergence.overlap } / count
  }

  /// The least value that a fraction of all do not exceed (the nearest rank); zero of none.
  private static func quantile(_ fraction: Double, of sorted: [Double]) -> Double {
    guard !sorted.isEmpty else { return 0 }
    let rank = (fraction * Double(sorted.count)).rounded(.up)
    return sorted[min(max(Int(rank), 1), sorted.count) - 1]
  }
}

/// What two models predict behind one token.
private struct TokenPair: Sendable {
  let referenceLoss: Double
  let modelLoss: Double
  let divergence: TokenDivergence

  /// Walks two heads over the same tokens, run by run; tokens without a next one are left out.
  static func pairs(
    _ reference: Readout,
    _ model: Readout,
    targets: PredictedTokens,
    on processor: Processor
  ) -> [TokenPair] {
    let vocabulary = reference.head.vocabularySize
    precondition(model.head.vocabularySize == vocabulary, "the vocabularies are equal")
    let width = model.hidden.count / targets.ids.count
    var pairs: [TokenPair] = []
    pairs.reserveCapacity(targets.count)
    reference.head.forEachLogits(of: reference.hidden.start, tokens: targets.ids.count) { first, count, expected in
      // The same run for the other model: a product's bits depend on its shape, and so both are computed alike.
      model.head.forEachLogits(of: model.hidden.start + first * width, tokens: count) { offset, count, found in
        var run = [TokenPair?](repeating: nil, count: count)
        run.withUnsafeMutableBufferPointer { run in
          processor.forEach(count) { index in
            guard let target = targets.ids[first + offset + index] else { return }
            let (z, y) = (
              UnsafeBufferPointer(start: expected + (offset + index) * vocabulary, count: vocabulary),
              UnsafeBufferPointer(start: found + index * vocabulary, count: vocabulary)
            )
            run[index] = TokenPair(
              referenceLoss: Perplexity.loss(of: target, z, on: processor),
              modelLoss: Perplexity.loss(of: target, y, on: processor),
              divergence: TokenDivergence(of: y, from: z)
            )
          }
        }
        pairs += run.compactMap(\.self)
      }
    }
    return pairs
  }
}
