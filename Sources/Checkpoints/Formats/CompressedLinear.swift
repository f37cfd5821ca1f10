internal import Tensors
package import Vocabulary

/// The tensors that stand for one linear module in a checkpoint.
package struct CompressedLinear: Hashable, Sendable {
  /// How the tensors are laid out.
  package let format: CheckpointFormat
  /// The tensors in state-dict order, which decides where shards end.
  package let tensors: [ModuleTensor]

  /// Lists the tensors of a linear module.
  ///
  /// - Parameters:
  ///   - rowCount: Output features, the rows of the weight.
  ///   - columnCount: Input features, the columns of the weight.
  ///   - hasBias: Whether the module has a bias.
  ///   - elementType: The model's own type, which weights have before and scales have after.
  ///   - scheme: What happens to the module.
  /// - Throws: `unevenGroups` when the columns do not divide into groups; `unsupportedScheme` when the format cannot
  ///   hold the scheme.
  package init(
    rowCount: Int,
    columnCount: Int,
    hasBias: Bool,
    elementType: ElementType,
    scheme: QuantizationScheme
  ) throws(CheckpointError) {
    format = scheme.resolvedFormat
    var tensors: [ModuleTensor] = []
    if hasBias {
      tensors.append(ModuleTensor("bias", elementType, [rowCount]))
    }
    guard format != .dense, let weights = scheme.weights else {
      guard format == .dense else { throw .unsupportedScheme(format) }
      tensors.append(ModuleTensor(Suffix.weight, elementType, [rowCount, columnCount]))
      self.tensors = tensors
      return
    }
    try Self.check(weights, in: format)
    let grid = try ScaleGrid(rowCount: rowCount, columnCount: columnCount, arguments: weights)
    let module = Shape(rowCount: rowCount, columnCount: columnCount, elementType: elementType, grid: grid)
    tensors += scheme.inputActivations.map { ActivationTensors.list($0, side: .input, elementType: elementType) } ?? []
    let outputs =
      scheme.outputActivations.map { ActivationTensors.list($0, side: .output, elementType: elementType) } ?? []
    switch format {
    case .intQuantized, .floatQuantized, .naiveQuantized:
      let codeType: ElementType = weights.numberKind == .integer ? .int8 : .float8E4M3
      tensors.append(ModuleTensor(Suffix.scale, elementType, grid.shape))
      if !weights.isSymmetric { tensors.append(ModuleTensor(Suffix.zeroPoint, codeType, grid.shape)) }
      tensors += outputs
      tensors.append(ModuleTensor(Suffix.weight, codeType, [rowCount, columnCount]))
    case .packQuantized:
      tensors.append(ModuleTensor(Suffix.scale, elementType, grid.shape))
      if !weights.isSymmetric { tensors.append(module.zeroPoints(of: weights)) }
      tensors += outputs
      tensors.append(module.packedWeight(bitWidth: weights.bitWidth))
      tensors.append(ModuleTensor(Suffix.shape, .int64, [2]))
    case .nvfp4PackQuantized:
      tensors.append(ModuleTensor(Suffix.globalScale, .float32, [1]))
      tensors += outputs
      tensors.append(try module.nibbles())
      tensors.append(ModuleTensor(Suffix.scale, .float8E4M3, grid.shape))
    case .mxfp4PackQuantized:
      tensors += outputs
      tensors.append(try module.nibbles())
      tensors.append(ModuleTensor(Suffix.scale, .uint8, grid.shape))
    case .mxfp8Quantized:
      tensors += outputs
      tensors.append(ModuleTensor(Suffix.scale, .uint8, grid.shape))
      tensors.append(ModuleTensor(Suffix.weight, .float8E4M3, [rowCount, columnCount]))
    case .dense, .mixedPrecision:
      throw .unsupportedScheme(format)
    }
    self.tensors = tensors
  }

  /// The tensors under their full names.
  package func descriptions(module: String) -> [TensorDescription] {
    tensors.map {
      TensorDescription(name: "\(module).\($0.suffix)", elementType: $0.elementType, shape: $0.shape)
    }
  }

  /// Last parts of the names of a module's weight tensors.
  package enum Suffix {
    package static let weight = "weight"
    package static let packed = "weight_packed"
    package static let scale = "weight_scale"
    package static let zeroPoint = "weight_zero_point"
    package static let shape = "weight_shape"
    package static let globalScale = "weight_global_scale"
  }

  /// Finds that a format can hold weights quantized so.
  static func check(_ weights: QuantizationArguments, in format: CheckpointFormat) throws(CheckpointError) {
    let fits =
      switch format {
      case .packQuantized: weights.numberKind == .integer && PackedCodes.bitWidths ~= weights.bitWidth
      case .intQuantized: weights.numberKind == .integer && weights.bitWidth <= 8
      case .floatQuantized: weights.numberKind == .float && weights.bitWidth == 8
      case .naiveQuantized: weights.numberKind == .integer ? weights.bitWidth <= 8 : weights.bitWidth == 8
      case .nvfp4PackQuantized: weights.numberKind == .float && weights.bitWidth == 4 && weights.groupSize != nil
      case .mxfp4PackQuantized: weights.numberKind == .float && weights.bitWidth == 4 && weights.groupSize != nil
      case .mxfp8Quantized: weights.numberKind == .float && weights.bitWidth == 8 && weights.groupSize != nil
      case .dense, .mixedPrecision: false
      }
    guard fits, weights.strategy != .token, weights.strategy != .attentionHead else {
      throw .unsupportedScheme(format)
    }
  }
}

/// One tensor of a module: the last part of its name, its type and its shape.
package struct ModuleTensor: Hashable, Sendable {
  /// What follows the module's name and a dot.
  package let suffix: String
  /// The type of one element.
  package let elementType: ElementType
  /// The shape.
  package let shape: [Int]

  package init(_ suffix: String, _ elementType: ElementType, _ shape: [Int]) {
    self.suffix = suffix
    self.elementType = elementType
    self.shape = shape
  }
}

/// What the shapes of packed tensors follow from.
private struct Shape {
  let rowCount: Int
  let columnCount: Int
  let elementType: ElementType
  let grid: ScaleGrid

  func packedWeight(bitWidth: Int) -> ModuleTensor {
    ModuleTensor(
      CompressedLinear.Suffix.packed,
      .int32,
      [rowCount, PackedCodes.wordCount(of: columnCount, bitWidth: bitWidth)]
    )
  }

  /// Zero points are packed down the rows, but for a single one.
  func zeroPoints(of weights: QuantizationArguments) -> ModuleTensor {
    guard weights.strategy != .tensor else {
      return ModuleTensor(CompressedLinear.Suffix.zeroPoint, .int8, grid.shape)
    }
    let height = PackedCodes.wordCount(of: grid.shape[0], bitWidth: weights.bitWidth)
    return ModuleTensor(CompressedLinear.Suffix.zeroPoint, .int32, [height, grid.scalesPerRow])
  }

  func nibbles() throws(CheckpointError) -> ModuleTensor {
    guard columnCount.isMultiple(of: 2) else { throw .unevenGroups(columns: columnCount, groupSize: 2) }
    return ModuleTensor(CompressedLinear.Suffix.packed, .uint8, [rowCount, columnCount / 2])
  }
}
