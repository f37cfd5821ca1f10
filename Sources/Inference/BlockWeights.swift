package import Models

/// The weights of one decoder block in memory.
package struct BlockWeights: Sendable {
  /// Weight of the norm before attention, `[hidden]`.
  package let attentionNorm: [Float]
  /// Weight of the norm before the feed-forward part, `[hidden]`.
  package let feedForwardNorm: [Float]
  /// The linear layers of each step, in the order of the block's outline.
  package var layers: [BlockStep.Kind: [LinearLayer]]

  package init(attentionNorm: [Float], feedForwardNorm: [Float], layers: [BlockStep.Kind: [LinearLayer]]) {
    self.attentionNorm = attentionNorm
    self.feedForwardNorm = feedForwardNorm
    self.layers = layers
  }

  /// One layer of a step.
  subscript(_ kind: BlockStep.Kind, _ index: Int) -> LinearLayer {
    guard let layers = layers[kind], index < layers.count else { preconditionFailure("a step without its layers") }
    return layers[index]
  }
}
