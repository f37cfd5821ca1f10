internal import Inference
internal import Kernels
internal import Modifiers
internal import Tensors
internal import Vocabulary

/// Floats as bytes of an element type, little-endian.
struct FloatBytes {
  let elementType: ElementType
  let processor: Processor

  /// Rounds to the type, ties to even.
  func bytes(of values: [Float]) -> [UInt8] {
    switch elementType {
    case .bfloat16: littleEndian(bfloat16(values))
    case .float16: littleEndian(values.map(Binary16.encode))
    case .float64: littleEndian(values.map { Double($0).bitPattern })
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
}

/// The bytes of integers, lowest first.
func littleEndian<Word: FixedWidthInteger>(_ words: [Word]) -> [UInt8] {
  let size = MemoryLayout<Word>.size
  return [UInt8](unsafeUninitializedCapacity: words.count * size) { bytes, initializedCount in
    let bytes = UnsafeMutableRawBufferPointer(bytes)
    for (index, word) in words.enumerated() {
      bytes.storeBytes(of: word.littleEndian, toByteOffset: index * size, as: Word.self)
    }
    initializedCount = words.count * size
  }
}

extension Matrix {
  /// Rounds every element to what a type of 16 bits can hold, ties to even; wider types change nothing.
  mutating func round(to type: ElementType) {
    guard HalfType(type) != nil else { return }
    withMutableElements { elements in
      for index in elements.indices { elements[index] = type.rounded(elements[index]) }
    }
  }
}
