/// A feed-forward part: `down(act(gate(n)) · up(n))`, or `down(act(up(n)))`, where `n = norm(x)`; or experts that do so for
/// the tokens that a router gives them.
package struct FeedForwardOutline: Hashable, Sendable {
  /// The dotted name of the part; that of the block where the layers are the block's own.
  package let name: String
  /// The layers that every token runs through: the whole part, or its shared expert.
  package let dense: ProductOutline?
  /// The experts; nil for a part without.
  package let experts: ExpertsOutline?

  /// Layers between a part's input and its output.
  package struct ProductOutline: Hashable, Sendable {
    package let inputs: Inputs
    package let down: LinearOutline

    /// The layers that read the part's input.
    package enum Inputs: Hashable, Sendable {
      /// `act(gate) · up`.
      case gated(gate: LinearOutline, up: LinearOutline)
      /// The same as one layer, the gate's rows first.
      case fused(LinearOutline)
      /// `act(up)`.
      case plain(LinearOutline)
    }

    /// The layers that read the part's input.
    package var readers: [LinearOutline] {
      switch inputs {
      case .gated(let gate, let up): [gate, up]
      case .fused(let layer), .plain(let layer): [layer]
      }
    }

    /// Channels of the product.
    package var width: Int { down.columns }
  }

  /// Experts, and who chooses them.
  package struct ExpertsOutline: Hashable, Sendable {
    /// Scores each expert for each token.
    package let router: LinearOutline
    /// The name of the tensor that is added to scores for the choice alone, `[experts]`.
    package let correction: String?
    /// The layer of one row whose sigmoid weighs the shared expert; nil where that counts in full.
    package let sharedGate: LinearOutline?
    /// The experts' layers.
    package let layers: [ProductOutline]
    /// How a token's experts are chosen and weighed.
    package let routing: ExpertRouting
  }

  /// The part's steps.
  package var steps: [BlockStep] {
    var steps: [BlockStep] = []
    if let experts {
      steps.append(
        BlockStep(kind: .router, linears: [experts.router] + (experts.sharedGate.map { [$0] } ?? []))
      )
    }
    if let dense {
      steps.append(BlockStep(kind: .feedForwardInput, linears: dense.readers))
      steps.append(BlockStep(kind: .feedForwardOutput, linears: [dense.down]))
    }
    for (index, layers) in (experts?.layers ?? []).enumerated() {
      steps.append(BlockStep(kind: .expertInput(index), linears: layers.readers))
      steps.append(BlockStep(kind: .expertOutput(index), linears: [layers.down]))
    }
    return steps
  }
}

/// How a token's experts are chosen and weighed.
package struct ExpertRouting: Hashable, Sendable {
  /// Experts of one token.
  package let chosen: Int
  /// How scores follow from the router's outputs.
  package let scoring: Scoring
  /// Whether the weights of a token's experts are made to sum to one.
  package let normalizes: Bool
  /// What the weights are multiplied by.
  package let factor: Float
  /// Groups of neighbouring experts; one where none are told apart.
  package let groups: Int
  /// Groups that a token's experts come from.
  package let chosenGroups: Int

  /// Tokens that an expert must get when the statistics of each come from its own; with fewer it is calibrated on all.
  package static let leastCalibrationTokens = 256

  /// How scores follow from the router's outputs.
  package enum Scoring: String, CaseIterable, Hashable, Sendable {
    /// Over all experts.
    case softmax
    /// Of each by itself (arXiv:2412.19437, section 2.1.2).
    case sigmoid
  }
}
