internal import Glibc

/// How far the next-token distributions of two models are apart behind one token.
package struct TokenDivergence: Hashable, Sendable {
  /// `KL(P ‖ Q) = Σ p·(log p - log q)` in nats, `P` the reference's distribution and `Q` the model's.
  package let divergence: Double
  /// Whether both hold the same token for the most likely.
  package let agrees: Bool
  /// The share of the reference's most likely tokens that are among the model's as well.
  package let overlap: Double

  /// The most likely tokens that are held against each other; fewer where the vocabulary is smaller.
  package static let topCount = 5

  /// Compares two rows of scores.
  ///
  /// With `d = z - y` the divergence is `Σ p·d - (log Σ exp z - log Σ exp y)`; everything is summed in float64, and equal
  /// rows give exactly zero. What rounding leaves below zero is zero.
  ///
  /// - Parameters:
  ///   - model: The model's logits `y`, `[vocabulary]`.
  ///   - reference: The reference's logits `z`, `[vocabulary]`.
  package init(of model: UnsafeBufferPointer<Float>, from reference: UnsafeBufferPointer<Float>) {
    precondition(model.count == reference.count && !model.isEmpty, "the vocabularies are equal")
    let top = TopTokens(reference)
    let modelTop = TopTokens(model)
    let (referencePeak, modelPeak) = (Double(top.peak), Double(modelTop.peak))
    var referenceSum = 0.0
    var modelSum = 0.0
    var difference = 0.0
    for index in reference.indices {
      let (z, y) = (Double(reference[index]), Double(model[index]))
      let likelihood = exp(z - referencePeak)
      referenceSum += likelihood
      modelSum += exp(y - modelPeak)
      // What has no likelihood adds nothing, even where its score is minus infinity.
      if likelihood != 0 { difference += likelihood * (z - y) }
    }
    let normalizers = log(referenceSum) + referencePeak - (log(modelSum) + modelPeak)
    let found = difference / referenceSum - normalizers
    // Not `max`, which would make zero of a model that computes NaN.
    divergence = found < 0 ? 0 : found
    agrees = top.tokens[0] == modelTop.tokens[0]
    overlap = Double(top.tokens.count { modelTop.tokens.contains($0) }) / Double(top.tokens.count)
  }
}

/// The most likely tokens of a row of scores, the likeliest first; of equal ones the first.
private struct TopTokens {
  let tokens: [Int]
  let peak: Float

  init(_ scores: UnsafeBufferPointer<Float>) {
    var tokens: [Int] = []
    tokens.reserveCapacity(TokenDivergence.topCount + 1)
    var least = -Float.infinity
    for (token, score) in scores.enumerated() {
      guard tokens.count < TokenDivergence.topCount || score > least else { continue }
      let place = tokens.firstIndex { scores[$0] < score } ?? tokens.count
      tokens.insert(token, at: place)
      if tokens.count > TokenDivergence.topCount { tokens.removeLast() }
      least = tokens.last.map { scores[$0] } ?? least
    }
    self.tokens = tokens
    peak = scores[tokens[0]]
  }
}
