internal import Glibc
internal import Kernels
internal import Models
internal import Tensors
internal import Vocabulary

extension BlockWalk {
  /// Takes the stream through a part with experts, one expert after the other.
  ///
  /// All that the part computes is gathered in `stream.sum`, since every expert reads the stream as it was.
  func walkExperts<Visitor: BlockVisitor>(
    _ stream: Stream,
    _ weights: inout BlockWeights,
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    guard let experts = weights.block.feedForward.experts, let sum = stream.sum else { return }
    try visit(.router, width: configuration.hiddenSize, &weights, &visitor) { chunk, weights in
      normed(stream.hidden, chunk, .feedForward, weights)
    }
    var choice = ExpertChoice(experts.routing, expertCount: experts.layers.count)
    var shares: [Float]?
    eachChunk { route($0, stream.hidden, experts, weights, &choice, &shares, &visitor) }
    visitor.observe(choice)
    try walkFeedForward(stream, &weights, &visitor, shares: shares)
    var known: (request: StatisticsRequest, statistics: StepStatistics)?
    for (index, layers) in experts.layers.enumerated() {
      let expert = Expert(index: index, layers: layers, tokens: choice.tokens[index], shares: choice.weights[index])
      try walk(expert, stream.hidden, into: sum, &weights, &visitor, &known)
    }
  }

  /// One expert, and the tokens that it gets.
  private struct Expert {
    let index: Int
    let layers: FeedForwardOutline.ProductOutline
    /// Places of its tokens, ascending.
    let tokens: [Int32]
    /// What its output is multiplied by for each of them.
    let shares: [Float]

    var input: BlockStep.Kind { .expertInput(index) }
    var output: BlockStep.Kind { .expertOutput(index) }
  }

  /// Tokens that run through an expert together.
  private struct Batch {
    /// Where the tokens' rows are kept in the part, and how many of them each sequence has.
    let chunk: Chunk
    /// Places of the tokens in the stream; nil where they are those of the chunk.
    let tokens: ArraySlice<Int32>?
  }

  private func route<Visitor: BlockVisitor>(
    _ chunk: Chunk,
    _ hidden: FloatBuffer,
    _ experts: FeedForwardOutline.ExpertsOutline,
    _ weights: BlockWeights,
    _ choice: inout ExpertChoice,
    _ shares: inout [Float]?,
    _ visitor: inout Visitor
  ) {
    let normed = normed(hidden, chunk, .feedForward, weights)
    see(.input(.router), normed, chunk, &visitor)
    let logits = FloatBuffer(count: chunk.tokens * experts.router.rows)
    weights[.router, 0].apply(to: normed, tokens: chunk.tokens, into: logits.start, on: processor)
    see(.output(.router, 0), logits.start, experts.router.rows, chunk, &visitor)
    choice.add(logits.start, first: chunk.first, count: chunk.tokens, correction: weights.correction)
    guard experts.sharedGate != nil else { return }
    let gates = FloatBuffer(count: chunk.tokens)
    weights[.router, 1].apply(to: normed, tokens: chunk.tokens, into: gates.start, on: processor)
    see(.output(.router, 1), gates.start, 1, chunk, &visitor)
    shares = (shares ?? []) + (0..<chunk.tokens).map { 1 / (1 + exp(-gates.start[$0])) }
  }

  private func walk<Visitor: BlockVisitor>(
    _ expert: Expert,
    _ hidden: FloatBuffer,
    into sum: FloatBuffer,
    _ weights: inout BlockWeights,
    _ visitor: inout Visitor,
    _ known: inout (request: StatisticsRequest, statistics: StepStatistics)?
  ) throws(Visitor.Failure) {
    let requests = (input: visitor.statistics(before: expert.input), output: visitor.statistics(before: expert.output))
    let flows: Set<BlockFlow> = [
      .input(expert.input), .input(expert.output), .output(expert.input, 0), .output(expert.input, 1),
      .output(expert.output, 0),
    ]
    let isStudied = !requests.input.isEmpty || !requests.output.isEmpty || !visitor.observed.isDisjoint(with: flows)
    let seesAll =
      isStudied && (experts == .all || expert.tokens.count < min(ExpertRouting.leastCalibrationTokens, tokenCount))
    let batches = seesAll ? chunks.map { Batch(chunk: $0, tokens: nil) } : batches(of: expert.tokens)
    let width = expert.layers.width

    var statistics: StepStatistics
    if seesAll, let known, known.request == requests.input {
      statistics = known.statistics
    } else {
      statistics = StepStatistics(requests.input, width: configuration.hiddenSize)
      for batch in batches where statistics.isWanted {
        statistics.add(read(batch, hidden, weights), tokenCount: batch.chunk.tokens, on: processor)
        memory.release()
      }
      if seesAll { known = (requests.input, statistics) }
    }
    try visitor.settle(expert.input, statistics, &weights) { weights, request in
      var ahead = StepStatistics(request, width: width)
      var nobody = PassingBy()
      for batch in batches {
        let out = inner(batch.chunk, width: width)
        let input = read(batch, hidden, weights)
        multiply(expert.layers, expert.input, input, batch.chunk, weights, into: out, &nobody)
        ahead.add(out, tokenCount: batch.chunk.tokens, on: processor)
        memory.release()
      }
      return ahead
    }
    for batch in batches {
      let input = read(batch, hidden, weights)
      multiply(
        expert.layers,
        expert.input,
        input,
        batch.chunk,
        weights,
        into: inner(batch.chunk, width: width),
        &visitor
      )
      memory.release()
    }
    weights.releasePacked(expert.input)
    statistics = StepStatistics(requests.output, width: width)
    for batch in batches where statistics.isWanted {
      statistics.add(inner(batch.chunk, width: width), tokenCount: batch.chunk.tokens, on: processor)
      memory.release()
    }
    try visitor.settle(expert.output, statistics, &weights) { _, _ in
      preconditionFailure("nobody looks ahead from \(expert.output)")
    }
    var next = 0
    for batch in batches {
      write(batch, expert, into: sum, weights, &visitor, &next)
      memory.release()
    }
    weights.releasePacked(expert.output)
  }

  /// Cuts an expert's tokens into batches whose rows are kept one behind the other.
  private func batches(of tokens: [Int32]) -> [Batch] {
    var batches: [Batch] = []
    var next = 0
    for chunk in chunks {
      let start = next
      var end = chunk.first
      var counts: [Int] = []
      for length in chunk.sequences {
        end += length
        let first = next
        while next < tokens.count, tokens[next] < end { next += 1 }
        if next > first { counts.append(next - first) }
      }
      guard next > start else { continue }
      batches.append(Batch(chunk: Chunk(first: start, sequences: counts), tokens: tokens[start..<next]))
    }
    return batches
  }

  /// What an expert reads of a batch, `[tokens, hidden]`, valid until the next call.
  private func read(_ batch: Batch, _ hidden: FloatBuffer, _ weights: BlockWeights) -> LayerInput {
    guard let tokens = batch.tokens else { return normed(hidden, batch.chunk, .feedForward, weights) }
    let width = configuration.hiddenSize
    let rows = FloatBuffer(count: tokens.count * width)
    for (row, token) in tokens.enumerated() {
      (rows.start + row * width).update(from: hidden.start + Int(token) * width, count: width)
    }
    let out = LayerInput(scratch.normed.start, columns: width, type: processor.products)
    if let norm = weights.norms[.feedForward] {
      norm.apply(to: rows.start, rows: tokens.count, into: out, on: processor)
    } else {
      processor.write(rows.start, tokenCount: tokens.count, to: out)
    }
    return out
  }

  /// Adds what an expert computes of its tokens in a batch.
  ///
  /// - Parameters:
  ///   - batch: Tokens whose products stand in the part.
  ///   - expert: The expert.
  ///   - sum: Where the part's outputs are gathered.
  ///   - weights: The block's weights.
  ///   - visitor: Sees what flows.
  ///   - next: The first of the expert's tokens that no batch has had.
  private func write<Visitor: BlockVisitor>(
    _ batch: Batch,
    _ expert: Expert,
    into sum: FloatBuffer,
    _ weights: BlockWeights,
    _ visitor: inout Visitor,
    _ next: inout Int
  ) {
    let inner = inner(batch.chunk, width: expert.layers.width)
    let layer = weights[expert.output, 0]
    let hiddenSize = configuration.hiddenSize
    see(.input(expert.output), inner, batch.chunk, &visitor)
    if visitor.observed.contains(.output(expert.output, 0)) {
      let all = FloatBuffer(count: batch.chunk.tokens * hiddenSize)
      layer.apply(to: inner, tokens: batch.chunk.tokens, into: all.start, on: processor)
      see(.output(expert.output, 0), all.start, hiddenSize, batch.chunk, &visitor)
    }
    let first = next
    let end = batch.chunk.first + batch.chunk.tokens
    if let tokens = batch.tokens {
      next = tokens.endIndex
    } else {
      while next < expert.tokens.count, expert.tokens[next] < end { next += 1 }
    }
    let count = next - first
    guard count > 0 else { return }
    var input = inner
    let chosen = FloatBuffer(count: batch.tokens == nil ? count * inner.stride : 0)
    if batch.tokens == nil {
      input = LayerInput(chosen.start, columns: inner.columns, type: inner.type)
      for row in 0..<count { input.copyRow(row, from: inner, Int(expert.tokens[first + row]) - batch.chunk.first) }
    }
    let out = FloatBuffer(count: count * hiddenSize)
    withExtendedLifetime(chosen) { layer.apply(to: input, tokens: count, into: out.start, on: processor) }
    for row in 0..<count {
      processor.add(
        out.start + row * hiddenSize,
        times: expert.shares[first + row],
        to: sum.start + Int(expert.tokens[first + row]) * hiddenSize,
        count: hiddenSize
      )
    }
  }
}
