internal import CKernels
internal import Vocabulary

extension Processor {
  /// Causal attention: `softmax(factor · Q·Kᵀ) · V` for each sequence and head, with key and value heads repeated where there
  /// are fewer of them (arXiv:1706.03762; grouped queries: arXiv:2305.13245).
  ///
  /// - Parameters:
  ///   - query: `[tokens, shape.queryHeads · shape.dimension]`.
  ///   - key: `[tokens, shape.keyHeads · shape.dimension]`.
  ///   - value: `[tokens, shape.keyHeads · shape.valueDimension]`.
  ///   - sequences: The length of each sequence, one after the other.
  ///   - shape: Heads and their size.
  ///   - rule: How scores follow from products.
  ///   - out: What all heads gather, as a layer reads it, `[tokens, shape.queryHeads · shape.valueDimension]`; its type is that of
  ///     the products.
  package func attend(
    query: UnsafePointer<Float>,
    key: UnsafePointer<Float>,
    value: UnsafePointer<Float>,
    sequences: [Int],
    shape: AttentionShape,
    scores rule: AttentionScores,
    into out: LayerInput
  ) {
    precondition(out.columns == shape.queryHeads * shape.valueDimension, "a column for each channel of a head")
    precondition(rule.bias == nil || rule.biasWidth >= sequences.max() ?? 0, "a bias for each position")
    let streams = AttentionStreams(query: query, key: key, value: value, out: out)
    switch out.type {
    case .float32: attendInFloats(streams, sequences, shape, rule)
    case .bfloat16: attendInPairs(streams, sequences, shape, rule)
    }
  }

  private func attendInFloats(
    _ streams: AttentionStreams,
    _ sequences: [Int],
    _ shape: AttentionShape,
    _ rule: AttentionScores
  ) {
    let (dimension, width) = (shape.dimension, shape.valueDimension)
    let tiles = AttentionTile.tiles(of: sequences, queries: 128)
    forEach(shape.queryHeads * tiles.count) { index in
      let (head, tile) = (index / tiles.count, tiles[index % tiles.count])
      let keyHead = head / shape.group
      let start = tile.firstSeen(window: rule.window)
      let seen = tile.queries.upperBound - start
      let (firstQuery, firstKey) = (tile.first + tile.queries.lowerBound, tile.first + start)
      pool.withFloats(tile.queries.count * seen) { scores in
        Tile.multiply(
          Tile.Factor(streams.query + firstQuery * shape.queryStride + head * dimension, stride: shape.queryStride),
          Tile.Factor(
            streams.key + firstKey * shape.keyStride + keyHead * dimension,
            stride: shape.keyStride,
            isTransposed: true
          ),
          rows: tile.queries.count,
          columns: seen,
          depth: dimension,
          into: scores,
          stride: seen
        )
        pare_attention_softmax(
          level.raw,
          scores,
          tile.queries.count,
          seen,
          tile.queries.lowerBound - start,
          rule.window ?? tile.length,
          rule.factor,
          rule.softCap ?? 0,
          rule.bias(of: head, from: start)
        )
        Tile.multiply(
          Tile.Factor(scores, stride: seen),
          Tile.Factor(streams.value + firstKey * shape.valueStride + keyHead * width, stride: shape.valueStride),
          rows: tile.queries.count,
          columns: width,
          depth: seen,
          into: streams.out.start + firstQuery * streams.out.stride + head * width,
          stride: streams.out.stride
        )
      }
    }
  }
}

/// What attention reads and writes.
struct AttentionStreams {
  let query, key, value: UnsafePointer<Float>
  let out: LayerInput
}

/// Queries of one sequence that are scored together.
struct AttentionTile {
  /// The sequence, by its place among all.
  let sequence: Int
  /// The sequence's first token.
  let first: Int
  /// The sequence's tokens.
  let length: Int
  /// Places in the sequence.
  let queries: Range<Int>

  static func tiles(of sequences: [Int], queries: Int) -> [AttentionTile] {
    var first = 0
    return sequences.enumerated().flatMap { sequence, length in
      defer { first += length }
      return stride(from: 0, to: length, by: queries).map {
        AttentionTile(sequence: sequence, first: first, length: length, queries: $0..<min($0 + queries, length))
      }
    }
  }

  /// The first key that any of the queries sees; they see none behind the last of them.
  func firstSeen(window: Int?) -> Int { max(queries.lowerBound + 1 - (window ?? length), 0) }
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

  /// Query heads of one key head.
  var group: Int { queryHeads / keyHeads }
  var queryStride: Int { queryHeads * dimension }
  var keyStride: Int { keyHeads * dimension }
  var valueStride: Int { keyHeads * valueDimension }
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

  /// What is added to a head's scores of keys from a place on.
  func bias(of head: Int, from start: Int) -> UnsafePointer<Float>? {
    bias.map { UnsafePointer($0.start) + head * biasWidth + start }
  }
}
