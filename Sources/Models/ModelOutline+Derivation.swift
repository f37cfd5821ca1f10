internal import Checkpoints
package import JSONDocuments
internal import Vocabulary

extension ModelOutline {
  /// Describes a model from its config and the names of its tensors, when its weight files are not at hand.
  ///
  /// - Parameters:
  ///   - config: config.json.
  ///   - tensorNames: All names of the checkpoint's index.
  /// - Returns: The model with the shapes that follow from its config, or nil when its architecture is unknown.
  /// - Throws: `ModelError` when the config is incomplete or a tensor that must be there is not.
  package static func derived(config: JSON, tensorNames: [String]) throws(ModelError) -> ModelOutline? {
    guard let architecture = config["model_type"]?.string.flatMap(Architecture.named) else { return nil }
    let tree = try ModuleTree(architecture: architecture, config: config, tensors: .named(Set(tensorNames)))
    let elementType = weightType(config)
    let norms = Set(tree.decoder.blocks.flatMap(\.normTensors) + [tree.decoder.finalNorm])
    var tensors: [TensorDescription] = []
    func append(_ name: String, _ shape: [Int]) {
      tensors.append(TensorDescription(name: name, elementType: elementType, shape: shape))
    }
    for module in tree.modules {
      let weight = "\(module.name).weight"
      switch module.kind {
      case .linear(let layer) where tree.decoder.head != nil || module.name != tree.decoder.headName:
        append(weight, [layer.rows, layer.columns])
        if layer.hasBias { append("\(module.name).bias", [layer.rows]) }
      case .embedding(let rows, let columns): append(weight, [rows, columns])
      case .other where norms.contains(weight): append(weight, [tree.decoder.configuration.hiddenSize])
      case .linear, .other: break
      }
    }
    return ModelOutline(
      modelType: architecture.modelTypes.first,
      decoder: tree.decoder,
      modules: tree.modules,
      tensors: tensors,
      elementType: elementType
    )
  }

  /// The type that config.json says weights have.
  private static func weightType(_ config: JSON) -> ElementType {
    switch (config["dtype"] ?? config["torch_dtype"])?.string {
    case "float16": .float16
    case "float32": .float32
    default: .bfloat16
    }
  }
}
