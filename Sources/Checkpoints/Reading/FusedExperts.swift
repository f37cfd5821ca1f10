internal import JSONDocuments

/// Experts that share tensors of three dimensions, as transformers 5 holds them in memory and some checkpoints on disk.
///
/// `gate_up_proj` is `[experts, 2 · width, hidden]`, the gate's rows first, and `down_proj` is `[experts, hidden, width]`. Runtimes
/// and most checkpoints have one tensor for each layer of each expert instead; these are ranges of the same bytes.
struct FusedExperts: Sendable {
  /// How many experts a block has, as config.json says.
  private let expertCount: Int?
  /// The rows of one expert's gate.
  private let width: Int?
  /// The columns of one expert's gate.
  private let hiddenSize: Int?
  private let names: Names

  /// What a family's checkpoints call the layers of one expert.
  private struct Names {
    let gate, up, down: String
    /// The module that holds experts, where memory and checkpoints call it differently.
    var holder: (inMemory: String, stored: String)?

    static let plain = Names(gate: "gate_proj", up: "up_proj", down: "down_proj")
    static let mixtral = Names(gate: "w1", up: "w3", down: "w2", holder: ("mlp", "block_sparse_moe"))
  }

  /// Values of `model_type` whose experts lie as above, by what their checkpoints call the layers.
  ///
  /// Read from each family's `modeling_*.py` and from `conversion_mapping.py` of transformers 5.17.0. Only these are split: gpt_oss
  /// and llama4 use the same names for `[experts, in, out]`, gpt_oss with the rows of gate and up in turns, and checkpoints of
  /// qwen3_vl_moe are the transpose of what is in memory.
  private static let families: [(modelTypes: [String], names: Names)] = [
    (
      [
        "afmoe", "deepseek_v2", "deepseek_v3", "deepseek_v32", "dots1", "ernie4_5_moe", "exaone_moe", "flex_olmo",
        "glm4_moe", "glm4_moe_lite", "glm_moe_dsa", "olmoe", "qwen2_moe", "qwen3_5_moe", "qwen3_5_moe_text",
        "qwen3_moe",
        "qwen3_next",
      ], .plain
    ),
    (["mixtral"], .mixtral),
  ]

  private static let countKeys = ["num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"]
  /// Where both are there, the second is the width of layers without experts.
  private static let widthKeys = ["moe_intermediate_size", "intermediate_size"]

  /// More experts than any block has.
  private static let expertLimit = 1 << 16

  /// Reads how a model's experts may be stored; nil for a family whose layout is not known.
  init?(config: JSON) {
    let text = config["text_config"] ?? config
    let modelTypes = [config, text].compactMap { $0["model_type"]?.string }
    guard let family = Self.families.first(where: { $0.modelTypes.contains(where: modelTypes.contains) }) else {
      return nil
    }
    names = family.names
    expertCount = Self.countKeys.lazy.compactMap { text[$0]?.int }.first { 1...Self.expertLimit ~= $0 }
    width = Self.widthKeys.lazy.compactMap { text[$0]?.int }.first
    hiddenSize = text["hidden_size"]?.int
  }

  /// Shows tensors expert by expert; others stay.
  ///
  /// - Parameter tensors: All tensors of a checkpoint.
  /// - Returns: As many bytes under more names; nil where no tensor holds several experts.
  /// - Throws: `shape` or `elementType` where a tensor is not what its name and config.json say.
  func split(_ tensors: [PresentedTensor]) throws(CheckpointError) -> [PresentedTensor]? {
    guard tensors.contains(where: { FusedName($0.description.name) != nil }) else { return nil }
    var found: [PresentedTensor] = []
    for tensor in tensors {
      if let name = FusedName(tensor.description.name) {
        found += try slices(of: tensor, name)
      } else {
        found.append(tensor.renamed(storedName(of: tensor.description.name)))
      }
    }
    return found
  }

  /// Names of tensors expert by expert, as far as config.json says how many experts there are.
  func split(_ names: [String]) -> [String] {
    guard let expertCount, names.contains(where: { FusedName($0) != nil }) else { return names }
    return names.flatMap { name in
      guard let fused = FusedName(name) else { return [storedName(of: name)] }
      return (0..<expertCount).flatMap { expert in
        layers(of: fused).map { self.name($0, of: expert, in: fused) }
      }
    }
  }

  private func slices(of tensor: PresentedTensor, _ name: FusedName) throws(CheckpointError) -> [PresentedTensor] {
    let found = tensor.description
    let doubled = width.map { $0.multipliedReportingOverflow(by: 2) }.flatMap { $0.overflow ? nil : $0.partialValue }
    let expected = name.isDown ? [expertCount, hiddenSize, width] : [expertCount, doubled, hiddenSize]
    guard found.shape.count == expected.count, zip(found.shape, expected).allSatisfy({ $1 == nil || $0 == $1 }),
      1...Self.expertLimit ~= found.shape[0], name.isDown || found.shape[1].isMultiple(of: 2)
    else { throw .shape(tensor: found.name, found: found.shape, expected: expected) }
    guard StoredTensor.floatTypes.contains(found.elementType) else {
      throw .elementType(tensor: found.name, found: found.elementType, expected: StoredTensor.floatTypes)
    }
    let layers = layers(of: name)
    let shape = [found.shape[1] / layers.count, found.shape[2]]
    var slices: [PresentedTensor] = []
    slices.reserveCapacity(found.shape[0] * layers.count)
    var start = tensor.place.range.lowerBound
    for expert in 0..<found.shape[0] {
      for layer in layers {
        let slice = TensorDescription(
          name: self.name(layer, of: expert, in: name),
          elementType: found.elementType,
          shape: shape
        )
        let range = start..<start + slice.byteCount
        slices.append(PresentedTensor(description: slice, place: BytePlace(file: tensor.place.file, range: range)))
        start = range.upperBound
      }
    }
    return slices
  }

  /// The layers that a tensor holds of each expert, in the order of their rows.
  private func layers(of name: FusedName) -> [String] { name.isDown ? [names.down] : [names.gate, names.up] }

  private func name(_ layer: String, of expert: Int, in fused: FusedName) -> String {
    "\(storedName(of: fused.experts)).\(expert).\(layer).weight"
  }

  /// The name that per-expert checkpoints have for what memory holds under another.
  private func storedName(of name: String) -> String {
    guard let holder = names.holder else { return name }
    return name.split(separator: ".", omittingEmptySubsequences: false)
      .map { $0 == holder.inMemory ? holder.stored : String($0) }
      .joined(separator: ".")
  }
}

/// The name of a tensor that holds a layer of all experts: `….experts.down_proj`, with or without `.weight`.
private struct FusedName {
  /// The name of the module that holds the experts.
  let experts: String
  /// Whether these are the down projections, and not those of gate and up.
  let isDown: Bool

  private static let holder = ".experts"
  private static let endings = [".gate_up_proj", ".gate_up_proj.weight", ".down_proj", ".down_proj.weight"]
    .map { (text: holder + $0, isDown: $0.hasPrefix(".down")) }

  init?(_ name: String) {
    guard let ending = Self.endings.first(where: { name.hasSuffix($0.text) }) else { return nil }
    experts = String(name.dropLast(ending.text.count)) + Self.holder
    isDown = ending.isDown
  }
}
