/// Floats in a file of their own, bit for bit, and their digest, by which a later process knows that they are all there.
package enum FloatFile {
  /// Claims disk space for floats to come.
  ///
  /// - Throws: `diskFull`, or the system's refusal.
  package static func reserve(_ path: String, count: Int) throws(CheckpointError) {
    try OpenFile.updating(path).allocate(byteCount: count * MemoryLayout<Float>.stride)
  }

  /// Writes floats in place of what stands at a path, and waits until they are on the disk.
  ///
  /// - Returns: Their digest.
  /// - Throws: `diskFull`, or the system's refusal.
  package static func write(_ floats: UnsafeBufferPointer<Float>, to path: String) throws(CheckpointError) -> String {
    let bytes = UnsafeRawBufferPointer(floats)
    let file = try OpenFile.updating(path)
    try file.truncate(to: bytes.count)
    try file.write(bytes, at: 0)
    try file.synchronize()
    let digest = ContentDigest()
    digest.add(bytes)
    return digest.text
  }

  /// Reads floats.
  ///
  /// - Parameters:
  ///   - path: Where they were written.
  ///   - floats: Memory for as many as there were.
  ///   - digest: What writing them gave.
  /// - Returns: Whether they are the same.
  /// - Throws: The system's refusal.
  package static func read(
    _ path: String,
    into floats: UnsafeMutableBufferPointer<Float>,
    digest: String
  ) throws(CheckpointError) -> Bool {
    guard Folder.exists(path) else { return false }
    let source = try MappedFile(path: path)
    let target = UnsafeMutableRawBufferPointer(floats)
    guard source.byteCount == target.count else { return false }
    let found = ContentDigest()
    source.withBytes(in: 0..<source.byteCount) { bytes in
      target.copyMemory(from: bytes)
    }
    found.add(UnsafeRawBufferPointer(target))
    return found.text == digest
  }
}
