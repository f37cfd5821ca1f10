package import Tensors
package import Vocabulary

extension Checkpoint {
  /// Reads the weight of a module as it will be served: codes times scales.
  ///
  /// Products are rounded to 32-bit floats only, not to the type of the scales.
  ///
  /// - Parameters:
  ///   - module: The module's name, such as `model.layers.0.mlp.up_proj`.
  ///   - scheme: What happened to the module; without weight arguments its weight is read as it is.
  /// - Returns: The weight, `[output features, input features]`, all elements finite.
  /// - Throws: `missingTensor`, `elementType`, `shape`, `contents` or `notFinite`, naming the tensor; `unevenGroups` and
  ///   `unsupportedScheme`.
  package func decompressedWeight(of module: String, scheme: QuantizationScheme) throws(CheckpointError) -> Matrix {
    guard scheme.resolvedFormat != .dense, let weights = scheme.weights else {
      return try tensor("\(module).\(CompressedLinear.Suffix.weight)").matrix()
    }
    try CompressedLinear.check(weights, in: scheme.resolvedFormat)
    let stored = StoredLinear(checkpoint: self, module: module, weights: weights)
    switch scheme.resolvedFormat {
    case .packQuantized: return try stored.packedIntegers()
    case .nvfp4PackQuantized: return try stored.nvfp4()
    case .mxfp4PackQuantized: return try stored.mxfp4()
    case .mxfp8Quantized: return try stored.mxfp8()
    case .intQuantized, .floatQuantized, .naiveQuantized:
      return try weights.numberKind == .integer ? stored.integers() : stored.float8()
    case .dense, .mixedPrecision: throw .unsupportedScheme(scheme.resolvedFormat)
    }
  }
}

/// The stored tensors of one compressed linear module.
private struct StoredLinear {
  let checkpoint: Checkpoint
  let module: String
  let weights: QuantizationArguments

  func packedIntegers() throws(CheckpointError) -> Matrix {
    let sizes = try tensor(CompressedLinear.Suffix.shape, .int64, shape: [2]).elements(as: Int64.self)
    let (rowCount, columnCount) = (Int(sizes[0]), Int(sizes[1]))
    guard TensorDescription.elementCount(of: [rowCount, columnCount]) != nil else {
      throw .contents(tensor: name(CompressedLinear.Suffix.shape))
    }
    let width = PackedCodes.wordCount(of: columnCount, bitWidth: weights.bitWidth)
    let packed = try tensor(CompressedLinear.Suffix.packed, .int32, shape: [rowCount, width])
    let codes = PackedCodes.unpack(
      packed.elements(as: UInt32.self),
      rowCount: rowCount,
      columnCount: columnCount,
      bitWidth: weights.bitWidth
    )
    let grid = try ScaleGrid(rowCount: rowCount, columnCount: columnCount, arguments: weights)
    let scales = try scales(grid)
    let zeroPoints = try packedZeroPoints(grid)
    return try product(packed, rowCount, columnCount, grid) { index, scale in
      (Float(codes[index]) - (zeroPoints.isEmpty ? 0 : zeroPoints[scale])) * scales[scale]
    }
  }

  func integers() throws(CheckpointError) -> Matrix {
    let (weight, rowCount, columnCount) = try codes(CompressedLinear.Suffix.weight, .int8)
    let codes = weight.elements(as: Int8.self)
    let grid = try ScaleGrid(rowCount: rowCount, columnCount: columnCount, arguments: weights)
    let scales = try scales(grid)
    let zeroPoints = try plainZeroPoints(grid)
    return try product(weight, rowCount, columnCount, grid) { index, scale in
      (Float(codes[index]) - (zeroPoints.isEmpty ? 0 : zeroPoints[scale])) * scales[scale]
    }
  }

  func float8() throws(CheckpointError) -> Matrix {
    guard weights.isSymmetric else { throw .unsupportedScheme(.floatQuantized) }
    let (weight, rowCount, columnCount) = try codes(CompressedLinear.Suffix.weight, .float8E4M3)
    let codes = weight.elements(as: UInt8.self)
    let grid = try ScaleGrid(rowCount: rowCount, columnCount: columnCount, arguments: weights)
    let scales = try scales(grid)
    return try product(weight, rowCount, columnCount, grid) { index, scale in
      Float8E4M3.decode(codes[index]) * scales[scale]
    }
  }

  func nvfp4() throws(CheckpointError) -> Matrix {
    let (packed, rowCount, byteCount) = try codes(CompressedLinear.Suffix.packed, .uint8)
    let codes = PackedNibbles.unpack(packed.elements(as: UInt8.self))
    let grid = try ScaleGrid(rowCount: rowCount, columnCount: 2 * byteCount, arguments: weights)
    let global = try tensor(CompressedLinear.Suffix.globalScale, .float32, shape: [1]).floats()[0]
    let scales = try tensor(CompressedLinear.Suffix.scale, .float8E4M3, shape: grid.shape)
      .elements(as: UInt8.self).map { Float8E4M3.decode($0) / global }
    return try product(packed, rowCount, 2 * byteCount, grid) { index, scale in
      Float4E2M1.decode(codes[index]) * scales[scale]
    }
  }

  func mxfp4() throws(CheckpointError) -> Matrix {
    let (packed, rowCount, byteCount) = try codes(CompressedLinear.Suffix.packed, .uint8)
    let codes = PackedNibbles.unpack(packed.elements(as: UInt8.self))
    let grid = try ScaleGrid(rowCount: rowCount, columnCount: 2 * byteCount, arguments: weights)
    let scales = try powersOfTwo(grid)
    return try product(packed, rowCount, 2 * byteCount, grid) { index, scale in
      Float4E2M1.decode(codes[index]) * scales[scale]
    }
  }

  func mxfp8() throws(CheckpointError) -> Matrix {
    let (weight, rowCount, columnCount) = try codes(CompressedLinear.Suffix.weight, .float8E4M3)
    let codes = weight.elements(as: UInt8.self)
    let grid = try ScaleGrid(rowCount: rowCount, columnCount: columnCount, arguments: weights)
    let scales = try powersOfTwo(grid)
    return try product(weight, rowCount, columnCount, grid) { index, scale in
      Float8E4M3.decode(codes[index]) * scales[scale]
    }
  }

  private func name(_ suffix: String) -> String {
    "\(module).\(suffix)"
  }

  private func tensor(
    _ suffix: String,
    _ elementType: ElementType,
    shape: [Int]
  ) throws(CheckpointError) -> StoredTensor {
    let tensor = try checkpoint.tensor(name(suffix))
    let found = tensor.description
    guard found.elementType == elementType else {
      throw .elementType(tensor: found.name, found: found.elementType, expected: [elementType])
    }
    guard found.shape == shape else { throw .shape(tensor: found.name, found: found.shape, expected: shape) }
    return tensor
  }

  /// A tensor of codes, whose own shape says how large it is.
  private func codes(
    _ suffix: String,
    _ elementType: ElementType
  ) throws(CheckpointError) -> (tensor: StoredTensor, rowCount: Int, columnCount: Int) {
    let shape = try checkpoint.tensor(name(suffix)).description.shape
    guard shape.count == 2 else { throw .shape(tensor: name(suffix), found: shape, expected: [nil, nil]) }
    return (try tensor(suffix, elementType, shape: shape), shape[0], shape[1])
  }

  private func scales(_ grid: ScaleGrid) throws(CheckpointError) -> [Float] {
    let tensor = try checkpoint.tensor(name(CompressedLinear.Suffix.scale))
    let shape = tensor.description.shape
    // Some writers store a single scale without a dimension.
    guard shape == grid.shape || (weights.strategy == .tensor && shape.isEmpty) else {
      throw .shape(tensor: tensor.description.name, found: shape, expected: grid.shape)
    }
    return try tensor.floats()
  }

  private func powersOfTwo(_ grid: ScaleGrid) throws(CheckpointError) -> [Float] {
    try tensor(CompressedLinear.Suffix.scale, .uint8, shape: grid.shape)
      .elements(as: UInt8.self).map { PowerOfTwoScale.decode($0) }
  }

  private func plainZeroPoints(_ grid: ScaleGrid) throws(CheckpointError) -> [Float] {
    guard !weights.isSymmetric else { return [] }
    return try tensor(CompressedLinear.Suffix.zeroPoint, .int8, shape: grid.shape).elements(as: Int8.self).map(
      Float.init
    )
  }

  private func packedZeroPoints(_ grid: ScaleGrid) throws(CheckpointError) -> [Float] {
    guard !weights.isSymmetric, weights.strategy != .tensor else { return try plainZeroPoints(grid) }
    let height = PackedCodes.wordCount(of: grid.shape[0], bitWidth: weights.bitWidth)
    let words = try tensor(CompressedLinear.Suffix.zeroPoint, .int32, shape: [height, grid.scalesPerRow])
      .elements(as: UInt32.self)
    return PackedCodes.unpackDown(
      words,
      rowCount: grid.shape[0],
      columnCount: grid.scalesPerRow,
      bitWidth: weights.bitWidth
    ).map(Float.init)
  }

  /// Fills a matrix from the index of each element and of its scale.
  private func product(
    _ codes: StoredTensor,
    _ rowCount: Int,
    _ columnCount: Int,
    _ grid: ScaleGrid,
    value: (_ element: Int, _ scale: Int) -> Float
  ) throws(CheckpointError) -> Matrix {
    try Matrix(rowCount: rowCount, columnCount: columnCount) { (buffer) throws(CheckpointError) in
      for row in 0..<rowCount {
        for column in 0..<columnCount {
          let element = row * columnCount + column
          buffer[element] = value(element, grid.index(row: row, column: column))
          guard buffer[element].isFinite else {
            throw .notFinite(tensor: codes.description.name, position: [row, column])
          }
        }
      }
    }
  }
}
