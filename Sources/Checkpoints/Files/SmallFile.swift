internal import JSONDocuments

/// Text files that stand beside weights and are read whole.
enum SmallFile {
  /// The most bytes that are read of one file.
  static let byteLimit = 256 << 20

  /// Reads a whole file.
  static func read(_ path: String) throws(CheckpointError) -> [UInt8] {
    let file = try OpenFile.reading(path)
    let count = try file.byteCount()
    guard count <= byteLimit else { throw .fileTooLarge(path: path, byteCount: count, limit: byteLimit) }
    let bytes = try file.read(count: count, at: 0)
    guard bytes.count == count else { throw .fileChanged(path: path, expected: count, found: bytes.count) }
    return bytes
  }

  /// Reads a JSON file whose value is an object.
  static func readObject(_ path: String) throws(CheckpointError) -> JSON {
    let bytes = try read(path)
    let value: JSON
    do {
      value = try JSON.parse(bytes)
    } catch {
      throw .json(file: path, error)
    }
    guard value.object != nil else { throw .notAnObject(file: path) }
    return value
  }
}
