internal import Kernels
internal import Models
internal import Vocabulary

extension BlockWalk {
  /// Memory that a walk uses again for every block.
  struct Scratch {
    /// What flows inside a part, for all tokens, as layers read it: first what the heads gathered, later the gated products.
    let inner: FloatBuffer
    /// What queries, and keys and values, are made from, for all tokens.
    let queryLatent, keyValueLatent: FloatBuffer
    /// What parts add to the stream at a block's end, for all tokens.
    let sum: FloatBuffer
    /// For one chunk, as layers read it: the normed residual stream.
    let normed: FloatBuffer
    /// For one chunk: queries, keys, values, the outputs of `gate` where layers do not read floats, and those of `up` or of
    /// fused layers.
    let query, key, value, gate, up: FloatBuffer

    /// Makes memory; that for all tokens by `keep`, which is told the number of floats.
    init<Failure: Error>(
      _ decoder: DecoderOutline,
      chunks: [Chunk],
      products: ProductType,
      keep: (Int) throws(Failure) -> FloatBuffer
    ) throws(Failure) {
      let widths = ActivationWidths(decoder)
      let tokens = chunks.map(\.tokens).reduce(0, +)
      let most = chunks.map(\.tokens).max() ?? 0
      inner = try keep(tokens * products.words(ofRow: widths.inner))
      queryLatent = try keep(tokens * widths.queryLatent)
      keyValueLatent = try keep(tokens * widths.keyValueLatent)
      sum = try keep(tokens * widths.sum)
      normed = FloatBuffer(count: most * products.words(ofRow: widths.normed))
      gate = FloatBuffer(count: products == .float32 ? 0 : most * widths.products)
      query = FloatBuffer(count: most * widths.query)
      key = FloatBuffer(count: most * widths.key)
      value = FloatBuffer(count: most * widths.value)
      up = FloatBuffer(count: most * widths.outputs)
    }
  }
}
