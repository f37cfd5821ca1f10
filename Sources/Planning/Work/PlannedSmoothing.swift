package import Models
package import Vocabulary

/// A place where a factor for each channel passes from the layers that read it to the one that writes it.
package struct PlannedSmoothing: Hashable, Sendable {
  /// The place.
  package let site: SmoothingSite
  /// How factors are found.
  package let method: SmoothingMethod
  /// The stage, an index into the plan's stages.
  package let stage: Int

  /// The tensors that change, of those that are floats in the input.
  var tensors: [String] {
    ["\(site.producer).weight", "\(site.producer).bias"] + site.readers.map { "\($0.name).weight" }
  }
}

/// A layer that is pruned.
package struct PlannedPruning: Hashable, Sendable {
  /// The layer.
  package let layer: LinearOutline
  /// The tensor that its weights are read from: another's where the layer was tied.
  package let source: String
  /// How weights are chosen.
  package let method: PruningMethod
  /// How many become zero.
  package let sparsity: LayerSparsity
  /// How zeros are arranged.
  package let structure: MaskStructure
  /// Whether zeros of the input stay zeros.
  package let keepsZeros: Bool
  /// The stage, an index into the plan's stages.
  package let stage: Int
}

/// The sparsity of one layer.
package enum LayerSparsity: Hashable, Sendable {
  /// A fraction, in `0..<1`.
  case fraction(Double)
  /// What outliers leave of a mean fraction; all layers with one container stand or fall together.
  case outlierWeighted(OutlierWeighting, container: Int)
}

/// An attention module and what flows into it quantized while the model is served.
package struct PlannedAttention: Hashable, Sendable {
  /// The module's name.
  package let name: String
  /// Queries behind the rotary embedding.
  package let query: PlannedActivations?
  /// Keys behind the rotary embedding, and values.
  package let cache: PlannedActivations
  /// Query heads.
  package let queryHeads: Int
  /// Key and value heads.
  package let keyHeads: Int
}
