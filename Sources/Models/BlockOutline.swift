/// One decoder block: its parts in dataflow order.
package struct BlockOutline: Hashable, Sendable {
  /// The dotted name, such as `model.layers.0`.
  package let name: String
  /// The attention part.
  package let attention: AttentionOutline
  /// The feed-forward part.
  package let feedForward: FeedForwardOutline

  /// The block's steps: linear layers that read one tensor, in the order in which those tensors come to be.
  ///
  /// Layers of a step share second moments and their factorization, and serving runtimes fuse them.
  package var steps: [BlockStep] {
    [
      BlockStep(kind: .attentionInput, linears: [attention.query, attention.key, attention.value]),
      BlockStep(kind: .attentionOutput, linears: [attention.output]),
      BlockStep(kind: .feedForwardInput, linears: [feedForward.gate, feedForward.up]),
      BlockStep(kind: .feedForwardOutput, linears: [feedForward.down]),
    ]
  }

  /// All linear layers, in dataflow order.
  package var linears: [LinearOutline] { steps.flatMap(\.linears) }

  /// Names of the block's norm weights.
  package var normTensors: [String] { [attention.norm, feedForward.norm] }
}

/// Linear layers of a block that read the same tensor.
package struct BlockStep: Hashable, Sendable {
  /// Which tensor they read.
  package let kind: Kind
  /// The layers.
  package let linears: [LinearOutline]

  /// The four tensors that linear layers of a block read.
  package enum Kind: String, CaseIterable, Hashable, Sendable {
    /// The normed residual stream, read by query, key and value.
    case attentionInput = "attention input"
    /// What the heads gathered, read by the output projection.
    case attentionOutput = "attention output"
    /// The normed residual stream, read by gate and up.
    case feedForwardInput = "feed-forward input"
    /// The gated product, read by down.
    case feedForwardOutput = "feed-forward output"
  }

  /// Channels of the tensor.
  package var width: Int { linears[0].columns }
}

/// An attention part: `x + output(attention(query(n), key(n), value(n)))`, where `n = norm(x)`.
package struct AttentionOutline: Hashable, Sendable {
  /// The dotted name of the part.
  package let name: String
  /// The name of the norm's weight tensor, `[hidden]`.
  package let norm: String
  package let query: LinearOutline
  package let key: LinearOutline
  package let value: LinearOutline
  package let output: LinearOutline
}

/// A gated feed-forward part: `x + down(silu(gate(n)) · up(n))`, where `n = norm(x)`.
package struct FeedForwardOutline: Hashable, Sendable {
  /// The dotted name of the part.
  package let name: String
  /// The name of the norm's weight tensor, `[hidden]`.
  package let norm: String
  package let gate: LinearOutline
  package let up: LinearOutline
  package let down: LinearOutline
}
