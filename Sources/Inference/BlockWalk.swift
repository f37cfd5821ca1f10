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
  package static let chunkTokens = 2048

  let configuration: ModelConfiguration
  let rotaryLayout: RotaryLayout
  let chunks: [Chunk]
  let rotations: RotationTables
  let distances: FloatBuffer?
  let positionCount: Int
  let experts: ExpertCalibration
  let scratch: Scratch
  let processor: Processor

  /// Makes a walk through the blocks of a model.
  ///
  /// - Parameters:
  ///   - decoder: The model.
  ///   - sequences: The length of each sequence that will be taken through every block.
  ///   - experts: Which tokens the statistics of an expert are gathered from.
  ///   - processor: Where to run.
  package init(
    _ decoder: DecoderOutline,
    sequences: [Int],
    experts: ExpertCalibration = .all,
    processor: Processor
  ) {
    configuration = decoder.configuration
    rotaryLayout = decoder.rotaryLayout
    self.experts = experts
    self.processor = processor
    chunks = Chunk.chunks(of: sequences, tokens: Self.chunkTokens)
    scratch = Scratch(decoder, chunks: chunks)
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
    // What the parts add waits where somebody still reads the stream as it was.
    let sum = isParallel || hasExperts ? FloatBuffer(zeros: hidden.count) : nil
    try walkAttention(Stream(hidden: hidden, sum: isParallel ? sum : nil), &weights, &visitor)
    let stream = Stream(hidden: hidden, sum: sum)
    if hasExperts {
      try walkExperts(stream, &weights, &visitor)
    } else {
      try walkFeedForward(stream, &weights, &visitor)
    }
    guard let sum else { return }
    var factor: Float = 1
    if hasExperts {
      // Attention's share of a parallel block is in the sum already, and no family norms behind experts.
      factor = isParallel ? 1 : configuration.residualFactor
      if let norm = weights.norms[.feedForwardOutput] {
        norm.apply(to: sum.start, rows: tokenCount, into: sum.start, on: processor)
      }
    }
    processor.add(sum.start, times: factor, to: hidden.start, count: hidden.count)
  }

  /// Tokens of all sequences.
  var tokenCount: Int { chunks.last.map { $0.first + $0.tokens } ?? 0 }

  /// The residual stream, and where what the parts add is kept while the stream is still read; nil where it is added at
  /// once.
  struct Stream {
    let hidden: FloatBuffer
    let sum: FloatBuffer?
  }

  /// Memory that a walk uses again for every block.
  struct Scratch {
    /// What flows inside a part, for all tokens: first what the heads gathered, later the gated products.
    let inner: FloatBuffer
    /// What queries, and keys and values, are made from, for all tokens.
    let queryLatent, keyValueLatent: FloatBuffer
    /// For one chunk: the normed residual stream, queries, keys, values, and the outputs of `up` or of fused layers.
    let normed, query, key, value, up: FloatBuffer

    init(_ decoder: DecoderOutline, chunks: [Chunk]) {
      let numbers = decoder.configuration
      let tokens = chunks.map(\.tokens).reduce(0, +)
      let most = chunks.map(\.tokens).max() ?? 0
      func widest(_ width: (BlockOutline) -> Int) -> Int { decoder.blocks.map(width).max() ?? 0 }
      let gathered = numbers.queryHeads * numbers.valueDimension
      let product = widest { block in
        let experts = block.feedForward.experts?.layers.map(\.width).max() ?? 0
        return max(block.feedForward.dense?.width ?? 0, experts)
      }
      let outputs = widest { block in block.steps.flatMap(\.linears).map(\.rows).max() ?? 0 }
      inner = FloatBuffer(count: tokens * max(gathered, product))
      queryLatent = FloatBuffer(count: tokens * (numbers.latent?.queryRank ?? 0))
      keyValueLatent = FloatBuffer(
        count: tokens * (numbers.latent.map { $0.keyValueRank + $0.rotaryDimension } ?? 0)
      )
      let latent = max(numbers.latent?.queryRank ?? 0, numbers.latent?.keyValueRank ?? 0)
      normed = FloatBuffer(count: most * max(numbers.hiddenSize, latent))
      query = FloatBuffer(count: most * numbers.queryHeads * numbers.headDimension)
      key = FloatBuffer(count: most * numbers.cachedHeads * numbers.headDimension)
      value = FloatBuffer(count: most * numbers.cachedHeads * numbers.valueDimension)
      up = FloatBuffer(count: most * outputs)
    }
  }

  func eachChunk(_ body: (Chunk) -> Void) { for chunk in chunks { body(chunk) } }

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
    input: (Chunk, BlockWeights) -> UnsafePointer<Float>,
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
    _ input: (Chunk) -> UnsafePointer<Float>
  ) -> StepStatistics {
    var statistics = StepStatistics(request, width: width)
    guard statistics.isWanted else { return statistics }
    for chunk in chunks { statistics.add(input(chunk), tokenCount: chunk.tokens, on: processor) }
    return statistics
  }

  /// Where what flows inside a part is kept for a chunk.
  func inner(_ chunk: Chunk, width: Int) -> UnsafeMutablePointer<Float> { scratch.inner.start + chunk.first * width }

  /// The normed residual stream of a chunk, `[chunk.tokens, hidden]`, valid until the next call; the stream itself where
  /// the part has no norm before it.
  func normed(
    _ hidden: FloatBuffer,
    _ chunk: Chunk,
    _ place: BlockNorm,
    _ weights: BlockWeights
  ) -> UnsafePointer<Float> {
    let x = hidden.start + chunk.first * configuration.hiddenSize
    guard let norm = weights.norms[place] else { return UnsafePointer(x) }
    norm.apply(to: x, rows: chunk.tokens, into: scratch.normed.start, on: processor)
    return UnsafePointer(scratch.normed.start)
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
    _ input: UnsafePointer<Float>,
    _ chunk: Chunk,
    _ stream: Stream,
    norm place: BlockNorm,
    _ weights: BlockWeights,
    _ visitor: inout Visitor,
    shares: [Float]? = nil
  ) {
    let layer = weights[step, 0]
    see(.input(step), input, layer.weight.columnCount, chunk, &visitor)
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
}
