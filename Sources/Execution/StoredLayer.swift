internal import Checkpoints
internal import Kernels
internal import Models
internal import Modifiers
internal import Planning
internal import Tensors
internal import Vocabulary

/// The tensors of a quantized layer as bytes, in the layout of its format.
struct StoredLayer {
  let quantized: QuantizedWeight
  let arguments: QuantizationArguments
  let elementType: ElementType
  /// What was observed of the layer's inputs and outputs.
  let inputs: ActivationObserver?
  let outputs: ActivationObserver?
  let processor: Processor

  /// Writes every tensor of a layer that comes from its quantization.
  func write(_ outputs: [PlannedTensor], with writer: CheckpointWriter) throws(CheckpointError) {
    for output in outputs {
      try writer.write(output.description.name, bytes: bytes(of: output.description))
    }
  }

  /// The bytes of one tensor.
  func bytes(of tensor: TensorDescription) -> [UInt8] {
    let suffix = String(tensor.suffix)
    if let side = ActivationTensors.Side.allCases.first(where: { suffix.hasPrefix("\($0.rawValue)_") }) {
      return bytes(of: suffix, side)
    }
    switch suffix {
    case CompressedLinear.Suffix.weight: return quantized.codes
    case CompressedLinear.Suffix.packed: return packedCodes
    case CompressedLinear.Suffix.scale: return scales
    case CompressedLinear.Suffix.globalScale:
      guard case .float8(_, let global) = quantized.grid.storedScales else { break }
      return littleEndian([global.bitPattern])
    case CompressedLinear.Suffix.zeroPoint: return zeroPoints(tensor)
    case CompressedLinear.Suffix.shape: return Self.shape([quantized.rowCount, quantized.columnCount])
    default: break
    }
    preconditionFailure("no format has a tensor called \(suffix)")
  }

  /// The bytes of the shape that a packed layer has.
  static func shape(_ shape: [Int]) -> [UInt8] { littleEndian(shape.map { Int64($0) }) }

  /// A scale or zero point that calibration found.
  private func bytes(of suffix: String, _ side: ActivationTensors.Side) -> [UInt8] {
    guard let points = (side == .input ? inputs : outputs)?.points else {
      preconditionFailure("what is stored of activations was observed")
    }
    switch suffix {
    case side.zeroPoint: return points.map { UInt8(bitPattern: Int8($0.zeroPoint)) }
    case side.globalScale: return littleEndian(points.map(\.scale.bitPattern))
    default: return floats.bytes(of: points.map(\.scale))
    }
  }

  private var floats: FloatBytes { FloatBytes(elementType: elementType, processor: processor) }

  private var scales: [UInt8] {
    switch quantized.grid.storedScales {
    case .floats(let values): floats.bytes(of: values)
    case .float8(let bytes, _), .exponents(let bytes): bytes
    }
  }

  private var packedCodes: [UInt8] {
    guard quantized.grid.codes.code == .integer else { return PackedNibbles.pack(quantized.codes) }
    let columns = quantized.columnCount
    guard arguments.bitWidth == 4 else {
      return quantized.codes.withUnsafeBytes { codes in
        littleEndian(
          PackedCodes.pack(
            codes.bindMemory(to: Int8.self),
            rowCount: quantized.rowCount,
            columnCount: columns,
            bitWidth: arguments.bitWidth
          )
        )
      }
    }
    let width = PackedCodes.wordCount(of: columns, bitWidth: 4)
    let words = [UInt32](unsafeUninitializedCapacity: quantized.rowCount * width) { words, count in
      quantized.codes.withUnsafeBytes { codes in
        guard let start = words.baseAddress else { return }
        let codes = codes.bindMemory(to: Int8.self)
        for row in 0..<quantized.rowCount {
          processor.packInt4(
            UnsafeBufferPointer(rebasing: codes[row * columns..<(row + 1) * columns]),
            into: start + row * width
          )
        }
      }
      count = quantized.rowCount * width
    }
    return littleEndian(words)
  }

  private func zeroPoints(_ tensor: TensorDescription) -> [UInt8] {
    let points = quantized.grid.storedZeroPoints ?? []
    guard tensor.elementType == .int32 else { return points.map { UInt8(bitPattern: $0) } }
    let columns = quantized.grid.groupCount
    return littleEndian(
      PackedCodes.packDown(
        points,
        rowCount: points.count / columns,
        columnCount: columns,
        bitWidth: arguments.bitWidth
      )
    )
  }
}

extension PlannedTensor {
  /// Whether the tensor holds a layer's shape.
  var isShape: Bool { description.suffix == CompressedLinear.Suffix.shape }
}
