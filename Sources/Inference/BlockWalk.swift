package import Checkpoints
package import Kernels
package import Models
internal import Tensors
package import Vocabulary

/// Takes activations through a decoder block, step by step, so that each step's weights can be settled on what really
/// reaches them before its outputs are computed.
///
/// Before the layers of a step run, a visitor may change them. Every layer then runs exactly once, with its final weights,
/// and its outputs feed the next step: the true-sequential order of GPTQ (arXiv:2210.17323, section 4), which needs half
/// the products of calibrating a block on its dense weights and running it again. A visitor that must know what comes of a
/// step before it settles it may ask for a look ahead, which runs the step once more.
package struct BlockWalk: Sendable {
  /// Tokens that are taken through a step together, at least; whole sequences.
  package static let chunkTokens = 1024

  let configuration: ModelConfiguration
  let rotaryLayout: RotaryLayout
  let chunks: [Chunk]
  let rotations: RotationTables
  let distances: FloatBuffer?
  let positionCount: Int
  let experts: ExpertCalibration
  let scratch: Scratch
  /// Where what is kept of all tokens lies.
  package let memory: ActivationMemory
  let processor: Processor

  /// Makes a walk through the blocks of a model whose activations are kept in memory.
  ///
  /// - Parameters:
  ///   - decoder: The model.
  ///   - sequences: The length of each sequence that will be taken through every block.
  ///   - processor: Where to run.
  package init(_ decoder: DecoderOutline, sequences: [Int], processor: Processor) {
    let chunks = Chunk.chunks(of: sequences, tokens: Self.chunkTokens)
    let scratch = Scratch(decoder, chunks: chunks, products: processor.products) { FloatBuffer(count: $0) }
    self.init(decoder, chunks, scratch, memory: ActivationMemory(), experts: .all, processor: processor)
  }

  /// Makes a walk through the blocks of a model.
  ///
  /// - Parameters:
  ///   - decoder: The model.
  ///   - sequences: The length of each sequence that will be taken through every block.
  ///   - experts: Which tokens the statistics of an expert are gathered from.
  ///   - memory: Where what is kept of all tokens lies.
  ///   - processor: Where to run.
  /// - Throws: What `memory` throws.
  package init(
    _ decoder: DecoderOutline,
    sequences: [Int],
    experts: ExpertCalibration,
    memory: ActivationMemory,
    processor: Processor
  ) throws(CheckpointError) {
    let chunks = Chunk.chunks(of: sequences, tokens: Self.chunkTokens)
    let scratch = try Scratch(decoder, chunks: chunks, products: processor.products) { count throws(CheckpointError) in
      try memory.buffer(count: count)
    }
    self.init(decoder, chunks, scratch, memory: memory, experts: experts, processor: processor)
  }

  private init(
    _ decoder: DecoderOutline,
    _ chunks: [Chunk],
    _ scratch: Scratch,
    memory: ActivationMemory,
    experts: ExpertCalibration,
    processor: Processor
  ) {
    configuration = decoder.configuration
    rotaryLayout = decoder.rotaryLayout
    self.chunks = chunks
    self.scratch = scratch
    self.memory = memory
    self.experts = experts
    self.processor = processor
    let sequences = chunks.flatMap(\.sequences)
    positionCount = sequences.max() ?? 0
    rotations = RotationTables(configuration.rotaries, sequences: sequences)
    distances =
      configuration.usesDistances
      ? DistanceScores.table(
        heads: configuration.queryHeads,
        positions: positionCount,
        dimension: configuration.headDimension
      ) : nil
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
    let isParallel = weights.block.residual == .parallel
    let hasExperts = weights.block.feedForward.experts != nil
    let width = configuration.hiddenSize
    // What the parts add waits where somebody still reads the stream as it was.
    let sum = weights.block.addsAtItsEnd ? scratch.sum : nil
    if let sum {
      eachChunk { (sum.start + $0.first * width).initialize(repeating: 0, count: $0.tokens * width) }
    }
    try walkAttention(Stream(hidden: hidden, sum: isParallel ? sum : nil), &weights, &visitor)
    let stream = Stream(hidden: hidden, sum: sum)
    if hasExperts {
      try walkExperts(stream, &weights, &visitor)
    } else {
      try walkFeedForward(stream, &weights, &visitor)
    }
    guard let sum else { return }
    // Attention's share of a parallel block is in the sum already, and no family norms behind experts.
    let factor = hasExperts && !isParallel ? configuration.residualFactor : 1
    let norm = hasExperts ? weights.norms[.feedForwardOutput] : nil
    eachChunk { chunk in
      let own = sum.start + chunk.first * width
      norm?.apply(to: own, rows: chunk.tokens, into: own, on: processor)
      processor.add(own, times: factor, to: hidden.start + chunk.first * width, count: chunk.tokens * width)
    }
  }

  /// Tokens of all sequences.
  var tokenCount: Int { chunks.last.map { $0.first + $0.tokens } ?? 0 }

  /// The residual stream, and where what the parts add is kept while the stream is still read; nil where it is added at
  /// once.
  struct Stream {
    let hidden: FloatBuffer
    let sum: FloatBuffer?
  }

  /// Calls `body` for each chunk, and keeps nothing of it resident that need not be.
  func eachChunk(_ body: (Chunk) -> Void) {
    for chunk in chunks {
      body(chunk)
      memory.release()
    }
  }

  /// Gathers what the visitor wants to know of a step's input, and lets it settle the step.
  ///
  /// - Parameters:
  ///   - step: The step.
  ///   - width: Channels of its input.
  ///   - weights: The block's weights.
  ///   - visitor: Settles the step.
  ///   - input: The step's input of a chunk, as the weights are now.
  ///   - ahead: Runs the step for statistics of what the next one reads; nil for steps that nobody looks ahead from.
  /// - Throws: What the visitor throws.
  func visit<Visitor: BlockVisitor>(
    _ step: BlockStep.Kind,
    width: Int,
    _ weights: inout BlockWeights,
    _ visitor: inout Visitor,
    input: (Chunk, BlockWeights) -> LayerInput,
    ahead: ((BlockWeights, StatisticsRequest) -> StepStatistics)? = nil
  ) throws(Visitor.Failure) {
    let statistics = gather(visitor.statistics(before: step), width: width) { input($0, weights) }
    try visitor.settle(step, statistics, &weights) { weights, request in
      guard let ahead else { preconditionFailure("nobody looks ahead from \(step)") }
      return ahead(weights, request)
    }
  }

  /// Statistics of what flows, chunk by chunk.
  func gather(
    _ request: StatisticsRequest,
    width: Int,
    _ input: (Chunk) -> LayerInput
  ) -> StepStatistics {
    var statistics = StepStatistics(request, width: width)
    guard statistics.isWanted else { return statistics }
    eachChunk { statistics.add(input($0), tokenCount: $0.tokens, on: processor) }
    return statistics
  }

  /// Where what flows inside a part is kept for a chunk.
  func inner(_ chunk: Chunk, width: Int) -> LayerInput {
    LayerInput(scratch.inner.start, columns: width, type: processor.products).from(token: chunk.first)
  }

  /// The normed residual stream of a chunk, `[chunk.tokens, hidden]`, valid until the next call; the stream itself where
  /// the part has no norm before it.
  func normed(
    _ hidden: FloatBuffer,
    _ chunk: Chunk,
    _ place: BlockNorm,
    _ weights: BlockWeights
  ) -> LayerInput {
    let width = configuration.hiddenSize
    let x = hidden.start + chunk.first * width
    let out = LayerInput(scratch.normed.start, columns: width, type: processor.products)
    if let norm = weights.norms[place] {
      norm.apply(to: x, rows: chunk.tokens, into: out, on: processor)
    } else {
      processor.write(x, tokenCount: chunk.tokens, to: out)
    }
    return out
  }

  /// Adds what the one layer of a step makes of its input to the residual stream.
  ///
  /// - Parameters:
  ///   - step: The step.
  ///   - input: `[chunk.tokens, columns]`.
  ///   - chunk: Where the tokens stand.
  ///   - stream: What it is added to.
  ///   - place: The place of the norm behind it.
  ///   - weights: The block's weights.
  ///   - visitor: Sees what flows.
  ///   - shares: What each token's output is multiplied by, `[chunk.tokens]`; nil for nothing.
  func project<Visitor: BlockVisitor>(
    _ step: BlockStep.Kind,
    _ input: LayerInput,
    _ chunk: Chunk,
    _ stream: Stream,
    norm place: BlockNorm,
    _ weights: BlockWeights,
    _ visitor: inout Visitor,
    shares: [Float]? = nil
  ) {
    let layer = weights[step, 0]
    see(.input(step), input, chunk, &visitor)
    let width = configuration.hiddenSize
    let out = (stream.sum ?? stream.hidden).start + chunk.first * width
    // The sum of a part with experts is normed and multiplied as a whole.
    let isWhole = shares != nil || weights.block.feedForward.experts != nil && place == .feedForwardOutput
    let norm = isWhole ? nil : weights.norms[place]
    let factor = isWhole ? 1 : configuration.residualFactor
    let isSeen = visitor.observed.contains(.output(step, 0))
    guard layer.outputRounding != nil || isSeen || norm != nil || factor != 1 || shares != nil else {
      layer.apply(to: input, tokens: chunk.tokens, into: out, accumulating: true, on: processor)
      return
    }
    let own = FloatBuffer(count: chunk.tokens * width)
    layer.apply(to: input, tokens: chunk.tokens, into: own.start, on: processor)
    see(.output(step, 0), own.start, width, chunk, &visitor)
    norm?.apply(to: own.start, rows: chunk.tokens, into: own.start, on: processor)
    guard let shares else {
      processor.add(own.start, times: factor, to: out, count: own.count)
      return
    }
    for token in 0..<chunk.tokens {
      processor.add(own.start + token * width, times: shares[token], to: out + token * width, count: width)
    }
  }

  /// Shows a tensor to a visitor that wants to see it.
  func see<Visitor: BlockVisitor>(
    _ flow: BlockFlow,
    _ x: UnsafePointer<Float>,
    _ width: Int,
    _ chunk: Chunk,
    _ visitor: inout Visitor
  ) {
    guard visitor.observed.contains(flow) else { return }
    visitor.observe(flow, x, width: width, sequences: chunk.sequences)
  }

  /// Shows what layers read to a visitor that wants to see it.
  func see<Visitor: BlockVisitor>(_ flow: BlockFlow, _ x: LayerInput, _ chunk: Chunk, _ visitor: inout Visitor) {
    guard visitor.observed.contains(flow) else { return }
    let floats = processor.floats(of: x, tokenCount: chunk.tokens)
    visitor.observe(flow, floats.start, width: x.columns, sequences: chunk.sequences)
  }
}
