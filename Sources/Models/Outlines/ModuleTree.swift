internal import Checkpoints
internal import JSONDocuments
internal import Vocabulary

/// The modules of a model whose architecture is known, checked against the tensors that are there.
struct ModuleTree {
  let decoder: DecoderOutline
  let modules: [Module]
  /// Names under which tensors are written, where they are not their own.
  let renamedTensors: [String: String]
  /// Names that transformers has for modules, where they are not those of the checkpoint.
  let otherNames: [String: String]

  /// Reads the numbers of a config, and holds what follows from them against the tensors.
  init(architecture: Architecture, config: JSON, tensors: KnownTensors) throws(ModelError) {
    let numbers = try ModelConfiguration(config: config, architecture: architecture)
    let names = CheckpointNames(architecture, tensors: tensors)
    let shapes = TensorShapes(tensors: tensors, names: names)
    let own = architecture.decoder
    let hidden = numbers.hiddenSize
    try shapes.expectTable(own.embedding, rows: numbers.vocabularySize, columns: hidden)
    var positions: PositionTable?
    if let table = own.positions {
      let rows = (numbers.positionLimit ?? 0) + own.firstPosition
      try shapes.expectTable(table, rows: rows, columns: hidden)
      positions = PositionTable(name: names.module(table), rows: rows, first: own.firstPosition)
    }
    let finalNorm = try shapes.norm(
      own.finalNorm,
      width: hidden,
      like: architecture.norms,
      epsilon: numbers.normEpsilon
    )
    let builder = BlockBuilder(architecture: architecture, numbers: numbers, shapes: shapes)
    var blocks: [BlockOutline] = []
    blocks.reserveCapacity(numbers.blockCount)
    for index in 0..<numbers.blockCount { blocks.append(try builder.block(index)) }
    // A checkpoint that says its head is tied may hold a head of its own nevertheless: transformers ignores it.
    let headName = own.heads.first { !numbers.tiesEmbeddings && shapes.hasWeight($0) } ?? own.heads[0]
    let head =
      numbers.tiesEmbeddings
      ? nil
      : try shapes.linear(headName, rows: numbers.vocabularySize, columns: hidden, isTransposed: false)
    decoder = DecoderOutline(
      family: architecture.family,
      configuration: numbers,
      rotaryLayout: numbers.interleavesRotary ? architecture.attention.rotaryLayout : .halves,
      embedding: names.module(own.embedding),
      positions: positions,
      blocks: blocks,
      norm: finalNorm,
      head: head,
      headName: names.module(headName)
    )
    var list = ModuleList(architecture: architecture, decoder: decoder, shapes: shapes)
    list.add(architecture.modules)
    renamedTensors = list.renamedTensors
    modules = names.isWrapped ? Self.wrapped(list.modules, config: config, tensors: tensors) : list.modules
    otherNames = Self.otherNames(
      of: modules,
      isInside: names.isInside,
      head: (decoder.headName, names.module(own.heads[0]))
    )
  }
}

extension ModuleTree {
  /// The decoder's modules among those of the other parts of a model, which its tensors tell.
  private static func wrapped(_ decoder: [Module], config: JSON, tensors: KnownTensors) -> [Module] {
    guard case .described(let tensors) = tensors else { return decoder }
    let own = Set(decoder.map(\.name))
    let others = tensors.values.filter { !own.contains(String(DottedName($0.name).parent)) }
    let root = Module(name: "", className: config["architectures"]?.array?.first?.string ?? "", kind: .other)
    return [root] + GuessedModules(others.sorted { $0.name < $1.name }).modules + decoder.dropFirst()
  }
}

extension ModuleTree {
  /// Names that transformers has for modules, where they are not those of the checkpoint.
  private static func otherNames(
    of modules: [Module],
    isInside: Bool,
    head: (own: String, standard: String)
  ) -> [String: String] {
    guard isInside else { return head.own == head.standard ? [:] : [head.own: head.standard] }
    var names: [String: String] = [:]
    let inner = "language_model."
    for module in modules where !module.name.isEmpty {
      let isInner = module.name.hasPrefix(inner)
      let rest = isInner ? String(module.name.dropFirst(inner.count)) : module.name
      let parts = rest.split(separator: ".", maxSplits: 1)
      if !isInner {
        names[module.name] = "model.\(module.name)"
      } else if parts.count == 2 {
        names[module.name] = "\(parts[0]).\(inner)\(parts[1])"
      } else {
        names[module.name] = rest
      }
    }
    return names
  }
}

/// A table of learned positions, `[rows, hidden]`.
package struct PositionTable: Hashable, Sendable {
  /// The module's name.
  package let name: String
  package let rows: Int
  /// The row of the first position.
  package let first: Int
}

/// Walks the modules of a family and keeps those that a model has.
private struct ModuleList {
  private(set) var modules: [Module] = []
  private(set) var renamedTensors: [String: String] = [:]
  private let architecture: Architecture
  private let decoder: DecoderOutline
  private let shapes: TensorShapes
  private let linears: [String: LinearOutline]
  private let tables: [String: (rows: Int, columns: Int)]
  private let norms: Set<String>
  private let normNames: Set<Substring>

  init(architecture: Architecture, decoder: DecoderOutline, shapes: TensorShapes) {
    self.architecture = architecture
    self.decoder = decoder
    self.shapes = shapes
    let numbers = decoder.configuration
    let head = decoder.head ?? decoder.tiedHead
    linears = Dictionary((decoder.blocks.flatMap(\.linears) + [head]).map { ($0.name, $0) }) { first, _ in first }
    var tables = [decoder.embedding: (numbers.vocabularySize, numbers.hiddenSize)]
    if let positions = decoder.positions { tables[positions.name] = (positions.rows, numbers.hiddenSize) }
    self.tables = tables
    norms = Set(decoder.blocks.flatMap { $0.norms.values.map(\.name) } + [decoder.norm.name])
    normNames = architecture.normNames
  }

  mutating func add(_ root: ModulePattern) {
    modules.append(Module(name: "", className: root.className ?? "", kind: .other))
    for child in root.children { addOne(child, child.part, block: nil) }
  }

  private mutating func add(_ pattern: ModulePattern, _ parent: String, block: Int?) {
    guard pattern.part == "*" else {
      addOne(pattern, "\(parent).\(pattern.part)", block: block)
      return
    }
    let isBlock = parent == architecture.decoder.blocks
    let count = isBlock ? decoder.blocks.count : decoder.configuration.experts?.count ?? 0
    for number in 0..<count {
      addOne(pattern, "\(parent).\(number)", block: isBlock ? number : block)
    }
  }

  private mutating func addOne(_ pattern: ModulePattern, _ documented: String, block: Int?) {
    let hasExperts = block.map { decoder.configuration.hasExperts($0) } ?? false
    let className = hasExperts ? pattern.expertClassName : pattern.className
    let place = modules.count
    // A head goes by the name that the checkpoint has for it.
    let name = documented == architecture.decoder.heads[0] ? decoder.headName : shapes.names.module(documented)
    if let className {
      guard let module = module(name, className) else { return }
      modules.append(module)
      if case .other = module.kind, !norms.contains(name) {} else { rename(documented, to: name) }
    }
    let start = modules.count
    for child in pattern.children { add(child, documented, block: block) }
    // A part that has nothing is not there.
    if !pattern.children.isEmpty, !holdsTensors(from: start) { modules.removeSubrange(place...) }
  }

  /// Whether any module from a place on has tensors.
  private func holdsTensors(from start: Int) -> Bool {
    modules[start...].contains { module in
      if case .other = module.kind { norms.contains(module.name) } else { true }
    }
  }

  /// The module of a name, or nil where the model has none.
  private func module(_ name: String, _ className: String) -> Module? {
    let base = architecture.base(of: className)
    func module(_ kind: Module.Kind) -> Module {
      Module(name: name, className: className, baseClassName: base, kind: kind)
    }
    if let linear = linears[name] { return module(.linear(linear)) }
    if let table = tables[name] { return module(.embedding(rows: table.rows, columns: table.columns)) }
    // Tables and norms that no dataflow knows are those of another shape of the family.
    let isAbsent = normNames.contains(DottedName(name).last) && !norms.contains(name)
    return isAbsent || Architecture.tableClasses.contains(base) ? nil : module(.other)
  }

  private mutating func rename(_ documented: String, to name: String) {
    guard !shapes.names.areModuleNames || documented != name else { return }
    let stored = shapes.stored(documented)
    guard stored != name else { return }
    for suffix in ["weight", "bias"] where shapes.has("\(stored).\(suffix)") {
      renamedTensors["\(stored).\(suffix)"] = "\(name).\(suffix)"
    }
  }
}

extension Architecture {
  /// Last parts of the names of all norms.
  fileprivate var normNames: Set<Substring> {
    let names: [String?] =
      attention.norms + [attention.outputNorm, attention.queryNorm, attention.keyNorm, attention.lowRank?.queryNorm]
      + [attention.lowRank?.keyValueNorm] + (feedForward?.norms ?? []) + [feedForward?.outputNorm]
      + (experts?.norms ?? []) + [experts?.outputNorm]
    return Set(names.compactMap { $0.map { DottedName($0).last } })
  }
}
