internal import JSONDocuments
internal import Tensors
package import Vocabulary

/// Weights stored as float8 with one factor for each block, as DeepSeek-V3 and models after it have them.
///
/// `X` is `F8_E4M3`, `[rows, columns]`, and `X_scale_inv` holds factors, `[⌈rows / block rows⌉, ⌈columns / block columns⌉]`. Checkpoints
/// are shown with `X` in bfloat16: the product in float32, rounded once, as `fp8_cast_bf16.py` of DeepSeek-V3 makes it.
package struct BlockScaledFloat8: Hashable, Sendable {
  /// The rows and columns that share a factor.
  package let blockShape: BlockShape

  private static let method = "fp8"
  private static let scaleSuffix = "_scale_inv"

  /// Finds what a config.json says of such weights.
  ///
  /// - Parameter config: The value of config.json.
  /// - Returns: The size of blocks; nil when the config speaks of nothing quantized, of another method, or of float8 without blocks.
  /// - Throws: `quantizationConfig`, naming the member that this reader cannot follow.
  static func read(from config: JSON) throws(CheckpointError) -> BlockScaledFloat8? {
    guard let member = QuantizationConfig.member(of: config), try member.optional("quant_method")?.text() == method,
      let blockSize = try member.optional("weight_block_size")
    else { return nil }
    // Absent in configs that transformers writes, which knows no other.
    try member.expect("fmt", "e4m3")
    // Factors of inputs that calibration found would be lost.
    try member.expect("activation_scheme", "dynamic")
    return BlockScaledFloat8(blockShape: try blockSize.block())
  }

  /// Shows weights in bfloat16, and no factors; others stay.
  ///
  /// - Parameters:
  ///   - tensors: All tensors of a checkpoint.
  ///   - places: Indices of the tensors, by name.
  /// - Returns: Fewer tensors, which stand for all.
  /// - Throws: `missingTensor` for a weight without factors or factors without weight, `elementType` and `shape`.
  func decoded(
    _ tensors: [PresentedTensor],
    places: [String: Int]
  ) throws(CheckpointError) -> [PresentedTensor] {
    var found: [PresentedTensor] = []
    found.reserveCapacity(tensors.count)
    for tensor in tensors {
      let name = tensor.description.name
      if name.hasSuffix(Self.scaleSuffix) {
        let weight = String(name.dropLast(Self.scaleSuffix.count))
        guard let place = places[weight] else { throw .missingTensor(weight) }
        let type = tensors[place].description.elementType
        guard type == .float8E4M3 else {
          throw .elementType(tensor: weight, found: type, expected: [.float8E4M3])
        }
      } else if tensor.description.elementType == .float8E4M3 {
        guard let place = places[name + Self.scaleSuffix] else { throw .missingTensor(name + Self.scaleSuffix) }
        found.append(try decoded(tensor, tensors[place]))
      } else {
        found.append(tensor)
      }
    }
    return found
  }

  /// Names of tensors without those of factors.
  static func decoded(_ names: [String]) -> [String] { names.filter { !$0.hasSuffix(scaleSuffix) } }

  private func decoded(_ codes: PresentedTensor, _ scales: PresentedTensor) throws(CheckpointError) -> PresentedTensor {
    let (weight, factors) = (codes.description, scales.description)
    guard weight.shape.count == 2 else { throw .shape(tensor: weight.name, found: weight.shape, expected: [nil, nil]) }
    guard StoredTensor.floatTypes.contains(factors.elementType) else {
      throw .elementType(tensor: factors.name, found: factors.elementType, expected: StoredTensor.floatTypes)
    }
    let grid = [
      Self.blockCount(weight.shape[0], blockShape.rows), Self.blockCount(weight.shape[1], blockShape.columns),
    ]
    guard factors.shape == grid else { throw .shape(tensor: factors.name, found: factors.shape, expected: grid) }
    guard TensorDescription.byteCount(of: weight.shape, elementType: .bfloat16) != nil else {
      throw .shape(tensor: weight.name, found: weight.shape, expected: [nil, nil])
    }
    return PresentedTensor(
      description: TensorDescription(name: weight.name, elementType: .bfloat16, shape: weight.shape),
      place: codes.place,
      scales: PresentedTensor.Scales(description: factors, place: scales.place, block: self)
    )
  }

  private static func blockCount(_ size: Int, _ blockSize: Int) -> Int {
    size / blockSize + (size.isMultiple(of: blockSize) ? 0 : 1)
  }

  /// Multiplies codes by the factors of their blocks.
  ///
  /// A block has one factor and a code 256 values, so that a block has no more than 256 products.
  ///
  /// - Parameters:
  ///   - codes: The codes, `[rows, columns]`, row-major.
  ///   - columnCount: The columns.
  ///   - scales: One factor for each block, row-major.
  ///   - destination: As many bfloat16 bit patterns, little-endian; what is not finite stays so.
  func decode(
    _ codes: UnsafeRawBufferPointer,
    columnCount: Int,
    scales: [Float],
    into destination: UnsafeMutableBufferPointer<UInt16>
  ) {
    precondition(codes.count == destination.count, "there is room for exactly the weight")
    guard columnCount > 0 else { return }
    let rowCount = codes.count / columnCount
    var factors = scales.makeIterator()
    var products = [UInt16](repeating: 0, count: Float8E4M3.values.count)
    for firstRow in stride(from: 0, to: rowCount, by: blockShape.rows) {
      let lastRow = min(rowCount - firstRow, blockShape.rows) + firstRow
      for firstColumn in stride(from: 0, to: columnCount, by: blockShape.columns) {
        let width = min(columnCount - firstColumn, blockShape.columns)
        guard let factor = factors.next() else { preconditionFailure("every block has a factor") }
        for (code, value) in Float8E4M3.values.enumerated() {
          products[code] = BFloat16.encode(value * factor).littleEndian
        }
        products.withUnsafeBufferPointer { products in
          for row in firstRow..<lastRow {
            let start = row &* columnCount &+ firstColumn
            for index in start..<start &+ width { destination[index] = products[Int(codes[index])] }
          }
        }
      }
    }
  }
}
