internal import Models

/// A block whose spaces can be rotated: all that writes to a space or reads it is linear, or commutes with rotations.
struct RotatableBlock {
  /// The layer that writes values.
  let value: LinearOutline
  /// The layer that reads what the heads gathered.
  let output: LinearOutline
  /// The layer that reads the gated product.
  let down: LinearOutline
  /// The norms before the parts, with all that read them.
  let readers: [(norm: NormOutline, layers: [LinearOutline])]

  /// The blocks of a decoder; nil where the dataflow of one is not of this shape.
  static func all(of decoder: DecoderOutline) -> [RotatableBlock]? {
    let hasPlainStream = decoder.positions == nil && decoder.norm.kind == .rootMeanSquare && decoder.norm.offset == 0
    guard hasPlainStream else { return nil }
    let blocks = decoder.blocks.map(RotatableBlock.init)
    return blocks.contains { $0 == nil } ? nil : blocks.compactMap { $0 }
  }

  private init?(_ block: BlockOutline) {
    let places = Set(block.norms.keys)
    guard case .separate(let query, let key, let value) = block.attention.projections,
      let dense = block.feedForward.dense, block.feedForward.experts == nil, places == [.attention, .feedForward],
      let attention = block.norms[.attention], let feedForward = block.norms[.feedForward], attention != feedForward
    else { return nil }
    self.value = value
    output = block.attention.output
    down = dense.down
    readers = [(attention, [query, key, value]), (feedForward, dense.readers)]
  }
}
