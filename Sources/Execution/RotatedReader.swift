internal import Checkpoints
internal import Inference
internal import Kernels
internal import Models
internal import Modifiers
internal import Planning
internal import Tensors
internal import Vocabulary

/// Reads weights as a plan's rotations leave them: norms folded, matrices merged, transforms of run time beside them.
///
/// Of a plan without rotations it reads what is stored.
struct RotatedReader: Sendable {
  private let plain: WeightReader
  private let outline: ModelOutline
  private let processor: Processor
  /// The plan's matrices.
  private let rotations: [OrthogonalRotation]
  private let merges: [String: [RotationPlan.Merge]]
  /// The norm that each layer takes the factors of.
  private let norms: [String: String]
  private let foldedNorms: Set<String>
  private let transforms: [String: OnlineTransforms]
  /// Layers whose weights are stored transposed.
  private let transposed: Set<String>

  /// Draws the matrices of a plan.
  init(_ reader: WeightReader, plan: Plan, outline: ModelOutline, processor: Processor) {
    plain = reader
    self.outline = outline
    self.processor = processor
    let rotation = plan.rotation
    rotations = (rotation?.matrices ?? []).map { matrix in
      let seed = RotationSeed(run: plan.seed, name: matrix.seedName)
      guard let drawn = OrthogonalRotation.drawn(matrix.kind, size: matrix.size, seed: seed, on: processor) else {
        preconditionFailure("a size without a matrix was reported")
      }
      return drawn
    }
    merges = Dictionary(grouping: rotation?.merges ?? [], by: \.module)
    let folded = rotation?.foldedNorms ?? []
    norms = Dictionary(folded.flatMap { norm in norm.readers.map { ($0, norm.tensor) } }) { first, _ in first }
    foldedNorms = Set(folded.map(\.tensor))
    var transforms: [String: OnlineTransforms] = [:]
    for merge in rotation?.merges ?? [] where rotation?.isOnline(merge.matrix) == true {
      switch merge.side {
      case .inputs: transforms[merge.module, default: OnlineTransforms()].input = rotations[merge.matrix].transform
      case .outputs: transforms[merge.module, default: OnlineTransforms()].output = rotations[merge.matrix].inverse
      case .table: break
      }
    }
    self.transforms = transforms
    transposed = outline.transposedLayers
  }

  /// The checkpoint that is read.
  var checkpoint: Checkpoint { plain.checkpoint }

  /// Asks the system to read a block's weights ahead.
  func expect(_ block: BlockOutline) { plain.expect(block) }

  /// What a layer's inputs and outputs are multiplied by at run time.
  func online(of layer: String) -> OnlineTransforms { transforms[layer] ?? OnlineTransforms() }

  /// The weights of one block.
  func block(_ block: BlockOutline) throws(CheckpointError) -> BlockWeights {
    var weights = try plain.block(block)
    for (place, norm) in weights.norms { weights.norms[place]?.weight = unfolded(norm.outline.tensor, norm.weight) }
    for step in block.steps {
      for (place, linear) in step.linears.enumerated() where isChanged(linear.name) {
        try rotate(&weights.layers[step.kind, default: []][place], of: linear.name)
      }
    }
    return weights
  }

  /// The head, with the embedding's weights where it is tied.
  func head(of decoder: DecoderOutline) throws(CheckpointError) -> LinearLayer {
    var head = try plain.head(of: decoder)
    try rotate(&head, of: decoder.headName)
    return head
  }

  /// One norm, its weight ones where its factors are in the layers that read it.
  func norm(_ outline: NormOutline) throws(CheckpointError) -> NormLayer {
    var norm = try plain.norm(outline)
    norm.weight = unfolded(outline.tensor, norm.weight)
    return norm
  }

  /// What the first block reads of some sequences, `[tokens, hidden]`, as the rotated table is stored.
  func embed(
    _ sequences: [[Int32]],
    of decoder: DecoderOutline,
    memory: ActivationMemory
  ) throws(CheckpointError) -> FloatBuffer {
    try plain.embed(sequences, of: decoder, memory: memory) { ids throws(CheckpointError) in
      try rows(of: ids, of: decoder)
    }
  }

  private func rows(of ids: [Int32], of decoder: DecoderOutline) throws(CheckpointError) -> FloatBuffer {
    let hidden = try plain.rows(of: ids, of: decoder)
    guard let merges = merges[decoder.embedding] else { return hidden }
    let type = try checkpoint.tensor("\(decoder.embedding).weight").description.elementType
    let width = decoder.configuration.hiddenSize
    for merge in merges {
      processor.transformRows(
        hidden.start,
        rowCount: ids.count,
        columnCount: width,
        by: rotations[merge.matrix].transform
      )
    }
    processor.forEachRange(of: ids.count, length: Self.rowsOfOneThread) { rows in
      for index in rows.lowerBound * width..<rows.upperBound * width {
        hidden.start[index] = type.rounded(hidden.start[index])
      }
    }
    return hidden
  }

  private static let rowsOfOneThread = 64

  /// The tensor of the input that a rotated module's weight is made of; nil for a module that is left alone.
  func source(ofRotated module: String) -> String? {
    guard isChanged(module) else { return nil }
    guard let decoder = outline.decoder, decoder.head == nil, module == decoder.headName else {
      return "\(module).weight"
    }
    return "\(decoder.embedding).weight"
  }

  /// The weight of a module, made of a tensor, and the bias where a rotation changes it.
  func layer(_ module: String, from source: String) throws(CheckpointError) -> LinearLayer {
    var bias: [Float]?
    if merges[module, default: []].contains(where: { $0.side == .outputs }) {
      bias = try checkpoint.tensorIfPresent("\(module).bias")?.floats()
    }
    var weight = try plain.matrix(source)
    if transposed.contains(module) { weight = weight.transposed() }
    var layer = LinearLayer(weight: weight, bias: bias)
    try rotate(&layer, of: module)
    return layer
  }

  /// The elements of a matrix as a checkpoint stores them for run time, `[size · size]`.
  func stored(_ tensor: RotationPlan.StoredMatrix) -> [Float] {
    let rotation = rotations[tensor.matrix]
    return (tensor.isInverse ? rotation.inverse.matrix : rotation.stored).elements
  }

  private func isChanged(_ module: String) -> Bool { merges[module] != nil || norms[module] != nil }

  private func unfolded(_ tensor: String, _ weight: [Float]) -> [Float] {
    foldedNorms.contains(tensor) ? Array(repeating: 1, count: weight.count) : weight
  }

  private func rotate(_ layer: inout LinearLayer, of module: String) throws(CheckpointError) {
    if let norm = norms[module] {
      NormFolding.fold(try checkpoint.tensor(norm).floats(), into: &layer.weight, on: processor)
    }
    for merge in merges[module] ?? [] {
      let rotation = rotations[merge.matrix]
      switch merge.side {
      case .inputs: rotation.rotateInputs(of: &layer.weight, on: processor)
      case .outputs:
        var bias = layer.bias
        rotation.rotateOutputs(of: &layer.weight, bias: &bias, on: processor)
        layer.bias = bias
      case .table: rotation.rotateTable(&layer.weight, on: processor)
      }
    }
    layer.online = online(of: module)
  }
}
