package import Models

/// The weights of one decoder block in memory.
package struct BlockWeights: Sendable {
  /// The block.
  package let block: BlockOutline
  /// The block's norms.
  package var norms: [BlockNorm: NormLayer]
  /// The linear layers of each step, in the order of the block's outline.
  package var layers: [BlockStep.Kind: [LinearLayer]]
  /// What is added to the scores of experts for the choice alone, `[experts]`.
  package let correction: [Float]?
  /// How queries, keys and values are rounded before attention.
  package var attentionRounding: AttentionRounding?

  package init(
    _ block: BlockOutline,
    norms: [BlockNorm: NormLayer],
    layers: [BlockStep.Kind: [LinearLayer]],
    correction: [Float]? = nil,
    attentionRounding: AttentionRounding? = nil
  ) {
    self.block = block
    self.norms = norms
    self.layers = layers
    self.correction = correction
    self.attentionRounding = attentionRounding
  }

  /// The block's norms in dataflow order, each once: one may stand before both parts.
  package var ownNorms: [NormLayer] {
    var names: Set<String> = []
    return block.normsInOrder.compactMap { place, norm in names.insert(norm.name).inserted ? norms[place] : nil }
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

  /// Lets go of what products have kept of a step's weights.
  func releasePacked(_ step: BlockStep.Kind) {
    for layer in layers[step] ?? [] { layer.releasePacked() }
  }

  /// Changes the layers of the block that are in a list.
  package mutating func update(_ linears: [LinearOutline], _ change: (inout LinearLayer) -> Void) {
    let names = Set(linears.map(\.name))
    for step in block.steps {
      for (place, linear) in step.linears.enumerated() where names.contains(linear.name) {
        change(&self[step.kind, place])
      }
    }
  }

  /// The layers of a list, in its order.
  package func layers(_ linears: [LinearOutline]) -> [LinearLayer] {
    var places: [String: (BlockStep.Kind, Int)] = [:]
    for step in block.steps {
      for (place, linear) in step.linears.enumerated() { places[linear.name] = (step.kind, place) }
    }
    return linears.compactMap { linear in places[linear.name].map { self[$0.0, $0.1] } }
  }
}
