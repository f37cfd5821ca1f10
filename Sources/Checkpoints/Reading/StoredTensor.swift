internal import Vocabulary

/// A tensor where it lies in a mapped file, or what is computed of it whenever it is asked for.
package struct StoredTensor: Sendable {
  /// What the tensor is.
  package let description: TensorDescription
  private let stored: MappedRange
  private let scales: Scales?

  private struct Scales {
    let stored: MappedRange
    let description: TensorDescription
    let block: BlockScaledFloat8
  }

  /// Makes a view on mapped files.
  ///
  /// - Precondition: The bytes lie in their files.
  init(_ tensor: PresentedTensor, files: [MappedFile]) {
    description = tensor.description
    stored = MappedRange(tensor.place, of: files)
    scales = tensor.scales.map {
      Scales(stored: MappedRange($0.place, of: files), description: $0.description, block: $0.block)
    }
  }

  private init(_ description: TensorDescription, stored: MappedRange) {
    self.description = description
    self.stored = stored
    scales = nil
  }

  /// Calls `body` with the tensor's bytes, row-major and little-endian; they must not outlive the call.
  ///
  /// The bytes need not be aligned to the element type. Those of float8 with factors are decoded for this call.
  package func withBytes<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard let scales else { return try stored.withBytes(body) }
    let decoded = UnsafeMutableBufferPointer<UInt16>.allocate(capacity: description.elementCount)
    defer { decoded.deallocate() }
    stored.withBytes { codes in
      scales.block.decode(
        codes,
        columnCount: description.shape[1],
        scales: StoredTensor(scales.description, stored: scales.stored).uncheckedFloats(),
        into: decoded
      )
    }
    return try body(UnsafeRawBufferPointer(decoded))
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
    stored.willNeed()
  }

  /// Gives the memory of the tensor's bytes back to the system.
  package func dontNeed() {
    stored.dontNeed()
  }
}

/// A part of a mapped file.
private struct MappedRange: Sendable {
  let file: MappedFile
  let range: Range<Int>

  init(_ place: BytePlace, of files: [MappedFile]) {
    file = files[place.file]
    range = place.range
    precondition(range.upperBound <= file.byteCount, "a tensor lies in its file")
  }

  func withBytes<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try file.withBytes(in: range, body)
  }

  func willNeed() { file.willNeed(range) }

  func dontNeed() { file.dontNeed(range) }
}
