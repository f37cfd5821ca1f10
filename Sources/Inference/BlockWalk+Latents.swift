internal import Kernels
internal import Models
internal import Tensors

/// Multi-head latent attention (arXiv:2405.04434, section 2.1).
extension BlockWalk {
  private typealias LowRank = AttentionOutline.LowRankOutline

  /// Computes the narrow tensors of a chunk, which wait for all tokens.
  func makeLatents<Visitor: BlockVisitor>(
    _ hidden: FloatBuffer,
    _ chunk: Chunk,
    _ layers: AttentionOutline.LowRankOutline,
    _ latent: ModelConfiguration.LatentNumbers,
    _ weights: BlockWeights,
    _ visitor: inout Visitor
  ) {
    let normed = normed(hidden, chunk, .attention, weights)
    see(.input(.attentionInput), normed, chunk, &visitor)
    if let rank = latent.queryRank {
      let out = scratch.queryLatent.start + chunk.first * rank
      weights[.attentionInput, 0].apply(to: normed, tokens: chunk.tokens, into: out, on: processor)
      see(.output(.attentionInput, 0), out, rank, chunk, &visitor)
    }
    let width = latent.keyValueRank + latent.rotaryDimension
    let out = scratch.keyValueLatent.start + chunk.first * width
    weights[.attentionInput, 1].apply(to: normed, tokens: chunk.tokens, into: out, on: processor)
    see(.output(.attentionInput, 1), out, width, chunk, &visitor)
  }

  /// The normed narrow tensor of a chunk, `[chunk.tokens, rank]`, valid until the next call.
  func normedLatent(_ place: BlockNorm, _ chunk: Chunk, _ weights: BlockWeights) -> LayerInput {
    guard let latent = configuration.latent, let norm = weights.norms[place] else {
      preconditionFailure("latents have norms")
    }
    func normed(_ x: UnsafePointer<Float>, rank: Int) -> LayerInput {
      let out = LayerInput(scratch.normed.start, columns: rank, type: processor.products)
      norm.apply(to: x, rows: chunk.tokens, into: out, on: processor)
      return out
    }
    if place == .queryLatent {
      let rank = latent.queryRank ?? 0
      return normed(scratch.queryLatent.start + chunk.first * rank, rank: rank)
    }
    // The key that turns stands behind the rest of each row.
    let (rank, width) = (latent.keyValueRank, latent.keyValueRank + latent.rotaryDimension)
    let apart = FloatBuffer(count: chunk.tokens * rank)
    for token in 0..<chunk.tokens {
      (apart.start + token * rank).update(
        from: scratch.keyValueLatent.start + (chunk.first + token) * width,
        count: rank
      )
    }
    return normed(apart.start, rank: rank)
  }

  /// Query, key and value from the narrow tensors.
  func projectLatents<Visitor: BlockVisitor>(
    _ hidden: FloatBuffer,
    _ chunk: Chunk,
    _ layers: AttentionOutline.LowRankOutline,
    _ weights: BlockWeights,
    _ visitor: inout Visitor
  ) {
    guard let latent = configuration.latent else { return }
    let heads = configuration.queryHeads
    let (plain, turning, value) = (latent.plainDimension, latent.rotaryDimension, configuration.valueDimension)
    switch layers.query {
    case .direct:
      let normed = normed(hidden, chunk, .attention, weights)
      weights[.attentionInput, 0].apply(to: normed, tokens: chunk.tokens, into: scratch.query.start, on: processor)
      see(.output(.attentionInput, 0), scratch.query.start, heads * (plain + turning), chunk, &visitor)
    case .narrow:
      let normed = normedLatent(.queryLatent, chunk, weights)
      see(.input(.queryLatent), normed, chunk, &visitor)
      weights[.queryLatent, 0].apply(to: normed, tokens: chunk.tokens, into: scratch.query.start, on: processor)
      see(.output(.queryLatent, 0), scratch.query.start, heads * (plain + turning), chunk, &visitor)
    }
    let normed = normedLatent(.keyValueLatent, chunk, weights)
    see(.input(.keyValueLatent), normed, chunk, &visitor)
    let (fused, width) = (scratch.up.start, heads * (plain + value))
    weights[.keyValueLatent, 0].apply(to: normed, tokens: chunk.tokens, into: fused, on: processor)
    see(.output(.keyValueLatent, 0), fused, width, chunk, &visitor)
    let latentWidth = latent.keyValueRank + turning
    for token in 0..<chunk.tokens {
      // All heads have one turning key.
      let shared = scratch.keyValueLatent.start + (chunk.first + token) * latentWidth + latent.keyValueRank
      for head in 0..<heads {
        let from = fused + token * width + head * (plain + value)
        let key = scratch.key.start + (token * heads + head) * (plain + turning)
        key.update(from: from, count: plain)
        (key + plain).update(from: shared, count: turning)
        (scratch.value.start + (token * heads + head) * value).update(from: from + plain, count: value)
      }
    }
  }
}
