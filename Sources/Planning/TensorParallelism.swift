internal import Models
internal import RecipeGrammar
internal import Vocabulary

/// On how many devices a runtime can serve a checkpoint when each has a share of every layer.
///
/// Query heads are divided evenly; key heads too, or each goes to several devices. What is inside a feed-forward part is divided
/// by rows of the layers before it and by columns of the layer behind it, the vocabulary by rows of a table that is padded. Layers
/// that make latents, and routers, are on every device whole.
package struct TensorParallelism: Hashable, Sendable {
  /// The runtime.
  package let runtime: String
  /// Its version.
  package let version: String
  /// The numbers of devices that are possible, ascending.
  package let degrees: [Int]
  /// What forbids the next number that divides the query heads.
  package let limit: Limit
  /// How far each of the plan's groups would go by itself.
  package let groups: [Group]

  /// How far one group would go.
  package struct Group: Hashable, Sendable {
    /// The most devices.
    package let largest: Int
    /// What forbids more.
    package let limit: Limit
  }

  /// What stands in the way of more devices.
  package enum Limit: Hashable, Sendable {
    /// Each device has one query head.
    case queryHeads(Int)
    /// So many devices are forbidden.
    case obstacle(degree: Int, Obstacle)
  }

  /// What forbids a number of devices.
  package enum Obstacle: Hashable, Sendable {
    /// Neither divides the other.
    case keyHeads(Int)
    /// The rows of a layer, or of the padded vocabulary, cannot be divided.
    case rows(layer: String, Int)
    /// The columns of a layer cannot be divided.
    case columns(layer: String, Int)
    /// The share of one device is not as its codes or its kernel need it.
    case share(layer: String, Side, size: Int, multiple: Int, Reason)
  }

  /// The side of a weight that is divided.
  package enum Side: Hashable, Sendable { case rows, columns }

  /// What wants shares to be multiples of a number.
  package enum Reason: Hashable, Sendable {
    /// Columns that share a scale.
    case groups
    /// Rows or columns that share a scale.
    case blocks
    /// Codes in words of 32 bits.
    case words
    /// Zero points in words of 32 bits.
    case zeroPoints
    /// The kernel.
    case kernel
  }
}

extension TensorParallelism {
  /// Finds the numbers of devices for a checkpoint; nil where the architecture is unknown or the runtime does not divide layers.
  init?(_ layout: OutputLayout, on outline: ModelOutline, by runtime: RuntimeEntry) {
    guard let decoder = outline.decoder, let rule = runtime.tensorParallel else { return nil }
    let shares = LayerShares(decoder, groups: layout.members, vocabularyMultiple: rule.vocabularyMultiple)
    let rules = layout.groups.map { ShareRule.list($0, runtime) }
    let heads = decoder.configuration.queryHeads
    let candidates = (1...heads).filter { heads % $0 == 0 }
    func obstacle(_ degree: Int, _ isCounted: (Int) -> Bool) -> Obstacle? {
      shares.obstacle(degree) ?? shares.obstacle(degree, rules, isCounted)
    }
    func limit(_ largest: Int, _ isCounted: (Int) -> Bool) -> Limit {
      let next = candidates.first { $0 > largest }
      guard let next, let obstacle = obstacle(next, isCounted) else { return .queryHeads(heads) }
      return .obstacle(degree: next, obstacle)
    }
    let degrees = candidates.filter { obstacle($0) { _ in true } == nil }
    self.degrees = degrees.isEmpty ? [1] : degrees
    self.limit = limit(degrees.last ?? 1) { _ in true }
    groups = layout.groups.indices.map { group in
      let largest = candidates.last { obstacle($0) { $0 == group } == nil } ?? 1
      return Group(largest: largest, limit: limit(largest) { $0 == group })
    }
    self.runtime = runtime.name
    version = runtime.version
  }
}

/// What the share of one device must be a multiple of.
private struct ShareRule {
  let side: TensorParallelism.Side
  let multiple: Int
  let reason: TensorParallelism.Reason

  /// Bits of the words that codes and zero points are packed into.
  private static let wordBits = 32

  /// What a group's scheme and its kernel ask for.
  static func list(_ group: PlannedGroup, _ runtime: RuntimeEntry) -> [ShareRule] {
    var rules: [ShareRule] = []
    if let weights = group.scheme.weights {
      if let size = weights.groupSize { rules.append(ShareRule(side: .columns, multiple: size, reason: .groups)) }
      if let block = weights.blockShape {
        rules.append(ShareRule(side: .columns, multiple: block.columns, reason: .blocks))
        rules.append(ShareRule(side: .rows, multiple: block.rows, reason: .blocks))
      }
      if group.format == .packQuantized {
        let codes = wordBits / weights.bitWidth
        rules.append(ShareRule(side: .columns, multiple: codes, reason: .words))
        if !weights.isSymmetric { rules.append(ShareRule(side: .rows, multiple: codes, reason: .zeroPoints)) }
      }
    }
    if let kernel = runtime.kernel(for: group.scheme, in: group.format) {
      rules.append(ShareRule(side: .columns, multiple: kernel.columnMultiple, reason: .kernel))
      rules.append(ShareRule(side: .rows, multiple: kernel.rowMultiple, reason: .kernel))
    }
    return rules.filter { $0.multiple > 1 }
  }
}

/// The layers of a model by how they are divided, those that are alike once.
private struct LayerShares {
  private let parts: [(part: Part, layer: String)]
  private let keyHeads: Int
  private let replicatesKeys: Bool

  /// Rows or columns that are divided.
  private struct Part: Hashable {
    let side: TensorParallelism.Side
    /// All of them.
    let size: Int
    /// Whether they are key heads, which go to several devices where there are too few.
    var isKeys = false
    /// The group of the plan that quantizes them.
    let group: Int?
  }

  init(_ decoder: DecoderOutline, groups members: [OutputLayout.Member], vocabularyMultiple: Int) {
    let numbers = decoder.configuration
    // Latents are made whole on every device, and each head's keys and values of them where the head is.
    replicatesKeys = numbers.latent == nil
    keyHeads = numbers.keyHeads
    let groups = Dictionary(members.map { ($0.module.name, $0.group) }) { first, _ in first }
    var parts: [(part: Part, layer: String)] = []
    var known: Set<Part> = []
    func add(_ layer: String, _ side: TensorParallelism.Side, _ size: Int, isKeys: Bool = false) {
      let part = Part(side: side, size: size, isKeys: isKeys, group: groups[layer])
      if known.insert(part).inserted { parts.append((part, layer)) }
    }
    func addRows(_ layer: LinearOutline) { add(layer.name, .rows, layer.rows) }
    for block in decoder.blocks {
      let keys = numbers.keyHeads * numbers.headDimension
      switch block.attention.projections {
      case .separate(let query, let key, let value):
        addRows(query)
        for layer in [key, value] { add(layer.name, .rows, layer.rows, isKeys: true) }
      case .fused(let layer, _):
        add(layer.name, .rows, layer.rows - 2 * keys)
        add(layer.name, .rows, keys, isKeys: true)
      case .lowRank(let layers):
        switch layers.query {
        case .direct(let query), .narrow(_, let query): addRows(query)
        }
        addRows(layers.keyValueUp)
      }
      add(block.attention.output.name, .columns, block.attention.output.columns)
      let products = [block.feedForward.dense].compactMap(\.self) + (block.feedForward.experts?.layers ?? [])
      for product in products {
        if case .fused(let layer) = product.inputs {
          add(layer.name, .rows, layer.rows / 2)
        } else {
          product.readers.forEach(addRows)
        }
        add(product.down.name, .columns, product.down.columns)
      }
    }
    let padded = (numbers.vocabularySize + vocabularyMultiple - 1) / vocabularyMultiple * vocabularyMultiple
    for table in [decoder.embedding, decoder.headName] { add(table, .rows, padded) }
    self.parts = parts
  }

  /// What of the model itself forbids a number of devices.
  func obstacle(_ degree: Int) -> TensorParallelism.Obstacle? {
    if replicatesKeys, keyHeads % degree != 0, degree % keyHeads != 0 { return .keyHeads(keyHeads) }
    for (part, layer) in parts where share(of: part, degree) == nil {
      return part.side == .rows ? .rows(layer: layer, part.size) : .columns(layer: layer, part.size)
    }
    return nil
  }

  /// What of the schemes forbids a number of devices that the model allows.
  func obstacle(
    _ degree: Int,
    _ rules: [[ShareRule]],
    _ isCounted: (Int) -> Bool
  ) -> TensorParallelism.Obstacle? {
    // One device has every layer whole.
    guard degree > 1 else { return nil }
    for (part, layer) in parts {
      guard let group = part.group, isCounted(group), let size = share(of: part, degree) else { continue }
      if let rule = rules[group].first(where: { $0.side == part.side && size % $0.multiple != 0 }) {
        return .share(layer: layer, rule.side, size: size, multiple: rule.multiple, rule.reason)
      }
    }
    return nil
  }

  /// What one device gets; nil where it cannot be divided.
  private func share(of part: Part, _ degree: Int) -> Int? {
    if part.isKeys, keyHeads < degree { return part.size / keyHeads }
    return part.size % degree == 0 ? part.size / degree : nil
  }
}
