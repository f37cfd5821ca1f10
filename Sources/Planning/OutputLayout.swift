internal import Checkpoints
internal import Diagnostics
package import Models
internal import Recipes
package import Vocabulary

/// The checkpoint that comes of a recipe on a model: which modules are quantized how, and every tensor.
///
/// It follows from claims alone and says nothing of how the work is done.
package struct OutputLayout: Sendable {
  /// The groups in the order of the first module that each claims, as the checkpoint's config lists them.
  package let groups: [PlannedGroup]
  /// Every module that is quantized, in module order.
  package let members: [Member]
  /// Modules of the classes that are quantized which keep their weights, in module order: the config's `ignore` list.
  package let keptModules: [String]
  /// How keys and values are stored while serving.
  package let keyValueCache: QuantizationArguments?
  /// Whether a tied head gets weights of its own because it is quantized.
  package let untiesHead: Bool
  /// Every tensor that will be written, in state-dictionary order.
  package let tensors: [PlannedTensor]

  /// A module and its group.
  package struct Member: Hashable, Sendable {
    /// The module.
    package let module: Module
    /// The tensor that its weights are read from: another's where the module was tied.
    package let source: String
    /// The recipe's stage, an index into the graph's quantization stages.
    package let stage: Int
    /// The group, an index into the layout's groups.
    package let group: Int
  }
}

extension OutputLayout {
  /// Lays out a checkpoint; nil where a scheme has no layout for a module's shape.
  init?(_ claims: ClaimResolution, _ context: PlanningContext) {
    let graph = context.graph
    var places: [[Int]: Int] = [:]
    var found: [(stage: Int, group: Int, count: Int)] = []
    var members: [Member] = []
    for (index, claim) in claims.claims.sorted(by: { $0.key < $1.key }) {
      let key = [claim.stage, claim.group]
      // A group may say that its modules stay as they are.
      guard graph.quantization[claim.stage].groups[claim.group].scheme.value != QuantizationScheme() else { continue }
      let group = places[key] ?? found.count
      if group == found.count {
        places[key] = group
        found.append((claim.stage, claim.group, 0))
      }
      found[group].count += 1
      let module = context.modules[index]
      members.append(
        Member(module: module, source: Self.source(of: module, context.outline), stage: claim.stage, group: group)
      )
    }
    groups = found.map { stage, index, count in
      let group = graph.quantization[stage].groups[index]
      return PlannedGroup(
        targets: group.targets.map(\.value.description),
        scheme: group.scheme.value,
        preset: group.preset,
        format: group.scheme.value.resolvedFormat,
        moduleCount: count
      )
    }
    let quantized = Set(members.map(\.module.name))
    let classes = Set(members.map(\.module.className))
    keptModules = context.modules.filter { classes.contains($0.className) && !quantized.contains($0.name) }.map(\.name)
    keyValueCache = graph.quantization.compactMap(\.keyValueCache?.value).first
    untiesHead = members.contains { $0.source != "\($0.module.name).weight" }
    self.members = members
    guard
      let tensors = TensorList(members, groups: groups, cache: keyValueCache, outline: context.outline)?.tensors
    else { return nil }
    self.tensors = tensors
  }

  /// A tied head has no tensor of its own: its weights are the embedding's.
  private static func source(of module: Module, _ outline: ModelOutline) -> String {
    guard let decoder = outline.decoder, decoder.head == nil, module.name == decoder.headName else {
      return "\(module.name).weight"
    }
    return "\(decoder.embedding).weight"
  }
}

/// The tensors of a layout, those of a module where its weight stood.
private struct TensorList {
  private(set) var tensors: [PlannedTensor] = []

  private let members: [OutputLayout.Member]
  private let groups: [PlannedGroup]
  private let outline: ModelOutline

  init?(
    _ members: [OutputLayout.Member],
    groups: [PlannedGroup],
    cache: QuantizationArguments?,
    outline: ModelOutline
  ) {
    self.members = members
    self.groups = groups
    self.outline = outline
    let places = Dictionary(members.enumerated().map { ($1.module.name, $0) }) { first, _ in first }
    var scales = cache.map { Self.scales(of: $0, outline) } ?? [:]
    var placed: Set<Int> = []
    for tensor in outline.tensors {
      let module = String(DottedName(tensor.name).parent)
      // Buffers of attention itself stand before what it holds.
      let parent = String(DottedName(module).parent)
      if let own = scales.removeValue(forKey: parent) { tensors += own }
      if let index = places[module], tensor.suffix == "weight" || tensor.suffix == "bias" {
        // All tensors of a layer stand where the first of them stood.
        guard placed.insert(index).inserted else { continue }
        guard append(index) else { return nil }
      } else if !isDropped(tensor) {
        tensors.append(PlannedTensor(description: tensor, origin: .copied))
      }
    }
    for index in members.indices where placed.insert(index).inserted {
      guard append(index) else { return nil }
    }
  }

  private mutating func append(_ index: Int) -> Bool {
    let module = members[index].module
    let linear = try? CompressedLinear(
      rowCount: module.rowCount,
      columnCount: module.columnCount,
      hasBias: module.linear?.hasBias ?? false,
      elementType: outline.elementType,
      scheme: groups[members[index].group].scheme
    )
    guard let linear else { return false }
    tensors += linear.descriptions(module: module.name).map { description in
      PlannedTensor(
        description: description,
        origin: description.suffix == "bias" ? .copied : .quantized(assignment: index)
      )
    }
    return true
  }

  /// Buffers that old checkpoints hold and no loader wants, and the head of a model that says it is tied.
  private func isDropped(_ tensor: TensorDescription) -> Bool {
    if tensor.name.hasSuffix("rotary_emb.inv_freq") { return true }
    guard let decoder = outline.decoder else { return false }
    return decoder.head == nil && tensor.name == "\(decoder.headName).weight"
  }

  /// Scales of keys and values by the name of their attention; those found at run time are not stored.
  private static func scales(of cache: QuantizationArguments, _ outline: ModelOutline) -> [String: [PlannedTensor]] {
    guard cache.dynamic != .on, let decoder = outline.decoder else { return [:] }
    let shape = cache.strategy == .attentionHead ? [decoder.configuration.keyHeads, 1, 1] : [1]
    return Dictionary(
      decoder.blocks.map { block in
        let name = block.attention.name
        let tensors = ["k_scale", "v_scale"].map { suffix in
          PlannedTensor(
            description: TensorDescription(
              name: "\(name).\(suffix)",
              elementType: outline.elementType,
              shape: shape
            ),
            origin: .calibrated
          )
        }
        return (name, tensors)
      },
      uniquingKeysWith: { first, _ in first }
    )
  }
}
