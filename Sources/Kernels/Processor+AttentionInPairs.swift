internal import CKernels
internal import Vocabulary

extension Processor {
  /// Queries that are scored together.
  private static let queries = 48

  /// Attention with queries, keys, values and the softmax's exponentials in bfloat16, sums in float32.
  ///
  /// Keys and values of a sequence are laid out once for all queries and for all heads that share them.
  func attendInPairs(
    _ streams: AttentionStreams,
    _ sequences: [Int],
    _ shape: AttentionShape,
    _ rule: AttentionScores
  ) {
    let layout = KeyValueLayout(sequences, shape)
    let tiles = AttentionTile.tiles(of: sequences, queries: Self.queries)
    pool.withWords(layout.wordCount) { words in
      forEach(sequences.count * shape.keyHeads) { index in
        layout.pack(
          streams,
          sequence: index / shape.keyHeads,
          head: index % shape.keyHeads,
          into: words,
          at: level
        )
      }
      forEach(shape.queryHeads * tiles.count) { index in
        attend(streams, tiles[index / shape.queryHeads], head: index % shape.queryHeads, rule, layout, words)
      }
    }
  }

  private func attend(
    _ streams: AttentionStreams,
    _ tile: AttentionTile,
    head: Int,
    _ rule: AttentionScores,
    _ layout: KeyValueLayout,
    _ words: UnsafePointer<UInt32>
  ) {
    let shape = layout.shape
    let panelRows = PackedWeight.panelRows
    let rows = tile.queries.count
    // Whole panels of keys; the window takes out what is not seen of the first.
    let firstPanel = tile.firstSeen(window: rule.window) / panelRows
    let start = firstPanel * panelRows
    let seen = tile.queries.upperBound - start
    let seenPairs = (seen + 1) / 2
    let firstQuery = tile.first + tile.queries.lowerBound
    let keys = words + layout.keys(of: tile.sequence, head: head / shape.group)
    let values = words + layout.values(of: tile.sequence, head: head / shape.group)
    pool.withFloats(rows * (seen + 1 + shape.valueDimension)) { scores in
      pool.withFloats(rows * max(ProductType.bfloat16.words(ofRow: shape.dimension), seenPairs)) { room in
        let queries = LayerInput(room, columns: shape.dimension, type: .bfloat16)
        let (pairs, halves) = (queries.pairs, queries.halves)
        let query = streams.query + firstQuery * shape.queryStride + head * shape.dimension
        for row in 0..<rows {
          write(query + row * shape.queryStride, columns: 0..<shape.dimension, ofRow: row, to: queries)
        }
        for column in stride(from: 0, to: seen, by: panelRows) {
          pare_multiply_panel(
            level.raw,
            pairs,
            queries.stride,
            1,
            rows,
            keys + (start + column) * layout.keyPairs,
            layout.keyPairs,
            min(panelRows, seen - column),
            scores + column,
            seen,
            0
          )
        }
        let shares = scores + rows * seen
        pare_attention_weights(
          level.raw,
          scores,
          rows,
          seen,
          tile.queries.lowerBound - start,
          rule.window ?? tile.length,
          rule.factor,
          rule.softCap ?? 0,
          rule.bias(of: head, from: start),
          halves,
          2 * seenPairs,
          shares
        )
        let (out, width) = (shares + rows, shape.valueDimension)
        for channel in stride(from: 0, to: width, by: panelRows) {
          pare_multiply_panel(
            level.raw,
            pairs,
            seenPairs,
            1,
            rows,
            values + channel * ((tile.length + 1) / 2) + start / 2 * panelRows,
            seenPairs,
            min(panelRows, width - channel),
            out + channel,
            width,
            0
          )
        }
        pare_scale_rows(level.raw, out, rows, width, width, shares)
        for row in 0..<rows {
          let columns = head * width..<(head + 1) * width
          write(out + row * width, columns: columns, ofRow: firstQuery + row, to: streams.out)
        }
      }
    }
  }
}

/// Where the keys and values of sequences lie as panels: keys as rows, values as columns.
private struct KeyValueLayout {
  let shape: AttentionShape
  /// Pairs of channels of a key.
  let keyPairs: Int
  /// The first token of each sequence, its tokens, and its first word.
  private let places: [(first: Int, length: Int, word: Int)]
  let wordCount: Int

  init(_ sequences: [Int], _ shape: AttentionShape) {
    self.shape = shape
    keyPairs = (shape.dimension + 1) / 2
    var places: [(first: Int, length: Int, word: Int)] = []
    var (first, word) = (0, 0)
    for length in sequences {
      places.append((first, length, word))
      first += length
      word += shape.keyHeads * (Self.keyWords(length, shape) + Self.valueWords(length, shape))
    }
    (self.places, wordCount) = (places, word)
  }

  /// The first word of a head's keys.
  func keys(of sequence: Int, head: Int) -> Int {
    let place = places[sequence]
    return place.word + head * Self.keyWords(place.length, shape)
  }

  /// The first word of a head's values.
  func values(of sequence: Int, head: Int) -> Int {
    let place = places[sequence]
    return place.word + shape.keyHeads * Self.keyWords(place.length, shape)
      + head * Self.valueWords(place.length, shape)
  }

  /// Lays out the keys and values of one head of a sequence.
  func pack(
    _ streams: AttentionStreams,
    sequence: Int,
    head: Int,
    into words: UnsafeMutablePointer<UInt32>,
    at level: InstructionLevel
  ) {
    let (first, length, _) = places[sequence]
    let rows = PackedWeight.panelRows
    let (keys, values) = (keys(of: sequence, head: head), values(of: sequence, head: head))
    for row in stride(from: 0, to: length, by: rows) {
      pare_pack_rows(
        level.raw,
        streams.key + (first + row) * shape.keyStride + head * shape.dimension,
        shape.keyStride,
        min(rows, length - row),
        shape.dimension,
        words + keys + row * keyPairs
      )
    }
    for channel in stride(from: 0, to: shape.valueDimension, by: rows) {
      pare_pack_columns(
        level.raw,
        streams.value + first * shape.valueStride + head * shape.valueDimension + channel,
        shape.valueStride,
        length,
        min(rows, shape.valueDimension - channel),
        words + values + channel * ((length + 1) / 2)
      )
    }
  }

  private static func keyWords(_ length: Int, _ shape: AttentionShape) -> Int {
    padded(length) * ((shape.dimension + 1) / 2)
  }

  private static func valueWords(_ length: Int, _ shape: AttentionShape) -> Int {
    padded(shape.valueDimension) * ((length + 1) / 2)
  }

  /// Up to a multiple of a panel's rows.
  private static func padded(_ count: Int) -> Int {
    (count + PackedWeight.panelRows - 1) / PackedWeight.panelRows * PackedWeight.panelRows
  }
}
