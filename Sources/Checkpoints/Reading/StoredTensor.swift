internal import Vocabulary

/// A tensor where it lies in a mapped file, or what is computed of it whenever it is asked for.
package struct StoredTensor: Sendable {
  /// What the tensor is.
  package let description: TensorDescription
  /// The row of the whole tensor that is the first here.
  package let firstRow: Int
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
    firstRow = 0
    stored = MappedRange(tensor.place, of: files)
    scales = tensor.scales.map {
      Scales(stored: MappedRange($0.place, of: files), description: $0.description, block: $0.block)
    }
  }

  private init(_ description: TensorDescription, stored: MappedRange, firstRow: Int = 0) {
    self.description = description
    self.stored = stored
    self.firstRow = firstRow
    scales = nil
  }

  /// Some rows of a matrix, under its name; nil for a tensor that is no matrix or whose bytes are computed.
  ///
  /// - Precondition: The matrix has the rows.
  package func rows(_ rows: Range<Int>) -> StoredTensor? {
    let shape = description.shape
    guard shape.count == 2, scales == nil else { return nil }
    let rowBytes = shape[1] * description.elementType.bitWidth / 8
    guard rowBytes * 8 == shape[1] * description.elementType.bitWidth else { return nil }
    precondition(rows.lowerBound >= 0 && rows.upperBound <= shape[0], "the matrix has the rows")
    let start = stored.range.lowerBound
    return StoredTensor(
      TensorDescription(
        name: description.name,
        elementType: description.elementType,
        shape: [rows.count, shape[1]]
      ),
      stored: stored.within(start + rows.lowerBound * rowBytes..<start + rows.upperBound * rowBytes),
      firstRow: firstRow + rows.lowerBound
    )
  }

  /// Where an element stands in the whole tensor, one number per dimension, from its place here in row-major order.
  package func position(of offset: Int) -> [Int] {
    var position = description.position(of: offset)
    if !position.isEmpty { position[0] += firstRow }
    return position
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

  private init(_ file: MappedFile, _ range: Range<Int>) {
    self.file = file
    self.range = range
  }

  /// A part of the range.
  func within(_ part: Range<Int>) -> MappedRange { MappedRange(file, part) }

  func withBytes<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try file.withBytes(in: range, body)
  }

  func willNeed() { file.willNeed(range) }

  func dontNeed() { file.dontNeed(range) }
}
