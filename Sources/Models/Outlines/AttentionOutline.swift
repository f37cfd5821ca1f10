/// An attention part: `output(attention(query(n), key(n), value(n)))`, where `n = norm(x)`.
package struct AttentionOutline: Hashable, Sendable {
  /// The dotted name of the part.
  package let name: String
  /// The layers that make queries, keys and values.
  package let projections: Projections
  package let output: LinearOutline
  /// Tokens that are looked back on, the token itself among them; nil for all.
  package let window: Int?
  /// What products of queries and keys are multiplied by.
  package let factor: Float
  /// Which of the model's rotary embeddings turns queries and keys; nil where positions come from elsewhere.
  package let rotary: Int?

  /// The layers that make queries, keys and values.
  package enum Projections: Hashable, Sendable {
    case separate(query: LinearOutline, key: LinearOutline, value: LinearOutline)
    case fused(LinearOutline, FusedOrder)
    /// Multi-head latent attention (arXiv:2405.04434, section 2.1).
    case lowRank(LowRankOutline)
  }

  /// Layers of a multi-head latent attention: queries, keys and values come from narrow tensors.
  package struct LowRankOutline: Hashable, Sendable {
    /// How queries are made: from the part's input, or by way of a narrow tensor.
    package let query: Query
    /// Writes the narrow tensor that keys and values are made from, and the one key that turns with positions.
    package let keyValueDown: LinearOutline
    /// Makes each head's key, as far as it does not turn, and its value.
    package let keyValueUp: LinearOutline

    /// How queries are made.
    package enum Query: Hashable, Sendable {
      case direct(LinearOutline)
      case narrow(down: LinearOutline, up: LinearOutline)
    }
  }

  /// The part's steps.
  package var steps: [BlockStep] {
    var steps: [BlockStep] = []
    switch projections {
    case .separate(let query, let key, let value):
      steps.append(BlockStep(kind: .attentionInput, linears: [query, key, value]))
    case .fused(let layer, _): steps.append(BlockStep(kind: .attentionInput, linears: [layer]))
    case .lowRank(let layers):
      switch layers.query {
      case .direct(let query):
        steps.append(BlockStep(kind: .attentionInput, linears: [query, layers.keyValueDown]))
      case .narrow(let down, let up):
        steps.append(BlockStep(kind: .attentionInput, linears: [down, layers.keyValueDown]))
        steps.append(BlockStep(kind: .queryLatent, linears: [up]))
      }
      steps.append(BlockStep(kind: .keyValueLatent, linears: [layers.keyValueUp]))
    }
    steps.append(BlockStep(kind: .attentionOutput, linears: [output]))
    return steps
  }
}
