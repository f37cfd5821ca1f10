internal import Vocabulary

/// A tensor where it lies in a mapped file.
package struct StoredTensor: Sendable {
  /// What the tensor is.
  package let description: TensorDescription
  private let byteRange: Range<Int>
  private let file: MappedFile

  /// Makes a view on a part of a mapped file.
  ///
  /// - Precondition: The bytes lie in the file, as many as the description says.
  init(description: TensorDescription, byteRange: Range<Int>, file: MappedFile) {
    precondition(byteRange.upperBound <= file.byteCount, "a tensor lies in its file")
    precondition(byteRange.count == description.byteCount, "a tensor has the bytes of its shape")
    self.description = description
    self.byteRange = byteRange
    self.file = file
  }

  /// Calls `body` with the tensor's bytes, row-major and little-endian; they must not outlive the call.
  ///
  /// The bytes need not be aligned to the element type.
  package func withBytes<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try file.withBytes(in: byteRange, body)
  }

  /// All elements as integers of the same width, row-major.
  ///
  /// - Precondition: `type` has as many bits as the element type.
  package func elements<Element: FixedWidthInteger>(as type: Element.Type) -> [Element] {
    precondition(Element.bitWidth == description.elementType.bitWidth, "elements are read at their own width")
    return withBytes { bytes in
      (0..<description.elementCount).map { index in
        Element(littleEndian: bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Element>.size, as: type))
      }
    }
  }

  /// Asks the system to read the tensor ahead; only a hint.
  package func willNeed() {
    file.willNeed(byteRange)
  }

  /// Gives the memory of the tensor's bytes back to the system.
  package func dontNeed() {
    file.dontNeed(byteRange)
  }
}
