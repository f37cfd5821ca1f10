internal import Checkpoints
internal import Models
internal import Vocabulary

/// The tensors of a layout, those of a module where its weight stood.
struct TensorList {
  private(set) var tensors: [PlannedTensor] = []
  private(set) var dropped: [DroppedTensor] = []

  private let members: [OutputLayout.Member]
  private let groups: [PlannedGroup]
  private let rewritten: Set<String>
  private let sharedMember: String?
  private let outline: ModelOutline
  private var layouts: [LayoutKey: CompressedLinear] = [:]

  init?(
    _ members: [OutputLayout.Member],
    groups: [PlannedGroup],
    attentions: [PlannedAttention],
    head: TiedHead,
    rewritten: Set<String>,
    outline: ModelOutline
  ) {
    self.members = members
    self.groups = groups
    self.rewritten = rewritten
    self.outline = outline
    sharedMember = head.sharedMember
    let places = Dictionary(members.enumerated().map { ($1.module.name, $0) }) { first, _ in first }
    var scales = Dictionary(
      attentions.enumerated().map { ($1.name, Self.scales(of: $1, index: $0, outline.elementType)) }
    ) { first, _ in first }
    var placed: Set<Int> = []
    for tensor in outline.tensors {
      let written = outline.writtenName(of: tensor.name)
      let module = String(DottedName(written).parent)
      // Buffers of attention itself stand before what it holds.
      if !scales.isEmpty, let own = scales.removeValue(forKey: String(DottedName(module).parent)) { tensors += own }
      if let index = places[module], tensor.suffix == "weight" || tensor.suffix == "bias" {
        // All tensors of a layer stand where the first of them stood.
        guard placed.insert(index).inserted else { continue }
        guard append(index) else { return nil }
      } else if let reason = reasonToDrop(tensor) {
        dropped.append(DroppedTensor(name: tensor.name, reason: reason))
      } else {
        tensors.append(copy(of: tensor, as: written))
      }
    }
    for index in members.indices where placed.insert(index).inserted {
      guard append(index) else { return nil }
    }
    if let origin = head.floatOrigin, let decoder = outline.decoder {
      let numbers = decoder.configuration
      tensors.append(
        PlannedTensor(
          description: TensorDescription(
            name: "\(decoder.headName).weight",
            elementType: outline.elementType,
            shape: [numbers.vocabularySize, numbers.hiddenSize]
          ),
          origin: origin
        )
      )
    }
  }

  private func copy(of tensor: TensorDescription, as written: String) -> PlannedTensor {
    let description = TensorDescription(name: written, elementType: tensor.elementType, shape: tensor.shape)
    guard !rewritten.contains(written) else { return PlannedTensor(description: description, origin: .rewritten) }
    return PlannedTensor(
      description: description,
      origin: written == tensor.name ? .copied : .copiedFrom(tensor.name)
    )
  }

  private mutating func append(_ index: Int) -> Bool {
    let module = members[index].module
    guard module.name != sharedMember else { return true }
    guard let linear = layout(of: module, group: members[index].group) else { return false }
    for (tensor, description) in zip(linear.tensors, linear.descriptions(module: module.name)) {
      let origin: PlannedTensor.Origin
      if tensor.suffix != "bias" {
        origin = .quantized(assignment: index)
      } else if rewritten.contains(description.name) {
        origin = .rewritten
      } else {
        let stored = outline.storedName(of: description.name)
        origin = stored == description.name ? .copied : .copiedFrom(stored)
      }
      tensors.append(PlannedTensor(description: description, origin: origin))
    }
    return true
  }

  /// What stands for a module of a group; nil where its scheme has no layout for the shape.
  private mutating func layout(of module: Module, group: Int) -> CompressedLinear? {
    let hasBias = module.linear?.hasBias ?? false
    let key = LayoutKey(rows: module.rowCount, columns: module.columnCount, hasBias: hasBias, group: group)
    if let known = layouts[key] { return known }
    let linear = try? CompressedLinear(
      rowCount: module.rowCount,
      columnCount: module.columnCount,
      hasBias: hasBias,
      elementType: outline.elementType,
      scheme: groups[group].scheme
    )
    layouts[key] = linear
    return linear
  }

  /// What the layout of a module follows from.
  private struct LayoutKey: Hashable {
    let rows, columns: Int
    let hasBias: Bool
    let group: Int
  }

  /// Why a tensor is not written: buffers that old checkpoints hold and no loader wants, and the head of a model that says
  /// it is tied.
  private func reasonToDrop(_ tensor: TensorDescription) -> String? {
    if tensor.name.hasSuffix("rotary_emb.inv_freq") { return "follows from config.json" }
    guard let decoder = outline.decoder, decoder.head == nil, tensor.name == "\(decoder.headName).weight" else {
      return nil
    }
    return "config.json says the head is the embedding"
  }

  /// The scales of an attention module; those found at run time are not stored.
  private static func scales(
    of attention: PlannedAttention,
    index: Int,
    _ elementType: ElementType
  ) -> [PlannedTensor] {
    func list(
      _ side: ActivationTensors.Side,
      _ activations: PlannedActivations,
      heads: Int
    ) -> [ModuleTensor] {
      ActivationTensors.list(
        activations.arguments,
        side: side,
        shape: activations.arguments.strategy == .attentionHead ? [heads, 1, 1] : [1],
        elementType: elementType,
        keepsZeroPoints: attention.query != nil
      )
    }
    let query = attention.query.map { list(.query, $0, heads: attention.queryHeads) } ?? []
    let tensors =
      query + list(.key, attention.cache, heads: attention.keyHeads)
      + list(.value, attention.cache, heads: attention.keyHeads)
    return tensors.map { tensor in
      PlannedTensor(
        description: TensorDescription(
          name: "\(attention.name).\(tensor.suffix)",
          elementType: tensor.elementType,
          shape: tensor.shape
        ),
        origin: .calibrated(attention: index)
      )
    }
  }
}
