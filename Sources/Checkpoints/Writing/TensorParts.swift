internal import Synchronization

/// A tensor that is being written in parts, in any order and from several threads.
package final class TensorParts: Sendable {
  /// The tensor's full name.
  package let name: String
  /// Its bytes, all parts together.
  package var byteCount: Int { range.count }
  private let file: OpenFile
  private let range: Range<Int>
  private let written = Atomic(0)

  init(name: String, file: OpenFile, range: Range<Int>) {
    self.name = name
    self.file = file
    self.range = range
  }

  /// Writes a part; parts do not overlap.
  ///
  /// - Parameters:
  ///   - bytes: The part.
  ///   - offset: Bytes of the tensor before it.
  /// - Throws: `byteCount` for a part that reaches beyond the tensor, `diskFull`, or the system's refusal.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(CheckpointError) {
    guard offset >= 0, offset + bytes.count <= range.count else {
      throw .byteCount(tensor: name, found: offset + bytes.count, expected: range.count)
    }
    try file.write(bytes, at: range.lowerBound + offset)
    written.wrappingAdd(bytes.count, ordering: .relaxed)
  }

  /// Writes a part that is in an array.
  package func write(_ bytes: [UInt8], at offset: Int) throws(CheckpointError) {
    // The closure of `withUnsafeBytes` loses the type of what it throws; a result carries it out.
    let outcome = bytes.withUnsafeBytes { buffer in
      Result { () throws(CheckpointError) in try write(buffer, at: offset) }
    }
    try outcome.get()
  }

  /// Finds that all parts are there, and begins to bring them to the disk.
  func end() throws(CheckpointError) {
    let found = written.load(ordering: .relaxed)
    guard found == range.count else { throw .byteCount(tensor: name, found: found, expected: range.count) }
    file.isDone(with: range)
  }
}
