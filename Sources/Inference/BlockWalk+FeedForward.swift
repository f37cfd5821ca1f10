internal import Kernels
internal import Models
internal import Tensors
internal import Vocabulary

extension BlockWalk {
  /// Takes the stream through a feed-forward part, or through the shared expert of a part with experts.
  ///
  /// - Parameters:
  ///   - stream: The stream.
  ///   - weights: The block's weights.
  ///   - visitor: Settles the steps.
  ///   - shares: What each token's output is multiplied by; nil for nothing.
  /// - Throws: What the visitor throws.
  func walkFeedForward<Visitor: BlockVisitor>(
    _ stream: Stream,
    _ weights: inout BlockWeights,
    _ visitor: inout Visitor,
    shares: [Float]? = nil
  ) throws(Visitor.Failure) {
    guard let layers = weights.block.feedForward.dense else { return }
    let hidden = stream.hidden
    let width = layers.width
    try visit(.feedForwardInput, width: configuration.hiddenSize, &weights, &visitor) { chunk, weights in
      normed(hidden, chunk, .feedForward, weights)
    } ahead: { weights, request in
      var nobody = PassingBy()
      return gather(request, width: width) { chunk in
        multiply(
          layers,
          .feedForwardInput,
          normed(hidden, chunk, .feedForward, weights),
          chunk,
          weights,
          into: inner(chunk, width: width),
          &nobody
        )
        return inner(chunk, width: width)
      }
    }
    eachChunk {
      multiply(
        layers,
        .feedForwardInput,
        normed(hidden, $0, .feedForward, weights),
        $0,
        weights,
        into: inner($0, width: width),
        &visitor
      )
    }
    weights.releasePacked(.feedForwardInput)
    try visit(.feedForwardOutput, width: width, &weights, &visitor) { chunk, _ in
      inner(chunk, width: width)
    }
    eachChunk { chunk in
      project(
        .feedForwardOutput,
        inner(chunk, width: width),
        chunk,
        stream,
        norm: .feedForwardOutput,
        weights,
        &visitor,
        shares: shares.map { Array($0[chunk.first..<chunk.first + chunk.tokens]) }
      )
    }
    weights.releasePacked(.feedForwardOutput)
  }

  /// Computes the products of a chunk, `[chunk.tokens, layers.width]`.
  ///
  /// - Parameters:
  ///   - layers: The layers.
  ///   - step: The step that they are.
  ///   - normed: What they read, `[chunk.tokens, hidden]`.
  ///   - chunk: The tokens.
  ///   - weights: The block's weights.
  ///   - out: Where products are written.
  ///   - visitor: Sees what flows.
  func multiply<Visitor: BlockVisitor>(
    _ layers: FeedForwardOutline.ProductOutline,
    _ step: BlockStep.Kind,
    _ normed: LayerInput,
    _ chunk: Chunk,
    _ weights: BlockWeights,
    into out: LayerInput,
    _ visitor: inout Visitor
  ) {
    let width = layers.width
    let activation = Activation(configuration.activation)
    let (tokens, up) = (chunk.tokens, scratch.up.start)
    let gate = out.type == .float32 ? out.start : scratch.gate.start
    see(.input(step), normed, chunk, &visitor)
    switch layers.inputs {
    case .gated:
      for (index, own) in [gate, up].enumerated() {
        weights[step, index].apply(to: normed, tokens: tokens, into: own, on: processor)
        see(.output(step, index), own, width, chunk, &visitor)
      }
      processor.multiply(gate, through: activation, by: up, stride: width, rows: tokens, into: out)
    case .fused:
      weights[step, 0].apply(to: normed, tokens: tokens, into: up, on: processor)
      see(.output(step, 0), up, 2 * width, chunk, &visitor)
      processor.multiply(up, through: activation, by: up + width, stride: 2 * width, rows: tokens, into: out)
    case .plain:
      weights[step, 0].apply(to: normed, tokens: tokens, into: gate, on: processor)
      see(.output(step, 0), gate, width, chunk, &visitor)
      processor.apply(activation, to: gate, rows: tokens, into: out)
    }
  }
}

extension Activation {
  fileprivate init(_ function: ActivationFunction) {
    switch function {
    case .silu: self = .silu
    case .gelu: self = .gelu
    case .geluTanh: self = .geluTanh
    case .relu: self = .relu
    }
  }
}
