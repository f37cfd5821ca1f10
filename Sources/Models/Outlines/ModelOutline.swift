package import Checkpoints
package import JSONDocuments
package import Vocabulary

/// A model as its config and headers describe it: the module tree and, where the architecture is known, the dataflow.
///
/// It knows no recipe and holds no weights.
package struct ModelOutline: Hashable, Sendable {
  /// The value of `model_type` in config.json, if it has one.
  package let modelType: String?
  /// The decoder's dataflow; nil when the architecture is unknown, and then nothing can be calibrated or evaluated.
  package let decoder: DecoderOutline?
  /// Every module, parents before children, in the order of Hugging Face's `named_modules`.
  package let modules: [Module]
  /// The checkpoint's tensors, in the order of Hugging Face's state dictionary as far as it is known.
  package let tensors: [TensorDescription]
  /// The type of the model's weights, in which scales are stored.
  package let elementType: ElementType
  /// Names under which tensors are written, where they are not their own: serving runtimes know the layers of experts by
  /// other names than some checkpoints.
  package let renamedTensors: [String: String]
  private let storedNames: [String: String]
  private let otherNames: [String: String]
  /// Whether shapes follow from the config because the weight files are not at hand.
  package let hasDerivedShapes: Bool

  /// Describes a model.
  ///
  /// - Parameters:
  ///   - config: config.json.
  ///   - tensors: All tensors of the checkpoint.
  ///   - architecture: The model's architecture; nil for the one that `model_type` names.
  /// - Throws: `ModelError` when the two contradict each other or the architecture.
  package init(
    config: JSON,
    tensors: [TensorDescription],
    architecture: Architecture? = nil
  ) throws(ModelError) {
    hasDerivedShapes = false
    modelType = config["model_type"]?.string
    let shapes = Dictionary(tensors.map { ($0.name, $0) }) { first, _ in first }
    if let (architecture, config) = Architecture.describing(config, architecture) {
      let tree = try ModuleTree(architecture: architecture, config: config, tensors: .described(shapes))
      decoder = tree.decoder
      modules = tree.modules
      self.tensors = Self.inOrder(tensors, of: tree)
      renamedTensors = tree.renamedTensors
      otherNames = tree.otherNames
    } else {
      let guess = GuessedModules(tensors)
      decoder = nil
      modules = guess.modules
      self.tensors = guess.tensors
      renamedTensors = guess.renamedTensors
      otherNames = [:]
    }
    storedNames = Self.reversed(renamedTensors)
    elementType = Self.weightType(of: self.tensors, modules: modules, shapes: shapes)
  }

  /// A model whose shapes follow from its config.
  init(
    modelType: String?,
    decoder: DecoderOutline?,
    modules: [Module],
    tensors: [TensorDescription],
    renamedTensors: [String: String],
    otherNames: [String: String],
    elementType: ElementType
  ) {
    self.modelType = modelType
    self.decoder = decoder
    self.modules = modules
    self.tensors = tensors
    self.elementType = elementType
    self.renamedTensors = renamedTensors
    self.otherNames = otherNames
    storedNames = Self.reversed(renamedTensors)
    hasDerivedShapes = true
  }

  /// Names of the layers whose weights are stored transposed.
  package var transposedLayers: Set<String> {
    Set(modules.compactMap(\.linear).filter(\.isTransposed).map(\.name))
  }

  /// The names by which loaders know a module: its own, and transformers' where that differs.
  package func loadedNames(of module: String) -> [String] { [module] + (otherNames[module].map { [$0] } ?? []) }

  /// The name under which a tensor of the checkpoint is written.
  package func writtenName(of tensor: String) -> String { renamedTensors[tensor] ?? tensor }

  /// The name that a written tensor has in the checkpoint.
  package func storedName(of tensor: String) -> String { storedNames[tensor] ?? tensor }

  private static func reversed(_ names: [String: String]) -> [String: String] {
    Dictionary(names.map { ($1, $0) }) { first, _ in first }
  }

  /// Tensors in the order of the modules that own them; those that no module owns come last.
  private static func inOrder(_ tensors: [TensorDescription], of tree: ModuleTree) -> [TensorDescription] {
    var places: [String: Int] = [:]
    places.reserveCapacity(tree.modules.count)
    for index in tree.modules.indices.reversed() { places[tree.modules[index].name] = index }
    func place(_ tensor: TensorDescription) -> Int {
      let name = tree.renamedTensors[tensor.name] ?? tensor.name
      return places[String(DottedName(name).parent)] ?? tree.modules.count
    }
    return tensors.enumerated()
      .map { (place: place($1), rank: $1.suffixRank, index: $0) }
      .sorted(by: <)
      .map { tensors[$0.index] }
  }

  /// The type of the first linear layer's weight; bfloat16 where weights are stored as codes.
  private static func weightType(
    of tensors: [TensorDescription],
    modules: [Module],
    shapes: [String: TensorDescription]
  ) -> ElementType {
    let floats: [ElementType] = [.bfloat16, .float16, .float32]
    for module in modules where module.linear != nil {
      for suffix in ["weight", "weight_scale"] {
        if let type = shapes["\(module.name).\(suffix)"]?.elementType, floats.contains(type) { return type }
      }
    }
    return tensors.first { floats.contains($0.elementType) }?.elementType ?? .bfloat16
  }
}

/// A decoder model's dataflow: embedding, blocks, norm, head.
package struct DecoderOutline: Hashable, Sendable {
  /// The family of its architecture document.
  package let family: String
  /// Its numbers.
  package let configuration: ModelConfiguration
  /// Which channels rotary embeddings turn against each other.
  package let rotaryLayout: RotaryLayout
  /// The embedding's module name; its weight is `[vocabulary, hidden]`.
  package let embedding: String
  /// The learned positions that are added to embeddings; nil for models without.
  package let positions: PositionTable?
  /// The blocks, first to last.
  package let blocks: [BlockOutline]
  /// The norm behind the last block.
  package let norm: NormOutline
  /// The head; nil when it is the embedding.
  package let head: LinearOutline?
  /// The head's module name, tied or not.
  package let headName: String

  /// Every norm, in dataflow order.
  package var norms: [NormOutline] { blocks.flatMap { $0.normsInOrder.map(\.norm) } + [norm] }

  /// The name of the final norm's weight tensor, `[hidden]`.
  package var finalNorm: String { norm.tensor }

  /// The embedding as the layer that a tied head is.
  var tiedHead: LinearOutline {
    LinearOutline(
      name: headName,
      rows: configuration.vocabularySize,
      columns: configuration.hiddenSize,
      hasBias: false
    )
  }
}

extension TensorDescription {
  /// The part of the name behind the module's.
  package var suffix: Substring { DottedName(name).last }

  /// Weight before bias, as in a state dictionary.
  fileprivate var suffixRank: Int { suffix == "weight" ? 0 : 1 }
}
