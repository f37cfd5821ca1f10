package import Kernels
package import Models

/// Takes activations through a decoder block, step by step, so that each step's weights can be settled on what really
/// reaches them before its outputs are computed.
///
/// A block has four steps: query, key and value; the output projection; gate and up; down. Before a step's layers run,
/// `prepare` is called with the second moments of their common input over all tokens, if they were asked for, and may
/// change the layers: smoothing, pruning and quantization have their place there. Every layer then runs exactly once,
/// with its final weights, and its outputs feed the next step: the true-sequential order of GPTQ (arXiv:2210.17323,
/// section 4), which needs half the products of calibrating a block on its dense weights and running it again.
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

  /// What `prepare` may do: settle the layers of one step.
  package typealias Preparation<Failure: Error> = (
    _ step: BlockStep.Kind, _ moments: SecondMoments?, _ layers: inout [LinearLayer]
  ) throws(Failure) -> Void

  /// Takes the residual stream through a block, in place.
  ///
  /// - Parameters:
  ///   - hidden: The residual stream, `[tokens, hidden]`: all sequences, one after the other.
  ///   - weights: The block's weights.
  ///   - gathered: Steps whose inputs' second moments are wanted.
  ///   - prepare: Called before each step's layers run.
  /// - Throws: What `prepare` throws; the residual stream is then as the last step left it.
  package func advance<Failure: Error>(
    _ hidden: FloatBuffer,
    through weights: inout BlockWeights,
    gathering gathered: Set<BlockStep.Kind> = [],
    prepare: Preparation<Failure>
  ) throws(Failure) {
    let heads = configuration.queryHeads * configuration.headDimension
    let inner = scratch.inner

    func settle(_ kind: BlockStep.Kind, _ moments: SecondMoments?) throws(Failure) {
      try prepare(kind, moments, &weights.layers[kind, default: []])
    }
    func moments(_ kind: BlockStep.Kind, width: Int) -> SecondMoments? {
      gathered.contains(kind) ? SecondMoments(width: width) : nil
    }

    var seen = moments(.attentionInput, width: configuration.hiddenSize)
    if seen != nil {
      for chunk in chunks {
        normalize(hidden, chunk, weights.attentionNorm) { seen?.add($0, tokenCount: chunk.tokens, on: processor) }
      }
    }
    try settle(.attentionInput, seen)

    seen = moments(.attentionOutput, width: heads)
    for chunk in chunks {
      let out = inner.start + chunk.first * heads
      attend(hidden, chunk, weights, into: out)
      seen?.add(out, tokenCount: chunk.tokens, on: processor)
    }
    try settle(.attentionOutput, seen)

    seen = moments(.feedForwardInput, width: configuration.hiddenSize)
    for chunk in chunks {
      weights[.attentionOutput, 0].apply(
        to: inner.start + chunk.first * heads,
        tokens: chunk.tokens,
        into: hidden.start + chunk.first * configuration.hiddenSize,
        accumulating: true,
        on: processor
      )
      guard seen != nil else { continue }
      normalize(hidden, chunk, weights.feedForwardNorm) { seen?.add($0, tokenCount: chunk.tokens, on: processor) }
    }
    try settle(.feedForwardInput, seen)

    seen = moments(.feedForwardOutput, width: configuration.feedForwardSize)
    for chunk in chunks {
      let out = inner.start + chunk.first * configuration.feedForwardSize
      gate(hidden, chunk, weights, into: out)
      seen?.add(out, tokenCount: chunk.tokens, on: processor)
    }
    try settle(.feedForwardOutput, seen)

    for chunk in chunks {
      weights[.feedForwardOutput, 0].apply(
        to: inner.start + chunk.first * configuration.feedForwardSize,
        tokens: chunk.tokens,
        into: hidden.start + chunk.first * configuration.hiddenSize,
        accumulating: true,
        on: processor
      )
    }
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
  private func attend(
    _ hidden: FloatBuffer,
    _ chunk: Chunk,
    _ weights: BlockWeights,
    into out: UnsafeMutablePointer<Float>
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
      for (index, out) in [query, key, value].enumerated() {
        weights[.attentionInput, index].apply(to: normed, tokens: chunk.tokens, into: out.start, on: processor)
      }
    }
    var first = 0
    for length in chunk.sequences {
      processor.rotate(query.start + first * queryWidth, rows: length, heads: shape.queryHeads, by: rotation)
      processor.rotate(key.start + first * keyWidth, rows: length, heads: shape.keyHeads, by: rotation)
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
  private func gate(
    _ hidden: FloatBuffer,
    _ chunk: Chunk,
    _ weights: BlockWeights,
    into out: UnsafeMutablePointer<Float>
  ) {
    let count = chunk.tokens * configuration.feedForwardSize
    normalize(hidden, chunk, weights.feedForwardNorm) { normed in
      weights[.feedForwardInput, 0].apply(to: normed, tokens: chunk.tokens, into: out, on: processor)
      weights[.feedForwardInput, 1].apply(to: normed, tokens: chunk.tokens, into: scratch.up.start, on: processor)
    }
    processor.multiplySilu(out, by: scratch.up.start, count: count)
  }
}

/// Consecutive whole sequences that are computed together.
package struct Chunk: Hashable, Sendable {
  /// The place of the first token among all.
  package let first: Int
  /// The length of each sequence.
  package let sequences: [Int]
  /// Tokens of all the sequences.
  package var tokens: Int { sequences.reduce(0, +) }

  /// Cuts sequences into chunks of at least `tokens` tokens, the last excepted.
  package static func chunks(of sequences: [Int], tokens: Int) -> [Chunk] {
    var chunks: [Chunk] = []
    var first = 0
    var open: [Int] = []
    for length in sequences {
      open.append(length)
      let count = open.reduce(0, +)
      guard count >= tokens else { continue }
      chunks.append(Chunk(first: first, sequences: open))
      first += count
      open = []
    }
    if !open.isEmpty { chunks.append(Chunk(first: first, sequences: open)) }
    return chunks
  }
}
