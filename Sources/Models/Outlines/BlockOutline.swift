/// One decoder block: its parts in dataflow order.
package struct BlockOutline: Hashable, Sendable {
  /// The dotted name, such as `model.layers.0`.
  package let name: String
  /// How the parts' outputs join the residual stream.
  package let residual: Residual
  /// The attention part.
  package let attention: AttentionOutline
  /// The feed-forward part.
  package let feedForward: FeedForwardOutline
  /// The block's norms.
  package let norms: [BlockNorm: NormOutline]
  /// The block's steps: linear layers that read one tensor, in the order in which those tensors come to be.
  ///
  /// Layers of a step share second moments and their factorization, and serving runtimes fuse most of them.
  package let steps: [BlockStep]

  init(
    name: String,
    residual: Residual,
    attention: AttentionOutline,
    feedForward: FeedForwardOutline,
    norms: [BlockNorm: NormOutline]
  ) {
    self.name = name
    self.residual = residual
    self.attention = attention
    self.feedForward = feedForward
    self.norms = norms
    steps = attention.steps + feedForward.steps
  }

  /// How the parts' outputs join the residual stream.
  package enum Residual: Hashable, Sendable {
    /// Attention's first; the feed-forward part reads the sum.
    case sequential
    /// Both parts read what the block reads.
    case parallel
  }

  /// All linear layers, in dataflow order.
  package var linears: [LinearOutline] { steps.flatMap(\.linears) }

  /// The block's norms in dataflow order.
  package var normsInOrder: [(place: BlockNorm, norm: NormOutline)] {
    BlockNorm.allCases.compactMap { place in norms[place].map { (place, $0) } }
  }

  /// Names of all tensors of the block's norms.
  package var normTensors: [String] { Set(norms.values).flatMap(\.tensors).sorted() }
}

/// Where a norm stands in a block.
package enum BlockNorm: CaseIterable, Hashable, Sendable {
  /// Before query, key and value.
  case attention
  /// Of what queries are made from (multi-head latent attention).
  case queryLatent
  /// Of what keys and values are made from.
  case keyValueLatent
  /// Of queries, before positions.
  case query
  /// Of keys, before positions.
  case key
  /// Behind the output projection.
  case attentionOutput
  /// Before gate and up, or before the router.
  case feedForward
  /// Behind down.
  case feedForwardOutput
}

/// A norm: what it is called and how it computes.
package struct NormOutline: Hashable, Sendable {
  /// The dotted module name.
  package let name: String
  /// How it computes.
  package let kind: NormKind
  /// Channels that are normed together.
  package let width: Int
  /// Added to each stored weight.
  package let offset: Float
  /// Added to the mean square, or to the variance.
  package let epsilon: Double
  /// Whether there is a bias, `[width]`.
  package let hasBias: Bool

  /// The name of the weight tensor, `[width]`.
  package var tensor: String { "\(name).weight" }

  /// The name of the bias tensor, if there is one.
  package var biasTensor: String? { hasBias ? "\(name).bias" : nil }

  /// Names of its tensors.
  package var tensors: [String] { [tensor] + (biasTensor.map { [$0] } ?? []) }
}

/// Linear layers of a block that read the same tensor.
package struct BlockStep: Hashable, Sendable {
  /// Which tensor they read.
  package let kind: Kind
  /// The layers.
  package let linears: [LinearOutline]

  /// The tensors that linear layers of a block read.
  package enum Kind: Hashable, Sendable {
    /// The normed residual stream, read by query, key and value, or by the layers before them.
    case attentionInput
    /// What queries are made from.
    case queryLatent
    /// What keys and values are made from.
    case keyValueLatent
    /// What the heads gathered, read by the output projection.
    case attentionOutput
    /// The normed residual stream, read by the router, and by the layer that weighs the shared expert.
    case router
    /// The normed residual stream, read by gate and up; of a part with experts, by those of the shared one.
    case feedForwardInput
    /// The gated product, read by down.
    case feedForwardOutput
    /// The normed residual stream of the tokens of one expert.
    case expertInput(Int)
    /// The gated product of one expert.
    case expertOutput(Int)
  }

  /// Channels of the tensor.
  package var width: Int { linears[0].columns }
}

extension BlockStep.Kind {
  /// The step that reads what this one leads to when nothing else stands between them.
  package var next: BlockStep.Kind? {
    switch self {
    case .attentionInput, .keyValueLatent: .attentionOutput
    case .feedForwardInput: .feedForwardOutput
    case .expertInput(let expert): .expertOutput(expert)
    case .queryLatent, .attentionOutput, .router, .feedForwardOutput, .expertOutput: nil
    }
  }
}

extension BlockStep.Kind: CustomStringConvertible {
  package var description: String {
    switch self {
    case .attentionInput: "attention input"
    case .queryLatent: "query latent"
    case .keyValueLatent: "key and value latent"
    case .attentionOutput: "attention output"
    case .router: "router"
    case .feedForwardInput: "feed-forward input"
    case .feedForwardOutput: "feed-forward output"
    case .expertInput(let expert): "input of expert \(expert)"
    case .expertOutput(let expert): "output of expert \(expert)"
    }
  }
}
