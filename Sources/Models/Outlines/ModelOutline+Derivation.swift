internal import Checkpoints
package import JSONDocuments
internal import Vocabulary

extension ModelOutline {
  /// Describes a model from its config and the names of its tensors, when its weight files are not at hand.
  ///
  /// - Parameters:
  ///   - config: config.json.
  ///   - tensorNames: All names of the checkpoint's index.
  ///   - architecture: The model's architecture; nil for the one that `model_type` names.
  /// - Returns: The model with the shapes that follow from its config, or nil when its architecture is unknown.
  /// - Throws: `ModelError` when the config is incomplete or a tensor that must be there is not.
  package static func derived(
    config: JSON,
    tensorNames: [String],
    architecture: Architecture? = nil
  ) throws(ModelError) -> ModelOutline? {
    guard let (architecture, config) = Architecture.describing(config, architecture) else { return nil }
    let names = Set(tensorNames)
    let elementType = weightType(config)
    // Of a model that also sees images, the shapes of the other parts follow from nothing that is known here.
    guard !CheckpointNames(architecture, tensors: .named(names)).isWrapped else { return nil }
    let tree = try ModuleTree(architecture: architecture, config: config, tensors: .named(names))
    let corrections = Dictionary(
      tree.decoder.blocks.compactMap { block in
        block.feedForward.experts.flatMap { experts in
          experts.correction.map {
            (experts.router.name, TensorDescription(name: $0, elementType: elementType, shape: [experts.layers.count]))
          }
        }
      }
    ) { first, _ in first }
    let norms = Dictionary(tree.decoder.norms.map { ($0.name, $0) }) { first, _ in first }
    let stored = Dictionary(tree.renamedTensors.map { ($1, $0) }) { first, _ in first }
    var tensors: [TensorDescription] = []
    func append(_ name: String, _ shape: [Int]) {
      tensors.append(TensorDescription(name: stored[name] ?? name, elementType: elementType, shape: shape))
    }
    for module in tree.modules {
      let weight = "\(module.name).weight"
      switch module.kind {
      case .linear(let layer) where tree.decoder.head != nil || module.name != tree.decoder.headName:
        append(weight, layer.isTransposed ? [layer.columns, layer.rows] : [layer.rows, layer.columns])
        if layer.hasBias { append("\(module.name).bias", [layer.rows]) }
        if let correction = corrections[module.name] { tensors.append(correction) }
      case .embedding(let rows, let columns): append(weight, [rows, columns])
      case .other:
        guard let norm = norms[module.name] else { continue }
        for tensor in norm.tensors { append(tensor, [norm.width]) }
      case .linear: break
      }
    }
    return ModelOutline(
      modelType: config["model_type"]?.string,
      decoder: tree.decoder,
      modules: tree.modules,
      tensors: tensors,
      renamedTensors: tree.renamedTensors,
      otherNames: tree.otherNames,
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
