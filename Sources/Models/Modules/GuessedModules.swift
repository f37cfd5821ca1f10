internal import Checkpoints
internal import Vocabulary

/// Modules of a checkpoint whose architecture is unknown: each matrix called `weight` is taken for a linear layer, or for
/// an embedding where its name says so.
///
/// Modules stand in the order of Hugging Face's `named_modules` as far as names tell, which decides the order of the
/// config's `ignore` list and where shards end.
struct GuessedModules {
  /// The modules.
  private(set) var modules: [Module] = []
  /// The checkpoint's tensors in the order of their modules.
  let tensors: [TensorDescription]
  /// Names under which tensors are written, where they are not their own.
  private(set) var renamedTensors: [String: String] = [:]

  /// The class of modules that choose experts; no target means it by `Linear`.
  static let routerClass = "TopKRouter"

  init(_ tensors: [TensorDescription]) {
    self.tensors = tensors.map { (key: ModulePlace($0.name), tensor: $0) }.sorted { $0.key < $1.key }.map(\.tensor)
    var names: Set<String> = []
    for tensor in self.tensors {
      let written = Self.writtenName(of: tensor.name)
      if written != tensor.name { renamedTensors[tensor.name] = written }
      names.insert(written)
    }
    let holders = Set(names.compactMap(Self.holderOfExperts))
    for tensor in self.tensors {
      let written = renamedTensors[tensor.name] ?? tensor.name
      guard DottedName(written).last == "weight", written.count > "weight".count + 1 else { continue }
      let name = String(written.dropLast("weight".count + 1))
      modules.append(Self.module(name, tensor.shape, hasBias: names.contains("\(name).bias"), holders: holders))
    }
  }

  private static func module(_ name: String, _ shape: [Int], hasBias: Bool, holders: Set<String>) -> Module {
    let parts = DottedName(name)
    guard shape.count == 2 else { return Module(name: name, className: "Module", kind: .other) }
    let embeddingNames = ["embed", "wte", "wpe"]
    if embeddingNames.contains(where: { parts.last.hasPrefix($0) }) {
      return Module(name: name, className: "Embedding", kind: .embedding(rows: shape[0], columns: shape[1]))
    }
    let isRouter = ["gate", "router"].contains(parts.last) && holders.contains(String(parts.parent))
    return Module(
      name: name,
      className: isRouter ? routerClass : "Linear",
      kind: .linear(LinearOutline(name: name, rows: shape[0], columns: shape[1], hasBias: hasBias))
    )
  }

  /// The module that holds the experts which a tensor belongs to.
  private static func holderOfExperts(_ name: String) -> String? {
    let parts = DottedName(name).parts
    guard let place = parts.firstIndex(of: "experts") else { return nil }
    return parts[..<place].joined(separator: ".")
  }

  /// Mixtral's checkpoints number the layers of an expert; runtimes know them by what they do.
  private static func writtenName(of tensor: String) -> String {
    let layers: [Substring: Substring] = ["w1": "gate_proj", "w2": "down_proj", "w3": "up_proj"]
    var parts = DottedName(tensor).parts
    guard let holder = parts.firstIndex(of: "block_sparse_moe"), holder + 3 < parts.count,
      parts[holder + 1] == "experts", let layer = layers[parts[holder + 3]]
    else { return tensor }
    parts[holder + 3] = layer
    return parts.joined(separator: ".")
  }
}

/// Where a tensor stands among others, told by its name: part by part, numbers by their value, known names in the order in
/// which Hugging Face's models make their modules, others behind them by name.
private struct ModulePlace: Comparable {
  private let ranks: [(rank: Int, name: Substring)]

  init(_ name: String) {
    let parts = DottedName(name).parts
    var ranks: [(Int, Substring)] = []
    for (index, part) in parts.enumerated() {
      if let number = Int(part) {
        ranks.append((number, ""))
        continue
      }
      // Mixtral makes the router before the experts, and the layers of an expert have an order of their own.
      let isBeforeExperts = part == "gate" && index > 0 && parts[index - 1] == "block_sparse_moe"
      let isInExpert = index > 1 && parts[index - 2] == "experts"
      let order = isInExpert ? Self.expertOrder : Self.order
      ranks.append((isBeforeExperts ? -1 : order[part] ?? Self.unknown, part))
    }
    self.ranks = ranks
  }

  static func == (first: ModulePlace, second: ModulePlace) -> Bool { !(first < second) && !(second < first) }

  static func < (first: ModulePlace, second: ModulePlace) -> Bool {
    for (one, other) in zip(first.ranks, second.ranks) where one.rank != other.rank || one.name != other.name {
      return (one.rank, one.name) < (other.rank, other.name)
    }
    return first.ranks.count < second.ranks.count
  }

  private static let unknown = 50

  private static let order: [Substring: Int] = ranks([
    ["model", "transformer", "gpt_neox", "language_model", "decoder"], ["embed_tokens", "wte", "embed_in"],
    ["embed_positions", "wpe"], ["layers", "h"], ["self_attn", "attention", "attn"],
    ["q_proj", "qkv_proj", "q_a_proj"], ["q_a_layernorm"], ["q_b_proj"], ["k_proj", "kv_a_proj_with_mqa"],
    ["kv_a_layernorm"], ["v_proj", "kv_b_proj"], ["o_proj"], ["q_norm"], ["k_norm"],
    ["mlp", "block_sparse_moe", "feed_forward"], ["experts"], ["gate_proj", "gate_up_proj"], ["up_proj"],
    ["down_proj"], ["gate"], ["shared_expert", "shared_experts"], ["shared_expert_gate"], ["input_layernorm"],
    ["post_attention_layernorm"], ["pre_feedforward_layernorm"], ["post_feedforward_layernorm"], ["weight"], ["bias"],
    ["norm", "ln_f", "final_layer_norm"], ["lm_head", "embed_out"],
  ])
  private static let expertOrder: [Substring: Int] = ranks([
    ["up_proj", "w3"], ["gate_proj", "w1"], ["down_proj", "w2"],
  ])

  private static func ranks(_ names: [[Substring]]) -> [Substring: Int] {
    Dictionary(uniqueKeysWithValues: names.enumerated().flatMap { rank, names in names.map { ($0, rank) } })
  }
}
