package import Tensors
package import Vocabulary

extension StoredTensor {
  /// The element types that are read as floats.
  package static let floatTypes: [ElementType] = [.float32, .bfloat16, .float16]

  /// Reads all elements as 32-bit floats, which is exact.
  ///
  /// - Returns: The elements, row-major, as many as the shape says; all finite.
  /// - Throws: `elementType` unless the type is one of `floatTypes`; `notFinite` with the first such place.
  package func floats() throws(CheckpointError) -> [Float] {
    try matrix(rowCount: 1, columnCount: description.elementCount).elements
  }

  /// Reads a tensor of two dimensions as a matrix, which is exact.
  ///
  /// - Returns: The matrix, all elements finite.
  /// - Throws: `shape` for another number of dimensions; `elementType` and `notFinite` as `floats()` does.
  package func matrix() throws(CheckpointError) -> Matrix {
    let shape = description.shape
    guard shape.count == 2 else {
      throw .shape(tensor: description.name, found: shape, expected: [nil, nil])
    }
    return try matrix(rowCount: shape[0], columnCount: shape[1])
  }

  /// Reads all elements as 32-bit floats into memory of the caller's.
  ///
  /// The bytes in the file need not stay in memory then.
  ///
  /// - Parameter destination: As many elements as the shape says, written whole.
  /// - Throws: `elementType` unless the type is one of `floatTypes`; `notFinite` with the first such place.
  package func read(into destination: UnsafeMutableBufferPointer<Float>) throws(CheckpointError) {
    precondition(destination.count == description.elementCount, "there is room for exactly the tensor")
    defer { dontNeed() }
    guard decode(into: destination) else {
      throw .elementType(tensor: description.name, found: description.elementType, expected: Self.floatTypes)
    }
    if let offset = destination.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(tensor: description.name, position: position(of: offset))
    }
  }

  /// All elements, finite or not.
  ///
  /// - Precondition: The type is one of `floatTypes`.
  func uncheckedFloats() -> [Float] {
    [Float](unsafeUninitializedCapacity: description.elementCount) { buffer, count in
      let isDecoded = decode(into: UnsafeMutableBufferPointer(rebasing: buffer[..<description.elementCount]))
      precondition(isDecoded, "the elements are floats")
      count = description.elementCount
    }
  }

  /// Reads floats of any width; false for elements that are none.
  private func decode(into destination: UnsafeMutableBufferPointer<Float>) -> Bool {
    withBytes { bytes in
      switch description.elementType {
      case .float32: Self.decode(bytes, as: UInt32.self, into: destination) { Float(bitPattern: $0) }
      case .bfloat16: Self.decode(bytes, as: UInt16.self, into: destination) { BFloat16.decode($0) }
      case .float16: Self.decode(bytes, as: UInt16.self, into: destination) { Binary16.decode($0) }
      default: return false
      }
      return true
    }
  }

  private func matrix(rowCount: Int, columnCount: Int) throws(CheckpointError) -> Matrix {
    try Matrix(rowCount: rowCount, columnCount: columnCount) { (buffer) throws(CheckpointError) in
      try read(into: buffer)
    }
  }

  private static func decode<Pattern: FixedWidthInteger>(
    _ bytes: UnsafeRawBufferPointer,
    as pattern: Pattern.Type,
    into destination: UnsafeMutableBufferPointer<Float>,
    _ value: (Pattern) -> Float
  ) {
    for index in destination.indices {
      let stored = bytes.loadUnaligned(fromByteOffset: index &* MemoryLayout<Pattern>.size, as: pattern)
      destination[index] = value(Pattern(littleEndian: stored))
    }
  }
}

extension TensorDescription {
  /// The index of an element, one number per dimension, from its place in row-major order.
  package func position(of offset: Int) -> [Int] {
    var rest = offset
    var position: [Int] = []
    for size in shape.reversed() {
      position.append(rest % size)
      rest /= size
    }
    return position.reversed()
  }
}
