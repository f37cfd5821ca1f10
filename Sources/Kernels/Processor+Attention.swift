internal import CKernels

extension Processor {
  /// Causal attention of one sequence: `softmax(factor · Q·Kᵀ) · V` for each head, with key and value heads repeated where
  /// there are fewer of them (arXiv:1706.03762; grouped queries: arXiv:2305.13245).
  ///
  /// - Parameters:
  ///   - query: `[tokens, shape.queryHeads · shape.dimension]`.
  ///   - key: `[tokens, shape.keyHeads · shape.dimension]`.
  ///   - value: `[tokens, shape.keyHeads · shape.valueDimension]`.
  ///   - tokens: The length of the sequence.
  ///   - shape: Heads and their size.
  ///   - rule: How scores follow from products.
  ///   - out: `[tokens, shape.queryHeads · shape.valueDimension]`.
  package func attend(
    query: UnsafePointer<Float>,
    key: UnsafePointer<Float>,
    value: UnsafePointer<Float>,
    tokens: Int,
    shape: AttentionShape,
    scores rule: AttentionScores,
    into out: UnsafeMutablePointer<Float>
  ) {
    let tile = 128
    let tiles = (tokens + tile - 1) / tile
    let (dimension, width) = (shape.dimension, shape.valueDimension)
    let queryStride = shape.queryHeads * dimension
    let keyStride = shape.keyHeads * dimension
    let valueStride = shape.keyHeads * width
    let outStride = shape.queryHeads * width
    let window = rule.window ?? tokens
    precondition(rule.bias == nil || rule.biasWidth >= tokens, "a bias for each position")
    forEach(shape.queryHeads * tiles) { index in
      let head = index / tiles
      let first = index % tiles * tile
      let rows = min(tile, tokens - first)
      // Only keys up to the tile's last token are ever seen, and none before the window of its first.
      let start = max(first + 1 - window, 0)
      let seen = first + rows - start
      let keyHead = head / (shape.queryHeads / shape.keyHeads)
      withUnsafeTemporaryAllocation(of: Float.self, capacity: rows * seen) { scores in
        guard let scoresStart = scores.baseAddress else { return }
        Tile.multiply(
          Tile.Factor(query + first * queryStride + head * dimension, stride: queryStride),
          Tile.Factor(key + start * keyStride + keyHead * dimension, stride: keyStride, isTransposed: true),
          rows: rows,
          columns: seen,
          depth: dimension,
          into: scoresStart,
          stride: seen
        )
        pare_attention_softmax(
          level.raw,
          scoresStart,
          rows,
          seen,
          first - start,
          window,
          rule.factor,
          rule.softCap ?? 0,
          rule.bias.map { UnsafePointer($0.start) + head * rule.biasWidth + start }
        )
        Tile.multiply(
          Tile.Factor(scoresStart, stride: seen),
          Tile.Factor(value + start * valueStride + keyHead * width, stride: valueStride),
          rows: rows,
          columns: width,
          depth: seen,
          into: out + first * outStride + head * width,
          stride: outStride
        )
      }
    }
  }
}

/// Heads of an attention layer.
package struct AttentionShape: Hashable, Sendable {
  /// Query heads.
  package let queryHeads: Int
  /// Key and value heads; divides `queryHeads`.
  package let keyHeads: Int
  /// Channels of one query or key head.
  package let dimension: Int
  /// Channels of one value head.
  package let valueDimension: Int

  package init(queryHeads: Int, keyHeads: Int, dimension: Int, valueDimension: Int? = nil) {
    precondition(keyHeads > 0 && queryHeads % keyHeads == 0, "key heads divide query heads")
    self.queryHeads = queryHeads
    self.keyHeads = keyHeads
    self.dimension = dimension
    self.valueDimension = valueDimension ?? dimension
  }
}

/// How attention scores follow from products of queries and keys.
package struct AttentionScores: Sendable {
  /// What products are multiplied by.
  package let factor: Float
  /// `c` of `c · tanh(score / c)`; nil for scores as they are.
  package let softCap: Float?
  /// Tokens that are seen, the token itself among them; nil for all before it.
  package let window: Int?
  /// Added to each key's score, `[query heads, biasWidth]`; nil for nothing.
  package let bias: FloatBuffer?
  /// Positions of the bias.
  package let biasWidth: Int

  package init(
    factor: Float,
    softCap: Float? = nil,
    window: Int? = nil,
    bias: FloatBuffer? = nil,
    biasWidth: Int = 0
  ) {
    self.factor = factor
    self.softCap = softCap
    self.window = window
    self.bias = bias
    self.biasWidth = biasWidth
  }
}
