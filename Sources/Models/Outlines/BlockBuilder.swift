/// Makes the outline of one block after another from an architecture and a model's numbers, held against its tensors.
struct BlockBuilder {
  let architecture: Architecture
  let numbers: ModelConfiguration
  let shapes: TensorShapes
  private let hasTransposedLayers: Bool

  init(architecture: Architecture, numbers: ModelConfiguration, shapes: TensorShapes) {
    self.architecture = architecture
    self.numbers = numbers
    self.shapes = shapes
    hasTransposedLayers = architecture.modules.anyClass { architecture.base(of: $0) == Architecture.transposedClass }
  }

  /// The block of a number.
  func block(_ index: Int) throws(ModelError) -> BlockOutline {
    let name = "\(architecture.decoder.blocks).\(index)"
    let hasExperts = numbers.hasExperts(index)
    var norms: [BlockNorm: NormOutline] = [:]
    let attention = try attention(in: name, index, &norms)
    let feedForward: FeedForwardOutline
    if hasExperts, let names = architecture.experts {
      feedForward = try experts(names, in: name, &norms)
    } else if let names = architecture.feedForward {
      try addNorms(names.norms, names.outputNorm, .feedForward, .feedForwardOutput, in: name, &norms)
      feedForward = FeedForwardOutline(
        name: shapes.names.module(names.name.isEmpty ? name : "\(name).\(names.name)"),
        dense: try product(names.layers, in: name, size: numbers.feedForwardSize),
        experts: nil
      )
    } else {
      throw .unsupported(key: "mlp_only_layers", value: "\(index)", known: [])
    }
    return BlockOutline(
      name: shapes.names.module(name),
      residual: numbers.isParallel ? .parallel : .sequential,
      attention: attention,
      feedForward: feedForward,
      norms: norms
    )
  }

  /// Whether checkpoints store a layer's weight as `[columns, rows]`.
  private func isTransposed(_ name: String) -> Bool {
    guard hasTransposedLayers else { return false }
    let parts = name.split(separator: ".").map { Int($0) == nil ? $0 : "*" }
    return architecture.modules.classNames(of: parts).contains {
      architecture.base(of: $0) == Architecture.transposedClass
    }
  }

  private func linear(_ name: String, in block: String, rows: Int, columns: Int) throws(ModelError) -> LinearOutline {
    let full = "\(block).\(name)"
    return try shapes.linear(full, rows: rows, columns: columns, isTransposed: isTransposed(full))
  }

  // MARK: Norms

  private func norm(_ name: String, in block: String, width: Int, epsilon: Double? = nil) throws(ModelError)
    -> NormOutline
  {
    try shapes.norm(
      "\(block).\(name)",
      width: width,
      like: architecture.norms,
      epsilon: epsilon ?? numbers.normEpsilon
    )
  }

  private func addNorms(
    _ before: [String],
    _ behind: String?,
    _ place: BlockNorm,
    _ outputPlace: BlockNorm,
    in block: String,
    _ norms: inout [BlockNorm: NormOutline]
  ) throws(ModelError) {
    if let first = before.first {
      let name = before.first { shapes.hasWeight("\(block).\($0)") } ?? first
      norms[place] = try norm(name, in: block, width: numbers.hiddenSize)
    }
    if let behind { norms[outputPlace] = try norm(behind, in: block, width: numbers.hiddenSize) }
  }

  // MARK: Attention

  private func attention(
    in block: String,
    _ index: Int,
    _ norms: inout [BlockNorm: NormOutline]
  ) throws(ModelError) -> AttentionOutline {
    let names = architecture.attention
    try addNorms(names.norms, names.outputNorm, .attention, .attentionOutput, in: block, &norms)
    let queries = numbers.queryHeads * numbers.headDimension
    let keys = numbers.keyHeads * numbers.headDimension
    let hasWindow = numbers.hasWindow(index)
    if let name = names.queryNorm { norms[.query] = try headNorm(name, in: block, all: queries) }
    if let name = names.keyNorm { norms[.key] = try headNorm(name, in: block, all: keys) }
    return AttentionOutline(
      name: shapes.names.module("\(block).\(names.name)"),
      projections: try projections(in: block, &norms),
      output: try linear(
        names.output,
        in: block,
        rows: numbers.hiddenSize,
        columns: numbers.queryHeads * numbers.valueDimension
      ),
      window: hasWindow ? numbers.slidingWindow : nil,
      factor: numbers.attentionFactor(of: index),
      rotary: numbers.rotaries.isEmpty ? nil : hasWindow ? numbers.rotaries.count - 1 : 0
    )
  }

  /// A norm of each head by itself, or of all together.
  private func headNorm(_ name: String, in block: String, all: Int) throws(ModelError) -> NormOutline {
    try norm(name, in: block, width: architecture.attention.normsSpanHeads ? all : numbers.headDimension)
  }

  private func projections(
    in block: String,
    _ norms: inout [BlockNorm: NormOutline]
  ) throws(ModelError) -> AttentionOutline.Projections {
    let names = architecture.attention
    let hidden = numbers.hiddenSize
    let queries = numbers.queryHeads * numbers.headDimension
    let keys = numbers.keyHeads * numbers.headDimension
    if let fused = names.fused {
      return .fused(try linear(fused.name, in: block, rows: queries + 2 * keys, columns: hidden), fused.order)
    }
    if let lowRank = names.lowRank, let latent = numbers.latent {
      return .lowRank(try lowRankLayers(lowRank, latent, in: block, &norms))
    }
    return .separate(
      query: try linear(names.query ?? "", in: block, rows: queries, columns: hidden),
      key: try linear(names.key ?? "", in: block, rows: keys, columns: hidden),
      value: try linear(names.value ?? "", in: block, rows: keys, columns: hidden)
    )
  }

  private func lowRankLayers(
    _ names: Architecture.LowRankNames,
    _ latent: ModelConfiguration.LatentNumbers,
    in block: String,
    _ norms: inout [BlockNorm: NormOutline]
  ) throws(ModelError) -> AttentionOutline.LowRankOutline {
    let hidden = numbers.hiddenSize
    let queries = numbers.queryHeads * numbers.headDimension
    let query: AttentionOutline.LowRankOutline.Query
    if let rank = latent.queryRank {
      norms[.queryLatent] = try norm(names.queryNorm, in: block, width: rank, epsilon: Self.latentEpsilon)
      query = .narrow(
        down: try linear(names.queryDown, in: block, rows: rank, columns: hidden),
        up: try linear(names.queryUp, in: block, rows: queries, columns: rank)
      )
    } else {
      query = .direct(try linear(architecture.attention.query ?? "", in: block, rows: queries, columns: hidden))
    }
    norms[.keyValueLatent] = try norm(
      names.keyValueNorm,
      in: block,
      width: latent.keyValueRank,
      epsilon: Self.latentEpsilon
    )
    return AttentionOutline.LowRankOutline(
      query: query,
      keyValueDown: try linear(
        names.keyValueDown,
        in: block,
        rows: latent.keyValueRank + latent.rotaryDimension,
        columns: hidden
      ),
      keyValueUp: try linear(
        names.keyValueUp,
        in: block,
        rows: numbers.queryHeads * (latent.plainDimension + numbers.valueDimension),
        columns: latent.keyValueRank
      )
    )
  }

  /// What the norms of narrow tensors add, whatever config.json says of the others.
  private static let latentEpsilon = 1e-6

  // MARK: Feed-forward

  private func product(
    _ names: Architecture.ProductNames,
    in block: String,
    size: Int
  ) throws(ModelError) -> FeedForwardOutline.ProductOutline {
    let hidden = numbers.hiddenSize
    let inputs: FeedForwardOutline.ProductOutline.Inputs
    if let fused = names.fused {
      inputs = .fused(try linear(fused, in: block, rows: 2 * size, columns: hidden))
    } else {
      let up = try linear(names.up ?? "", in: block, rows: size, columns: hidden)
      if let gate = names.gate {
        inputs = .gated(gate: try linear(gate, in: block, rows: size, columns: hidden), up: up)
      } else {
        inputs = .plain(up)
      }
    }
    return .init(inputs: inputs, down: try linear(names.down, in: block, rows: hidden, columns: size))
  }

  private func experts(
    _ names: Architecture.ExpertNames,
    in block: String,
    _ norms: inout [BlockNorm: NormOutline]
  ) throws(ModelError) -> FeedForwardOutline {
    guard let experts = numbers.experts else { preconditionFailure("a block with experts has their numbers") }
    try addNorms(names.norms, names.outputNorm, .feedForward, .feedForwardOutput, in: block, &norms)
    var dense: FeedForwardOutline.ProductOutline?
    var sharedGate: LinearOutline?
    if let shared = names.shared, let size = experts.sharedSize {
      dense = try product(shared.layers, in: block, size: size)
      if let gate = shared.gate { sharedGate = try linear(gate, in: block, rows: 1, columns: numbers.hiddenSize) }
    }
    var layers: [FeedForwardOutline.ProductOutline] = []
    layers.reserveCapacity(experts.count)
    let numbered = NumberedLayers(names.layers)
    for expert in 0..<experts.count {
      let own = numbered.names(of: expert)
      layers.append(try product(own, in: block, size: experts.size))
    }
    var correction: String?
    if let name = names.correction {
      let tensor = shapes.names.candidates("\(block).\(name)")[0]
      if shapes.has(tensor) {
        try shapes.expect(tensor, [experts.count])
        correction = tensor
      }
    }
    return FeedForwardOutline(
      name: shapes.names.module("\(block).\(names.name)"),
      dense: dense,
      experts: FeedForwardOutline.ExpertsOutline(
        router: try linear(names.router, in: block, rows: experts.count, columns: numbers.hiddenSize),
        correction: correction,
        sharedGate: sharedGate,
        layers: layers,
        routing: experts.routing
      )
    )
  }
}

/// Names of the layers of an expert, each with a place for the expert's number.
private struct NumberedLayers {
  private let gate, up, fused: [Substring]?
  private let down: [Substring]

  init(_ names: Architecture.ProductNames) {
    func parts(_ name: String) -> [Substring] { name.split(separator: "*", maxSplits: 1) }
    gate = names.gate.map(parts)
    up = names.up.map(parts)
    fused = names.fused.map(parts)
    down = parts(names.down)
  }

  func names(of expert: Int) -> Architecture.ProductNames {
    let number = "\(expert)"
    func name(_ parts: [Substring]) -> String { parts.joined(separator: number) }
    return Architecture.ProductNames(gate: gate.map(name), up: up.map(name), fused: fused.map(name), down: name(down))
  }
}
