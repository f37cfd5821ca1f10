package import Kernels
package import Models
internal import Tensors

/// Takes activations through a decoder block, step by step, so that each step's weights can be settled on what really
/// reaches them before its outputs are computed.
///
/// A block has four steps: query, key and value; the output projection; gate and up; down. Before a step's layers run, a
/// visitor may change them. Every layer then runs exactly once, with its final weights, and its outputs feed the next
/// step: the true-sequential order of GPTQ (arXiv:2210.17323, section 4), which needs half the products of calibrating a
/// block on its dense weights and running it again. A visitor that must know what comes of a step before it settles it
/// may ask for a look ahead, which runs the step once more.
package struct BlockWalk: Sendable {
  /// Tokens that are taken through a step together, at least; whole sequences.
  package static let chunkTokens = 2048

  private let configuration: ModelConfiguration
  private let chunks: [Chunk]
  private let rotation: Rotation
  private let scratch: Scratch
  private let processor: Processor

  /// Makes a walk through the blocks of a model.
  ///
  /// - Parameters:
  ///   - configuration: The model's numbers.
  ///   - sequences: The length of each sequence that will be taken through every block.
  ///   - processor: Where to run.
  package init(configuration: ModelConfiguration, sequences: [Int], processor: Processor) {
    self.configuration = configuration
    self.processor = processor
    chunks = Chunk.chunks(of: sequences, tokens: Self.chunkTokens)
    scratch = Scratch(configuration: configuration, chunks: chunks)
    rotation = Rotation(
      frequencies: configuration.rotary.frequencies(dimension: configuration.headDimension),
      positions: sequences.max() ?? 0
    )
  }

  /// Memory that a walk uses again for every block.
  private struct Scratch {
    /// What flows inside a part, for all tokens: first what the heads gathered, later the gated products.
    let inner: FloatBuffer
    /// For one chunk: the normed residual stream, queries, keys, values, and the outputs of `up`.
    let normed, query, key, value, up: FloatBuffer

    init(configuration: ModelConfiguration, chunks: [Chunk]) {
      let tokens = chunks.map(\.tokens).reduce(0, +)
      let most = chunks.map(\.tokens).max() ?? 0
      let heads = configuration.queryHeads * configuration.headDimension
      inner = FloatBuffer(count: tokens * max(heads, configuration.feedForwardSize))
      normed = FloatBuffer(count: most * configuration.hiddenSize)
      query = FloatBuffer(count: most * heads)
      key = FloatBuffer(count: most * configuration.keyHeads * configuration.headDimension)
      value = FloatBuffer(count: most * configuration.keyHeads * configuration.headDimension)
      up = FloatBuffer(count: most * configuration.feedForwardSize)
    }
  }

  /// Takes the residual stream through a block, in place.
  ///
  /// - Parameters:
  ///   - hidden: The residual stream, `[tokens, hidden]`: all sequences, one after the other.
  ///   - weights: The block's weights.
  package func advance(_ hidden: FloatBuffer, through weights: BlockWeights) {
    var weights = weights
    var visitor = PassingBy()
    advance(hidden, through: &weights, with: &visitor)
  }

  /// Takes the residual stream through a block, in place.
  ///
  /// - Parameters:
  ///   - hidden: The residual stream, `[tokens, hidden]`: all sequences, one after the other.
  ///   - weights: The block's weights.
  ///   - visitor: Settles each step's layers before they run.
  /// - Throws: What the visitor throws; the residual stream is then as the last step left it.
  package func advance<Visitor: BlockVisitor>(
    _ hidden: FloatBuffer,
    through weights: inout BlockWeights,
    with visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visit(.attentionInput, hidden, &weights, &visitor)
    eachChunk { attend(hidden, $0, weights, into: gathered($0), &visitor) }
    try visit(.attentionOutput, hidden, &weights, &visitor)
    eachChunk { project(.attentionOutput, gathered($0), hidden, $0, weights, &visitor) }
    try visit(.feedForwardInput, hidden, &weights, &visitor)
    eachChunk { gate(hidden, $0, weights, into: gated($0), &visitor) }
    try visit(.feedForwardOutput, hidden, &weights, &visitor)
    eachChunk { project(.feedForwardOutput, gated($0), hidden, $0, weights, &visitor) }
  }

  private func eachChunk(_ body: (Chunk) -> Void) { for chunk in chunks { body(chunk) } }

  /// Gathers what the visitor wants to know of a step's input, and lets it settle the step.
  private func visit<Visitor: BlockVisitor>(
    _ step: BlockStep.Kind,
    _ hidden: FloatBuffer,
    _ weights: inout BlockWeights,
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    var statistics = StepStatistics(visitor.statistics(before: step), width: width(of: step))
    if statistics.isWanted {
      for chunk in chunks {
        switch step {
        case .attentionInput, .feedForwardInput:
          normalize(hidden, chunk, step == .attentionInput ? weights.attentionNorm : weights.feedForwardNorm) {
            statistics.add($0, tokenCount: chunk.tokens, on: processor)
          }
        case .attentionOutput: statistics.add(gathered(chunk), tokenCount: chunk.tokens, on: processor)
        case .feedForwardOutput: statistics.add(gated(chunk), tokenCount: chunk.tokens, on: processor)
        }
      }
    }
    try visitor.settle(step, statistics, &weights) { weights, request in
      lookAhead(from: step, hidden, weights, request)
    }
  }

  /// Runs the layers of a step that reads the residual stream, for statistics of what the next step will read.
  private func lookAhead(
    from step: BlockStep.Kind,
    _ hidden: FloatBuffer,
    _ weights: BlockWeights,
    _ request: StatisticsRequest
  ) -> StepStatistics {
    var nobody = PassingBy()
    switch step {
    case .attentionInput:
      var statistics = StepStatistics(request, width: width(of: .attentionOutput))
      for chunk in chunks {
        attend(hidden, chunk, weights, into: gathered(chunk), &nobody)
        statistics.add(gathered(chunk), tokenCount: chunk.tokens, on: processor)
      }
      return statistics
    case .feedForwardInput:
      var statistics = StepStatistics(request, width: width(of: .feedForwardOutput))
      for chunk in chunks {
        gate(hidden, chunk, weights, into: gated(chunk), &nobody)
        statistics.add(gated(chunk), tokenCount: chunk.tokens, on: processor)
      }
      return statistics
    case .attentionOutput, .feedForwardOutput:
      preconditionFailure("only steps that read the residual stream look ahead")
    }
  }

  /// Channels of the tensor that a step reads.
  private func width(of step: BlockStep.Kind) -> Int {
    switch step {
    case .attentionInput, .feedForwardInput: configuration.hiddenSize
    case .attentionOutput: configuration.queryHeads * configuration.headDimension
    case .feedForwardOutput: configuration.feedForwardSize
    }
  }

  /// Where the heads' outputs of a chunk are kept.
  private func gathered(_ chunk: Chunk) -> UnsafeMutablePointer<Float> {
    scratch.inner.start + chunk.first * width(of: .attentionOutput)
  }

  /// Where the gated products of a chunk are kept.
  private func gated(_ chunk: Chunk) -> UnsafeMutablePointer<Float> {
    scratch.inner.start + chunk.first * width(of: .feedForwardOutput)
  }

  /// Adds what the one layer of a step makes of its input to the residual stream.
  private func project<Visitor: BlockVisitor>(
    _ step: BlockStep.Kind,
    _ input: UnsafePointer<Float>,
    _ hidden: FloatBuffer,
    _ chunk: Chunk,
    _ weights: BlockWeights,
    _ visitor: inout Visitor
  ) {
    see(.input(step), input, width(of: step), chunk, &visitor)
    let out = hidden.start + chunk.first * configuration.hiddenSize
    let layer = weights[step, 0]
    guard layer.outputRounding != nil || visitor.observed.contains(.output(step, 0)) else {
      layer.apply(to: input, tokens: chunk.tokens, into: out, accumulating: true, on: processor)
      return
    }
    let own = FloatBuffer(count: chunk.tokens * configuration.hiddenSize)
    layer.apply(to: input, tokens: chunk.tokens, into: own.start, on: processor)
    see(.output(step, 0), own.start, configuration.hiddenSize, chunk, &visitor)
    for index in 0..<own.count { out[index] += own.start[index] }
  }

  /// Shows a tensor to a visitor that wants to see it.
  private func see<Visitor: BlockVisitor>(
    _ flow: BlockFlow,
    _ x: UnsafePointer<Float>,
    _ width: Int,
    _ chunk: Chunk,
    _ visitor: inout Visitor
  ) {
    guard visitor.observed.contains(flow) else { return }
    visitor.observe(flow, x, width: width, sequences: chunk.sequences)
  }

  /// Calls `body` with the normed residual stream of a chunk, `[chunk.tokens, hidden]`.
  private func normalize(
    _ hidden: FloatBuffer,
    _ chunk: Chunk,
    _ weight: [Float],
    _ body: (UnsafeMutablePointer<Float>) -> Void
  ) {
    let width = configuration.hiddenSize
    weight.withUnsafeBufferPointer { weight in
      processor.normalize(
        hidden.start + chunk.first * width,
        weight: weight,
        rows: chunk.tokens,
        epsilon: Float(configuration.normEpsilon),
        into: scratch.normed.start
      )
    }
    body(scratch.normed.start)
  }

  /// Computes what the heads gather for a chunk, `[chunk.tokens, queryHeads · headDimension]`.
  private func attend<Visitor: BlockVisitor>(
    _ hidden: FloatBuffer,
    _ chunk: Chunk,
    _ weights: BlockWeights,
    into out: UnsafeMutablePointer<Float>,
    _ visitor: inout Visitor
  ) {
    let shape = AttentionShape(
      queryHeads: configuration.queryHeads,
      keyHeads: configuration.keyHeads,
      dimension: configuration.headDimension
    )
    let queryWidth = shape.queryHeads * shape.dimension
    let keyWidth = shape.keyHeads * shape.dimension
    let (query, key, value) = (scratch.query, scratch.key, scratch.value)
    normalize(hidden, chunk, weights.attentionNorm) { normed in
      see(.input(.attentionInput), normed, configuration.hiddenSize, chunk, &visitor)
      for (index, out) in [query, key, value].enumerated() {
        let layer = weights[.attentionInput, index]
        layer.apply(to: normed, tokens: chunk.tokens, into: out.start, on: processor)
        see(.output(.attentionInput, index), out.start, layer.weight.rowCount, chunk, &visitor)
      }
    }
    var first = 0
    for length in chunk.sequences {
      processor.rotate(query.start + first * queryWidth, rows: length, heads: shape.queryHeads, by: rotation)
      processor.rotate(key.start + first * keyWidth, rows: length, heads: shape.keyHeads, by: rotation)
      first += length
    }
    see(.query, query.start, queryWidth, chunk, &visitor)
    see(.key, key.start, keyWidth, chunk, &visitor)
    see(.value, value.start, keyWidth, chunk, &visitor)
    weights.attentionRounding?.round(
      (query.start, queryWidth),
      (key.start, keyWidth),
      (value.start, keyWidth),
      tokens: chunk.tokens,
      dimension: shape.dimension,
      on: processor
    )
    first = 0
    for length in chunk.sequences {
      processor.attend(
        query: query.start + first * queryWidth,
        key: key.start + first * keyWidth,
        value: value.start + first * keyWidth,
        tokens: length,
        shape: shape,
        into: out + first * queryWidth
      )
      first += length
    }
  }

  /// Computes the gated products of a chunk, `[chunk.tokens, feedForwardSize]`.
  private func gate<Visitor: BlockVisitor>(
    _ hidden: FloatBuffer,
    _ chunk: Chunk,
    _ weights: BlockWeights,
    into out: UnsafeMutablePointer<Float>,
    _ visitor: inout Visitor
  ) {
    let width = configuration.feedForwardSize
    normalize(hidden, chunk, weights.feedForwardNorm) { normed in
      see(.input(.feedForwardInput), normed, configuration.hiddenSize, chunk, &visitor)
      for (index, out) in [out, scratch.up.start].enumerated() {
        weights[.feedForwardInput, index].apply(to: normed, tokens: chunk.tokens, into: out, on: processor)
        see(.output(.feedForwardInput, index), out, width, chunk, &visitor)
      }
    }
    processor.multiplySilu(out, by: scratch.up.start, count: chunk.tokens * width)
  }
}
