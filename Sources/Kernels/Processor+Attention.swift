internal import CKernels

extension Processor {
  /// Causal attention of one sequence: `softmax(Q·Kᵀ / √d) · V` for each head, with key and value heads repeated where
  /// there are fewer of them (arXiv:1706.03762; grouped queries: arXiv:2305.13245).
  ///
  /// - Parameters:
  ///   - query: `[tokens, shape.queryHeads · shape.dimension]`.
  ///   - key: `[tokens, shape.keyHeads · shape.dimension]`.
  ///   - value: `[tokens, shape.keyHeads · shape.dimension]`.
  ///   - tokens: The length of the sequence.
  ///   - shape: Heads and their size.
  ///   - out: `[tokens, shape.queryHeads · shape.dimension]`.
  package func attend(
    query: UnsafePointer<Float>,
    key: UnsafePointer<Float>,
    value: UnsafePointer<Float>,
    tokens: Int,
    shape: AttentionShape,
    into out: UnsafeMutablePointer<Float>
  ) {
    let tile = 128
    let tiles = (tokens + tile - 1) / tile
    let dimension = shape.dimension
    let queryStride = shape.queryHeads * dimension
    let keyStride = shape.keyHeads * dimension
    let scale = 1 / Float(dimension).squareRoot()
    forEach(shape.queryHeads * tiles) { index in
      let head = index / tiles
      let first = index % tiles * tile
      let rows = min(tile, tokens - first)
      // Only keys up to the tile's last token are ever seen.
      let seen = first + rows
      let keyHead = head / (shape.queryHeads / shape.keyHeads)
      withUnsafeTemporaryAllocation(of: Float.self, capacity: rows * seen) { scores in
        guard let scoresStart = scores.baseAddress else { return }
        Tile.multiply(
          Tile.Factor(query + first * queryStride + head * dimension, stride: queryStride),
          Tile.Factor(key + keyHead * dimension, stride: keyStride, isTransposed: true),
          rows: rows,
          columns: seen,
          depth: dimension,
          into: scoresStart,
          stride: seen
        )
        pare_causal_softmax(level.raw, scoresStart, rows, seen, first, scale)
        Tile.multiply(
          Tile.Factor(scoresStart, stride: seen),
          Tile.Factor(value + keyHead * dimension, stride: keyStride),
          rows: rows,
          columns: dimension,
          depth: seen,
          into: out + first * queryStride + head * dimension,
          stride: queryStride
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
  /// Channels of one head.
  package let dimension: Int

  package init(queryHeads: Int, keyHeads: Int, dimension: Int) {
    precondition(keyHeads > 0 && queryHeads % keyHeads == 0, "key heads divide query heads")
    self.queryHeads = queryHeads
    self.keyHeads = keyHeads
    self.dimension = dimension
  }
}
