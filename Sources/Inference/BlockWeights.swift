package import Models

/// The weights of one decoder block in memory.
package struct BlockWeights: Sendable {
  /// Weight of the norm before attention, `[hidden]`.
  package var attentionNorm: [Float]
  /// Weight of the norm before the feed-forward part, `[hidden]`.
  package var feedForwardNorm: [Float]
  /// The linear layers of each step, in the order of the block's outline.
  package var layers: [BlockStep.Kind: [LinearLayer]]
  /// How queries, keys and values are rounded before attention.
  package var attentionRounding: AttentionRounding?

  package init(
    attentionNorm: [Float],
    feedForwardNorm: [Float],
    layers: [BlockStep.Kind: [LinearLayer]],
    attentionRounding: AttentionRounding? = nil
  ) {
    self.attentionNorm = attentionNorm
    self.feedForwardNorm = feedForwardNorm
    self.layers = layers
    self.attentionRounding = attentionRounding
  }

  /// One layer of a step.
  package subscript(_ kind: BlockStep.Kind, _ index: Int) -> LinearLayer {
    get {
      guard let layers = layers[kind], index < layers.count else { preconditionFailure("a step without its layers") }
      return layers[index]
    }
    set {
      guard let count = layers[kind]?.count, index < count else { preconditionFailure("a step without its layers") }
      layers[kind]?[index] = newValue
    }
  }
}
