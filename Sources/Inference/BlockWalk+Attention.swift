internal import Kernels
internal import Models
internal import Tensors

extension BlockWalk {
  /// Takes the stream through the attention part.
  func walkAttention<Visitor: BlockVisitor>(
    _ stream: Stream,
    _ weights: inout BlockWeights,
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    let hidden = stream.hidden
    let gathered = configuration.queryHeads * configuration.valueDimension
    func ahead(_ weights: BlockWeights, _ request: StatisticsRequest) -> StepStatistics {
      var nobody = PassingBy()
      return gather(request, width: gathered) { chunk in
        attend(hidden, chunk, weights, into: inner(chunk, width: gathered), &nobody)
        return inner(chunk, width: gathered)
      }
    }
    try visit(.attentionInput, width: configuration.hiddenSize, &weights, &visitor) { chunk, weights in
      normed(hidden, chunk, .attention, weights)
    } ahead: { weights, request in
      ahead(weights, request)
    }
    if case .lowRank(let layers) = weights.block.attention.projections, let latent = configuration.latent {
      eachChunk { makeLatents(hidden, $0, layers, latent, weights, &visitor) }
      if let rank = latent.queryRank {
        try visit(.queryLatent, width: rank, &weights, &visitor) { chunk, weights in
          normedLatent(.queryLatent, chunk, weights)
        }
      }
      try visit(.keyValueLatent, width: latent.keyValueRank, &weights, &visitor) { chunk, weights in
        normedLatent(.keyValueLatent, chunk, weights)
      } ahead: { weights, request in
        ahead(weights, request)
      }
    }
    eachChunk { attend(hidden, $0, weights, into: inner($0, width: gathered), &visitor) }
    for step in [.attentionInput, .queryLatent, .keyValueLatent] as [BlockStep.Kind] { weights.releasePacked(step) }
    try visit(.attentionOutput, width: gathered, &weights, &visitor) { chunk, _ in
      inner(chunk, width: gathered)
    }
    eachChunk {
      project(
        .attentionOutput,
        inner($0, width: gathered),
        $0,
        stream,
        norm: .attentionOutput,
        weights,
        &visitor
      )
    }
    weights.releasePacked(.attentionOutput)
  }

  /// Computes what the heads gather for a chunk, `[chunk.tokens, queryHeads · valueDimension]`.
  private func attend<Visitor: BlockVisitor>(
    _ hidden: FloatBuffer,
    _ chunk: Chunk,
    _ weights: BlockWeights,
    into out: LayerInput,
    _ visitor: inout Visitor
  ) {
    let attention = weights.block.attention
    let shape = AttentionShape(
      queryHeads: configuration.queryHeads,
      keyHeads: configuration.cachedHeads,
      dimension: configuration.headDimension,
      valueDimension: configuration.valueDimension
    )
    let queryWidth = shape.queryHeads * shape.dimension
    let keyWidth = shape.keyHeads * shape.dimension
    let valueWidth = shape.keyHeads * shape.valueDimension
    let (query, key, value) = (scratch.query, scratch.key, scratch.value)
    switch attention.projections {
    case .separate: projectApart(hidden, chunk, weights, &visitor)
    case .fused(_, let order): projectTogether(hidden, chunk, order, weights, &visitor)
    case .lowRank(let layers): projectLatents(hidden, chunk, layers, weights, &visitor)
    }
    for (place, flow, width) in [(BlockNorm.query, query, queryWidth), (.key, key, keyWidth)] {
      guard let norm = weights.norms[place] else { continue }
      norm.apply(to: flow.start, rows: chunk.tokens * width / norm.outline.width, into: flow.start, on: processor)
    }
    turn(chunk, attention, shape)
    see(.query, query.start, queryWidth, chunk, &visitor)
    see(.key, key.start, keyWidth, chunk, &visitor)
    see(.value, value.start, valueWidth, chunk, &visitor)
    weights.attentionRounding?.round(
      (query.start, queryWidth),
      (key.start, keyWidth),
      (value.start, valueWidth),
      tokens: chunk.tokens,
      dimension: shape.dimension,
      on: processor
    )
    let scores = AttentionScores(
      factor: attention.factor,
      softCap: configuration.attentionSoftCap,
      window: attention.window,
      bias: distances,
      biasWidth: positionCount
    )
    processor.attend(
      query: query.start,
      key: key.start,
      value: value.start,
      sequences: chunk.sequences,
      shape: shape,
      scores: scores,
      into: out
    )
  }

  /// Turns queries and keys with their positions.
  private func turn(_ chunk: Chunk, _ attention: AttentionOutline, _ shape: AttentionShape) {
    guard let rotary = attention.rotary else { return }
    // With latents the plain channels of a head come first.
    let offset = configuration.latent?.plainDimension ?? 0
    var first = 0
    for length in chunk.sequences {
      for (flow, heads) in [(scratch.query, shape.queryHeads), (scratch.key, shape.keyHeads)] {
        processor.rotate(
          flow.start + first * heads * shape.dimension + offset,
          rows: length,
          stride: heads * shape.dimension,
          heads: heads,
          headStride: shape.dimension,
          by: rotations.table(rotary, length: length),
          inPairs: rotaryLayout == .pairs
        )
      }
      first += length
    }
  }

  /// Query, key and value from layers of their own.
  private func projectApart<Visitor: BlockVisitor>(
    _ hidden: FloatBuffer,
    _ chunk: Chunk,
    _ weights: BlockWeights,
    _ visitor: inout Visitor
  ) {
    let normed = normed(hidden, chunk, .attention, weights)
    see(.input(.attentionInput), normed, chunk, &visitor)
    for (index, out) in [scratch.query, scratch.key, scratch.value].enumerated() {
      let layer = weights[.attentionInput, index]
      layer.apply(to: normed, tokens: chunk.tokens, into: out.start, on: processor)
      see(.output(.attentionInput, index), out.start, layer.weight.rowCount, chunk, &visitor)
    }
  }

  /// Query, key and value from one layer.
  private func projectTogether<Visitor: BlockVisitor>(
    _ hidden: FloatBuffer,
    _ chunk: Chunk,
    _ order: FusedOrder,
    _ weights: BlockWeights,
    _ visitor: inout Visitor
  ) {
    let normed = normed(hidden, chunk, .attention, weights)
    see(.input(.attentionInput), normed, chunk, &visitor)
    let layer = weights[.attentionInput, 0]
    let (fused, width) = (scratch.up.start, layer.weight.rowCount)
    layer.apply(to: normed, tokens: chunk.tokens, into: fused, on: processor)
    see(.output(.attentionInput, 0), fused, width, chunk, &visitor)
    let dimension = configuration.headDimension
    let (queryHeads, keyHeads) = (configuration.queryHeads, configuration.keyHeads)
    let groups = order == .stacked ? 1 : keyHeads
    let (queries, keys) = (queryHeads / groups * dimension, keyHeads / groups * dimension)
    for token in 0..<chunk.tokens {
      for group in 0..<groups {
        let from = fused + token * width + group * (queries + 2 * keys)
        let place = token * groups + group
        (scratch.query.start + place * queries).update(from: from, count: queries)
        (scratch.key.start + place * keys).update(from: from + queries, count: keys)
        (scratch.value.start + place * keys).update(from: from + queries + keys, count: keys)
      }
    }
  }
}
