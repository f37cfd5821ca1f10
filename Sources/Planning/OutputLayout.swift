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
  /// Every module whose weight is quantized, in module order.
  package let members: [Member]
  /// Attention modules whose inputs or cache are quantized while serving, in module order.
  package let attentions: [PlannedAttention]
  /// Modules of the classes that are quantized which keep their weights, in module order: the config's `ignore` list.
  package let keptModules: [String]
  /// How keys and values are stored while serving.
  package let keyValueCache: QuantizationArguments?
  /// Whether a tied head gets weights of its own.
  package let untiesHead: Bool
  /// Every tensor that will be written, in state-dictionary order.
  package let tensors: [PlannedTensor]
  /// Tensors of the input that have no place in the output.
  package let dropped: [DroppedTensor]

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
  init?(_ checked: CheckedModel, _ context: PlanningContext) {
    let graph = context.graph
    var places: [ClaimResolution.GroupPlace: Int] = [:]
    var found: [(stage: Int, group: Int, count: Int)] = []
    var members: [Member] = []
    var quantized: Set<Int> = []
    var attentionGroups: [Int: QuantizationArguments] = [:]
    // A group may say that its modules stay as they are.
    let changes = graph.quantization.map { $0.groups.map { $0.scheme.value != QuantizationScheme() } }
    for index in checked.claims.claims.keys.sorted() {
      guard let claim = checked.claims.claims[index], changes[claim.stage][claim.group] else { continue }
      let key = ClaimResolution.GroupPlace(stage: claim.stage, group: claim.group)
      let group = places[key] ?? found.count
      if group == found.count {
        places[key] = group
        found.append((claim.stage, claim.group, 0))
      }
      found[group].count += 1
      let module = context.modules[index]
      quantized.insert(index)
      if module.isAttention {
        attentionGroups[index] =
          graph.quantization[claim.stage].groups[claim.group].scheme.value.inputActivations
      } else {
        members.append(
          Member(module: module, source: Self.source(of: module, context.outline), stage: claim.stage, group: group)
        )
      }
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
    let classes = Set(
      quantized.map { context.modules[$0].className } + quantized.map { context.modules[$0].baseClassName }
    )
    // Routers are linear layers to those who read the config, whatever their class.
    let hasLinears = classes.contains("Linear")
    keptModules = context.modules.indices.filter { index in
      let module = context.modules[index]
      guard !quantized.contains(index) else { return false }
      return classes.contains(module.className) || classes.contains(module.baseClassName)
        || hasLinears && module.role == .router
    }.flatMap { context.outline.loadedNames(of: context.modules[$0].name) }
    let cache = graph.quantization.compactMap(\.keyValueCache?.value).first
    // Where attention's inputs are quantized, what the cache holds is too.
    keyValueCache = cache ?? attentionGroups.min { $0.key < $1.key }?.value
    attentions = Self.attentions(attentionGroups, cache: cache, context)
    let head = TiedHead(members, groups: groups, checked, context)
    untiesHead = head.isUntied
    self.members = members
    guard
      let list = TensorList(
        members,
        groups: groups,
        attentions: attentions,
        head: head,
        rewritten: Self.rewritten(checked, context).union(checked.rotation?.changedTensors ?? []),
        outline: context.outline
      )
    else { return nil }
    let stored = checked.rotation?.tensors.enumerated()
      .map { PlannedTensor(description: $1.description, origin: .transform($0)) }
    tensors = list.tensors + (stored ?? [])
    dropped = list.dropped
  }

  /// A tied head has no tensor of its own: its weights are the embedding's.
  static func source(of module: Module, _ outline: ModelOutline) -> String {
    guard let decoder = outline.decoder, decoder.head == nil, module.name == decoder.headName else {
      return outline.storedName(of: "\(module.name).weight")
    }
    return outline.storedName(of: "\(decoder.embedding).weight")
  }

  /// Attention modules that a group claims, or all of them where only the cache is quantized.
  private static func attentions(
    _ groups: [Int: QuantizationArguments],
    cache: QuantizationArguments?,
    _ context: PlanningContext
  ) -> [PlannedAttention] {
    guard let decoder = context.outline.decoder else { return [] }
    let grammar = context.request.grammar
    func planned(_ arguments: QuantizationArguments) -> PlannedActivations {
      PlannedActivations(arguments: arguments, rule: SchemeSupport.rangeRule(of: arguments, grammar))
    }
    return decoder.blocks.compactMap { block in
      let own = context.matcher.index(of: block.attention.name).flatMap { groups[$0] }
      guard let arguments = cache ?? own, arguments.dynamic != .on else { return nil }
      return PlannedAttention(
        name: block.attention.name,
        query: own.map(planned),
        cache: planned(arguments),
        queryHeads: decoder.configuration.queryHeads,
        keyHeads: decoder.configuration.cachedHeads
      )
    }
  }

  /// Names of float tensors that smoothing or pruning changes.
  private static func rewritten(_ checked: CheckedModel, _ context: PlanningContext) -> Set<String> {
    var names: Set<String> = []
    for site in checked.smoothing.flatMap(\.self) {
      names.formUnion(["\(site.producer).weight", "\(site.producer).bias"])
      names.formUnion(site.readers.map { "\($0.name).weight" })
    }
    for (stage, found) in zip(context.graph.pruning, checked.pruning.stages) where stage.method != .constant {
      names.formUnion(found.layers.keys.map { "\(context.modules[$0].name).weight" })
    }
    return names
  }
}

/// What becomes of a head that is the embedding.
struct TiedHead {
  /// Whether it gets tensors of its own.
  let isUntied: Bool
  /// Whether its weight is one of them as floats, copied from the embedding or changed.
  let floatOrigin: PlannedTensor.Origin?
  /// The head's module, when its codes are the embedding's and are not written twice.
  let sharedMember: String?

  init(
    _ members: [OutputLayout.Member],
    groups: [PlannedGroup],
    _ checked: CheckedModel,
    _ context: PlanningContext
  ) {
    guard let decoder = context.outline.decoder, decoder.head == nil else {
      (isUntied, floatOrigin, sharedMember) = (false, nil, nil)
      return
    }
    func member(_ name: String) -> OutputLayout.Member? { members.first { $0.module.name == name } }
    let headIndex = context.matcher.index(of: decoder.headName)
    let isPruned = zip(context.graph.pruning, checked.pruning.stages).contains { stage, found in
      stage.method != .constant && headIndex.map { found.layers[$0] != nil } == true
    }
    let isRotated = checked.rotation?.untiesHead == true
    let isChanged = isPruned || isRotated
    switch (member(decoder.embedding), member(decoder.headName)) {
    case (let embedding?, let head?):
      // The same codes come of the same scheme, unless one of the two is corrected for its inputs.
      let isSame =
        groups[embedding.group].scheme == groups[head.group].scheme && !isChanged
        && context.graph.quantization[head.stage].method == .roundToNearest
      (isUntied, floatOrigin, sharedMember) = (!isSame, nil, isSame ? decoder.headName : nil)
    case (_?, nil):
      (isUntied, sharedMember) = (true, nil)
      floatOrigin = isChanged ? .rewritten : .copiedFrom(context.outline.storedName(of: "\(decoder.embedding).weight"))
    case (nil, _?): (isUntied, floatOrigin, sharedMember) = (true, nil, nil)
    case (nil, nil): (isUntied, floatOrigin, sharedMember) = (isChanged, isChanged ? .rewritten : nil, nil)
    }
  }
}
