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
  let processor: Processor

  /// Writes every tensor of a layer that comes from its quantization.
  func write(_ outputs: [PlannedTensor], with writer: CheckpointWriter) throws(CheckpointError) {
    for output in outputs {
      let bytes = bytes(of: output.description)
      try Self.write(bytes, named: output.description.name, with: writer)
    }
  }

  private static func write(
    _ bytes: [UInt8],
    named name: String,
    with writer: CheckpointWriter
  ) throws(CheckpointError) {
    // The closure of `withUnsafeBytes` loses the type of what it throws; a result carries it out.
    let outcome = bytes.withUnsafeBytes { buffer in
      Result { () throws(CheckpointError) in try writer.write(name, bytes: buffer) }
    }
    try outcome.get()
  }

  private func bytes(of tensor: TensorDescription) -> [UInt8] {
    switch String(tensor.suffix) {
    case CompressedLinear.Suffix.weight: quantized.codes
    case CompressedLinear.Suffix.packed: packedCodes
    case CompressedLinear.Suffix.scale: floats(quantized.grid.storedScales)
    case CompressedLinear.Suffix.zeroPoint: zeroPoints(tensor)
    case CompressedLinear.Suffix.shape:
      littleEndian([Int64(quantized.rowCount), Int64(quantized.columnCount)])
    default: preconditionFailure("no format has a tensor called \(tensor.suffix)")
    }
  }

  private var packedCodes: [UInt8] {
    let columns = quantized.columnCount
    let codes = quantized.codes.map { Int8(bitPattern: $0) }
    guard arguments.bitWidth == 4 else {
      return littleEndian(
        PackedCodes.pack(
          codes,
          rowCount: quantized.rowCount,
          columnCount: columns,
          bitWidth: arguments.bitWidth
        )
      )
    }
    let width = PackedCodes.wordCount(of: columns, bitWidth: 4)
    let words = [UInt32](unsafeUninitializedCapacity: quantized.rowCount * width) { words, count in
      codes.withUnsafeBufferPointer { codes in
        guard let start = words.baseAddress else { return }
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
    let columns = quantized.grid.isPerTensor ? 1 : quantized.grid.groupCount
    return littleEndian(
      PackedCodes.packDown(
        points,
        rowCount: points.count / columns,
        columnCount: columns,
        bitWidth: arguments.bitWidth
      )
    )
  }

  private func floats(_ values: [Float]) -> [UInt8] {
    switch elementType {
    case .bfloat16: littleEndian(bfloat16(values))
    case .float16: littleEndian(values.map(Binary16.encode))
    default: littleEndian(values.map(\.bitPattern))
    }
  }

  private func bfloat16(_ values: [Float]) -> [UInt16] {
    [UInt16](unsafeUninitializedCapacity: values.count) { words, count in
      values.withUnsafeBufferPointer { values in
        guard let source = values.baseAddress, let start = words.baseAddress else { return }
        processor.narrow(source, count: values.count, into: start)
      }
      count = values.count
    }
  }

  private func littleEndian<Word: FixedWidthInteger>(_ words: [Word]) -> [UInt8] {
    words.map(\.littleEndian).withUnsafeBytes(Array.init)
  }
}
