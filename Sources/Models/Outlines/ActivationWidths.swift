/// Floats that a walk through a decoder's blocks keeps of each token.
package struct ActivationWidths: Hashable, Sendable {
  /// The residual stream.
  package let stream: Int
  /// What parts add to the stream, where somebody still reads it as it was; zero where all is added at once.
  package let sum: Int
  /// What flows inside a part: first what the heads gathered, later the gated products.
  package let inner: Int
  /// The products of a feed-forward part or an expert.
  package let products: Int
  /// What queries are made from, where that is narrow.
  package let queryLatent: Int
  /// What keys and values are made from, where that is narrow.
  package let keyValueLatent: Int
  /// The normed stream, or a normed latent.
  package let normed: Int
  /// Queries, heads side by side.
  package let query: Int
  /// Keys.
  package let key: Int
  /// Values.
  package let value: Int
  /// The outputs of the widest layer.
  package let outputs: Int

  /// Measures a decoder.
  package init(_ decoder: DecoderOutline) {
    let numbers = decoder.configuration
    func widest(_ width: (BlockOutline) -> Int) -> Int { decoder.blocks.map(width).max() ?? 0 }
    stream = numbers.hiddenSize
    sum = decoder.blocks.contains(where: \.addsAtItsEnd) ? numbers.hiddenSize : 0
    products = widest { block in
      let experts = block.feedForward.experts?.layers.map(\.width).max() ?? 0
      return max(block.feedForward.dense?.width ?? 0, experts)
    }
    inner = max(numbers.queryHeads * numbers.valueDimension, products)
    queryLatent = numbers.latent?.queryRank ?? 0
    keyValueLatent = numbers.latent.map { $0.keyValueRank + $0.rotaryDimension } ?? 0
    normed = max(numbers.hiddenSize, queryLatent, numbers.latent?.keyValueRank ?? 0)
    query = numbers.queryHeads * numbers.headDimension
    key = numbers.cachedHeads * numbers.headDimension
    value = numbers.cachedHeads * numbers.valueDimension
    outputs = widest { block in block.steps.flatMap(\.linears).map(\.rows).max() ?? 0 }
  }
}

extension BlockOutline {
  /// Whether what the parts compute waits for the block's end, because somebody reads the stream as it was until then.
  package var addsAtItsEnd: Bool { residual == .parallel || feedForward.experts != nil }
}
