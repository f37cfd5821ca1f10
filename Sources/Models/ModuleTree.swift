internal import Checkpoints
internal import JSONDocuments
internal import Vocabulary

/// The modules of a model whose architecture is known, checked against the tensors that are there.
struct ModuleTree {
  let decoder: DecoderOutline
  let modules: [Module]

  /// Reads the numbers of a config, and holds what follows from them against the tensors.
  init(architecture: Architecture, config: JSON, tensors: KnownTensors) throws(ModelError) {
    let numbers = try ModelConfiguration(config: config, architecture: architecture)
    let shapes = Shapes(tensors: tensors)
    let decoderName = architecture.moduleName("decoder")
    let embedding = "\(decoderName).\(architecture.moduleName("embedding"))"
    let finalNorm = "\(decoderName).\(architecture.moduleName("final_norm"))"
    let blocksName = "\(decoderName).\(architecture.moduleName("blocks"))"
    let headName = architecture.moduleName("head")

    try shapes.expectTable(embedding, rows: numbers.vocabularySize, columns: numbers.hiddenSize)
    try shapes.expectVector("\(finalNorm).weight", count: numbers.hiddenSize)
    var blocks: [BlockOutline] = []
    blocks.reserveCapacity(numbers.blockCount)
    for index in 0..<numbers.blockCount {
      blocks.append(
        try Self.block("\(blocksName).\(index)", architecture: architecture, numbers: numbers, shapes: shapes)
      )
    }
    // A checkpoint that says its head is tied may hold a head of its own nevertheless: transformers ignores it.
    let head =
      numbers.tiesEmbeddings
      ? nil : try shapes.linear(headName, rows: numbers.vocabularySize, columns: numbers.hiddenSize)

    decoder = DecoderOutline(
      family: architecture.family,
      configuration: numbers,
      embedding: embedding,
      blocks: blocks,
      finalNorm: "\(finalNorm).weight",
      head: head,
      headName: headName
    )

    func other(_ name: String, _ className: String) -> Module { Module(name: name, className: className, kind: .other) }
    func linear(_ outline: LinearOutline) -> Module {
      Module(name: outline.name, className: "Linear", kind: .linear(outline))
    }
    var modules = [
      other("", architecture.className("model")),
      other(decoderName, architecture.className("decoder")),
      Module(
        name: embedding,
        className: "Embedding",
        kind: .embedding(rows: numbers.vocabularySize, columns: numbers.hiddenSize)
      ),
      other(blocksName, "ModuleList"),
    ]
    for block in blocks {
      let attention = block.attention
      let feedForward = block.feedForward
      modules.append(other(block.name, architecture.className("block")))
      modules.append(other(attention.name, architecture.className("attention")))
      modules += [attention.query, attention.key, attention.value, attention.output].map(linear)
      modules.append(other(feedForward.name, architecture.className("feed_forward")))
      modules += [feedForward.gate, feedForward.up, feedForward.down].map(linear)
      modules.append(
        other("\(feedForward.name).\(architecture.feedForward.activation)", architecture.className("activation"))
      )
      modules += block.normTensors.map { other(String($0.dropLast(".weight".count)), architecture.className("norm")) }
    }
    modules.append(other(finalNorm, architecture.className("norm")))
    modules.append(other("\(decoderName).\(architecture.moduleName("rotary"))", architecture.className("rotary")))
    modules.append(
      linear(
        head
          ?? LinearOutline(
            name: headName,
            rows: numbers.vocabularySize,
            columns: numbers.hiddenSize,
            hasBias: false
          )
      )
    )
    self.modules = modules
  }

  private static func block(
    _ name: String,
    architecture: Architecture,
    numbers: ModelConfiguration,
    shapes: Shapes
  ) throws(ModelError) -> BlockOutline {
    let hidden = numbers.hiddenSize
    let queries = numbers.queryHeads * numbers.headDimension
    let keys = numbers.keyHeads * numbers.headDimension
    let attention = architecture.attention
    let feedForward = architecture.feedForward
    let attentionName = "\(name).\(attention.name)"
    let feedForwardName = "\(name).\(feedForward.name)"
    try shapes.expectVector("\(name).\(attention.norm).weight", count: hidden)
    try shapes.expectVector("\(name).\(feedForward.norm).weight", count: hidden)
    return BlockOutline(
      name: name,
      attention: AttentionOutline(
        name: attentionName,
        norm: "\(name).\(attention.norm).weight",
        query: try shapes.linear("\(attentionName).\(attention.query)", rows: queries, columns: hidden),
        key: try shapes.linear("\(attentionName).\(attention.key)", rows: keys, columns: hidden),
        value: try shapes.linear("\(attentionName).\(attention.value)", rows: keys, columns: hidden),
        output: try shapes.linear("\(attentionName).\(attention.output)", rows: hidden, columns: queries)
      ),
      feedForward: FeedForwardOutline(
        name: feedForwardName,
        norm: "\(name).\(feedForward.norm).weight",
        gate: try shapes.linear(
          "\(feedForwardName).\(feedForward.gate)",
          rows: numbers.feedForwardSize,
          columns: hidden
        ),
        up: try shapes.linear(
          "\(feedForwardName).\(feedForward.up)",
          rows: numbers.feedForwardSize,
          columns: hidden
        ),
        down: try shapes.linear(
          "\(feedForwardName).\(feedForward.down)",
          rows: hidden,
          columns: numbers.feedForwardSize
        )
      )
    )
  }
}

/// What is known of the tensors of a checkpoint.
enum KnownTensors {
  /// Types and shapes, by name.
  case described([String: TensorDescription])
  /// Names alone: an index without its shards.
  case named(Set<String>)
}

/// The tensors that are there, held against those that should be.
private struct Shapes {
  let tensors: KnownTensors

  func linear(_ name: String, rows: Int, columns: Int) throws(ModelError) -> LinearOutline {
    try expectTable(name, rows: rows, columns: columns)
    let hasBias = has("\(name).bias")
    if hasBias { try expectVector("\(name).bias", count: rows) }
    return LinearOutline(name: name, rows: rows, columns: columns, hasBias: hasBias)
  }

  /// A matrix stored plainly or as codes; packed codes are held against their shape when they are read.
  func expectTable(_ name: String, rows: Int, columns: Int) throws(ModelError) {
    if has("\(name).weight_packed") { return }
    try expect("\(name).weight", [rows, columns])
  }

  func expectVector(_ name: String, count: Int) throws(ModelError) {
    try expect(name, [count])
  }

  private func has(_ name: String) -> Bool {
    switch tensors {
    case .described(let tensors): tensors[name] != nil
    case .named(let names): names.contains(name)
    }
  }

  private func expect(_ name: String, _ shape: [Int]) throws(ModelError) {
    guard has(name) else { throw .missingTensor(name) }
    guard case .described(let tensors) = tensors, let tensor = tensors[name] else { return }
    guard tensor.shape == shape else { throw .shape(tensor: name, found: tensor.shape, expected: shape) }
  }
}
