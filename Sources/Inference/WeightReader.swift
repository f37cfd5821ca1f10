package import Checkpoints
package import Kernels
package import Models
package import Tensors
package import Vocabulary

/// Reads the weights of a model into memory, dense or compressed, as float32.
package struct WeightReader: Sendable {
  /// The checkpoint that is read.
  package let checkpoint: Checkpoint
  let schemes: [String: QuantizationScheme]
  private let keyValueCache: QuantizationArguments?
  private let transforms: [String: OnlineTransforms]
  let outline: ModelOutline
  let processor: Processor

  /// Makes a reader.
  ///
  /// - Throws: `CheckpointError` when the config's `quantization_config` cannot be understood, or a matrix of its transforms
  ///   cannot be read.
  package init(
    _ checkpoint: Checkpoint,
    outline: ModelOutline,
    processor: Processor
  ) throws(CheckpointError) {
    self.checkpoint = checkpoint
    self.outline = outline
    self.processor = processor
    let config = try QuantizationConfig.read(from: checkpoint.headers.config)
    schemes = config?.schemes(of: outline.modules) ?? [:]
    keyValueCache = config?.keyValueCache
    transforms = try OnlineTransforms.read(
      config?.transforms ?? TransformConfig(),
      from: checkpoint,
      modules: outline.modules
    )
  }

  /// The scheme that a module is compressed with; nil where its weights are plain.
  package func scheme(of module: String) -> QuantizationScheme? { schemes[module] }

  /// Modules whose activations a server rounds in a way that the layers read here do not, in name order.
  package var modulesWithUnsimulatedInputs: [String] {
    let stored: (scale: Float, zeroPoint: Float) = (1, 0)
    return schemes.filter { _, scheme in
      [scheme.inputActivations, scheme.outputActivations].compactMap { $0 }.contains { arguments in
        arguments.strategy != .attentionHead && ActivationRounding(arguments, stored: stored) == nil
      }
    }.keys.sorted()
  }

  /// The weights of one block.
  ///
  /// - Throws: `CheckpointError` naming the tensor that is missing, misshapen or not finite.
  package func block(_ block: BlockOutline) throws(CheckpointError) -> BlockWeights {
    var layers: [BlockStep.Kind: [LinearLayer]] = [:]
    for step in block.steps {
      for linear in step.linears {
        layers[step.kind, default: []].append(try layer(linear))
      }
    }
    var norms: [BlockNorm: NormLayer] = [:]
    for (place, outline) in block.norms { norms[place] = try norm(outline) }
    return BlockWeights(
      block,
      norms: norms,
      layers: layers,
      correction: try block.feedForward.experts?.correction.map(floats),
      attentionRounding: try attentionRounding(of: block.attention.name)
    )
  }

  /// Asks the system to read a block's dense weights ahead.
  package func expect(_ block: BlockOutline) {
    for linear in block.linears {
      // Compressed weights have other names, and are a quarter of the size.
      (try? checkpoint.tensor(outline.storedName(of: "\(linear.name).weight")))?.willNeed()
    }
  }

  /// The weights of one norm.
  package func norm(_ norm: NormOutline) throws(CheckpointError) -> NormLayer {
    var weight = try floats(norm.tensor)
    if norm.offset != 0 { for index in weight.indices { weight[index] += norm.offset } }
    var bias: [Float]?
    if let tensor = norm.biasTensor { bias = try floats(tensor) }
    return NormLayer(norm, weight: weight, bias: bias)
  }

  /// The elements of a tensor, by the name that the model has for it.
  private func floats(_ name: String) throws(CheckpointError) -> [Float] {
    try checkpoint.tensor(outline.storedName(of: name)).floats()
  }

  /// The weights of one linear layer.
  package func layer(_ linear: LinearOutline) throws(CheckpointError) -> LinearLayer {
    var bias: [Float]?
    if linear.hasBias { bias = try floats("\(linear.name).bias") }
    let scheme = schemes[linear.name]
    return LinearLayer(
      weight: try weight(of: linear),
      bias: bias,
      inputRounding: try rounding(scheme?.inputActivations, side: .input, of: linear.name),
      outputRounding: try rounding(scheme?.outputActivations, side: .output, of: linear.name),
      online: transforms[linear.name] ?? OnlineTransforms()
    )
  }

  /// The weight of a module as it is served, held against the shape that the model has it in.
  private func weight(of linear: LinearOutline) throws(CheckpointError) -> Matrix {
    let weight = try weight(of: linear.name, rows: linear.rows, columns: linear.columns)
    return linear.isTransposed ? weight.transposed() : weight
  }

  func weight(of module: String, rows: Int, columns: Int) throws(CheckpointError) -> Matrix {
    guard let scheme = schemes[module], scheme.weights != nil else {
      return try matrix(outline.storedName(of: "\(module).weight"))
    }
    let weight = try checkpoint.decompressedWeight(of: module, scheme: scheme)
    guard weight.rowCount == rows, weight.columnCount == columns else {
      throw .shape(tensor: module, found: [weight.rowCount, weight.columnCount], expected: [rows, columns])
    }
    return weight
  }

  private func rounding(
    _ arguments: QuantizationArguments?,
    side: ActivationTensors.Side,
    of module: String
  ) throws(CheckpointError) -> ActivationRounding? {
    guard let arguments else { return nil }
    return ActivationRounding(arguments, stored: try points(arguments, side, of: module).first)
  }

  /// Scales and zero points that calibration found; empty where all are found at run time.
  private func points(
    _ arguments: QuantizationArguments,
    _ side: ActivationTensors.Side,
    of module: String
  ) throws(CheckpointError) -> [(scale: Float, zeroPoint: Float)] {
    guard arguments.dynamic != .on else { return [] }
    let name = arguments.dynamic == .local ? side.globalScale : side.scale
    let scales = try checkpoint.tensor("\(module).\(name)").floats()
    guard !arguments.isSymmetric, arguments.numberKind == .integer else { return scales.map { ($0, 0) } }
    let zeroPoints = try checkpoint.tensor("\(module).\(side.zeroPoint)").elements(as: Int8.self)
    return zip(scales, zeroPoints).map { ($0, Float($1)) }
  }

  /// How what flows into an attention module is rounded; nil where nothing is.
  private func attentionRounding(of module: String) throws(CheckpointError) -> AttentionRounding? {
    let inputs = schemes[module]?.inputActivations
    guard let cache = keyValueCache ?? inputs, cache.dynamic == .off else { return nil }
    func heads(
      _ side: ActivationTensors.Side,
      _ arguments: QuantizationArguments
    ) throws(CheckpointError) -> AttentionRounding.Heads {
      try points(arguments, side, of: module).map {
        ActivationRounding(grid: .of(arguments), scale: $0.scale, zeroPoint: $0.zeroPoint)
      }
    }
    var query: AttentionRounding.Heads?
    if let inputs { query = try heads(.query, inputs) }
    return AttentionRounding(query: query, key: try heads(.key, cache), value: try heads(.value, cache))
  }

  /// The head: its own layer, or the embedding's table where the two are tied.
  package func head(of decoder: DecoderOutline) throws(CheckpointError) -> LinearLayer {
    guard let head = decoder.head else {
      let numbers = decoder.configuration
      return LinearLayer(
        weight: try weight(of: decoder.embedding, rows: numbers.vocabularySize, columns: numbers.hiddenSize),
        bias: nil,
        online: transforms[decoder.headName] ?? OnlineTransforms()
      )
    }
    return try layer(head)
  }

  /// A matrix of floats, widened with the processor's own instructions where it lies aligned.
  package func matrix(_ name: String) throws(CheckpointError) -> Matrix {
    try Self.matrix(of: checkpoint.tensor(name), on: processor)
  }

  /// A matrix of floats, or some of its rows, all elements finite; its bytes in the file need not stay resident.
  package static func matrix(of tensor: StoredTensor, on processor: Processor) throws(CheckpointError) -> Matrix {
    // The copy serves from here on.
    defer { tensor.dontNeed() }
    let shape = tensor.description.shape
    guard shape.count == 2, let type = HalfType(tensor.description.elementType) else { return try tensor.matrix() }
    let matrix: Matrix? = tensor.withBytes { bytes in
      guard let start = bytes.baseAddress, Int(bitPattern: start) % MemoryLayout<UInt16>.alignment == 0 else {
        return nil
      }
      return Matrix(rowCount: shape[0], columnCount: shape[1]) { out in
        guard let first = out.baseAddress else { return }
        processor.widen(start.assumingMemoryBound(to: UInt16.self), of: type, count: out.count, into: first)
      }
    }
    guard let matrix else { return try tensor.matrix() }
    if let offset = matrix.withElements({ processor.firstNotFinite(in: $0) }) {
      throw .notFinite(tensor: tensor.description.name, position: tensor.position(of: offset))
    }
    return matrix
  }

  /// Checks that every float of a tensor is finite; tensors of other types pass.
  ///
  /// - Throws: `CheckpointError.notFinite` with the first place.
  package static func checkFinite(_ tensor: StoredTensor, on processor: Processor) throws(CheckpointError) {
    guard StoredTensor.floatTypes.contains(tensor.description.elementType) else { return }
    if tensor.description.shape.count == 2 {
      _ = try matrix(of: tensor, on: processor)
    } else {
      _ = try tensor.floats()
    }
  }
}

extension HalfType {
  /// The type, when an element type is one of 16 bits.
  package init?(_ type: ElementType) {
    switch type {
    case .bfloat16: self = .bfloat16
    case .float16: self = .float16
    default: return nil
    }
  }
}
