/// The checked header of one safetensors file: which tensors it holds, and where.
///
/// The format: eight bytes with the little-endian size of the header, the header as JSON, then the tensors' bytes without
/// gaps. Ranges here count from the start of the file.
package struct SafetensorsHeader: Hashable, Sendable {
  /// The tensors in the order of their bytes.
  package let tensors: [TensorEntry]
  /// The texts of `__metadata__`, in file order.
  package let metadata: [MetadataEntry]
  /// Where the first tensor's bytes begin, from the start of the file.
  package let dataStart: Int
  /// The size of the whole file, in bytes.
  package let fileByteCount: Int

  /// The largest header that is read, in bytes, as in the reference reader.
  package static let byteLimit = 100_000_000
  /// The most dimensions that are accepted.
  package static let dimensionLimit = 8
  /// The bytes in front of the header, which hold its size.
  package static let prefixByteCount = 8
  /// The key of the one header member that is no tensor.
  static let metadataKey = "__metadata__"

  /// Reads the header of a file, and nothing else of it.
  ///
  /// - Parameter path: Path of a safetensors file.
  /// - Returns: The header, found to agree with itself and with the file's size.
  /// - Throws: `missingFile`, `notARegularFile`, `header`, or the system's refusal.
  package static func read(_ path: String) throws(CheckpointError) -> SafetensorsHeader {
    let file = try OpenFile.reading(path)
    let fileByteCount = try file.byteCount()
    let prefix = try file.read(count: prefixByteCount, at: 0)
    let headerByteCount = try naming(path) { () throws(HeaderFault) -> Int in
      try Self.headerByteCount(prefix: prefix, fileByteCount: fileByteCount)
    }
    let header = try file.read(count: headerByteCount, at: prefixByteCount)
    guard header.count == headerByteCount else {
      throw .fileChanged(path: path, expected: fileByteCount, found: prefixByteCount + header.count)
    }
    return try naming(path) { () throws(HeaderFault) -> SafetensorsHeader in
      try SafetensorsHeader(json: header, fileByteCount: fileByteCount)
    }
  }

  /// Reads the header of a file whose first bytes are in memory.
  ///
  /// - Parameters:
  ///   - start: The file's first bytes, the whole header among them unless the file is shorter.
  ///   - fileByteCount: The size of the whole file, in bytes.
  /// - Returns: The header, found to agree with itself and with the file's size.
  /// - Throws: The first fault found.
  package static func parse(_ start: [UInt8], fileByteCount: Int) throws(HeaderFault) -> SafetensorsHeader {
    let byteCount = try headerByteCount(prefix: start, fileByteCount: fileByteCount)
    precondition(start.count >= prefixByteCount + byteCount, "the whole header is given")
    let header = Array(start[prefixByteCount..<prefixByteCount + byteCount])
    return try SafetensorsHeader(json: header, fileByteCount: fileByteCount)
  }

  /// How many bytes at the start of a file its header takes.
  ///
  /// - Parameters:
  ///   - prefix: The file's first bytes.
  ///   - fileByteCount: The size of the whole file, in bytes.
  /// - Returns: The count, or nil when a fault is to be found in what is given.
  package static func startByteCount(prefix: [UInt8], fileByteCount: Int) -> Int? {
    (try? headerByteCount(prefix: prefix, fileByteCount: fileByteCount)).map { prefixByteCount + $0 }
  }

  /// Finds how long the header is, and that it lies in the file.
  private static func headerByteCount(prefix: [UInt8], fileByteCount: Int) throws(HeaderFault) -> Int {
    guard prefix.count >= prefixByteCount, fileByteCount >= prefixByteCount else {
      throw .tooShort(byteCount: min(prefix.count, fileByteCount))
    }
    let count = prefix.prefix(prefixByteCount).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard count <= UInt64(byteLimit) else { throw .headerTooLarge(byteCount: count, limit: byteLimit) }
    guard count <= UInt64(fileByteCount - prefixByteCount) else {
      throw .headerBeyondFile(byteCount: count, fileByteCount: fileByteCount)
    }
    return Int(count)
  }

  /// Adds the file's path to a fault found in its header.
  private static func naming<Value>(
    _ path: String,
    _ body: () throws(HeaderFault) -> Value
  ) throws(CheckpointError) -> Value {
    do {
      return try body()
    } catch {
      throw .header(file: path, error)
    }
  }
}

/// One tensor of a safetensors file.
package struct TensorEntry: Hashable, Sendable {
  /// What the tensor is.
  package let description: TensorDescription
  /// Where its bytes are, from the start of the file.
  package let byteRange: Range<Int>
}

/// One text of a header's `__metadata__`.
package struct MetadataEntry: Hashable, Sendable {
  /// The key.
  package let key: String
  /// The text.
  package let value: String
}
