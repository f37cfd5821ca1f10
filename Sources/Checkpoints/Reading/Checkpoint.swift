internal import Glibc

/// A checkpoint open for reading: headers checked, weight files mapped.
package struct Checkpoint: Sendable {
  /// Configs and headers.
  package let headers: CheckpointHeaders
  private let files: [MappedFile]

  /// Opens a folder.
  ///
  /// - Parameter folder: Path of a checkpoint in the layout of Hugging Face.
  /// - Returns: The checkpoint; its tensors are read when they are asked for.
  /// - Throws: What is missing, malformed or contradictory, naming the file and the tensor.
  package static func open(_ folder: String) throws(CheckpointError) -> Checkpoint {
    try open(try CheckpointHeaders.read(folder))
  }

  /// Opens the folder whose headers have been read.
  ///
  /// - Parameter headers: What `headers(_:)` returned.
  /// - Returns: The checkpoint.
  /// - Throws: `fileChanged` when a file is not as its header was, or the system's refusal.
  package static func open(_ headers: CheckpointHeaders) throws(CheckpointError) -> Checkpoint {
    var files: [MappedFile] = []
    for file in headers.files {
      let path = Folder.path(of: file.name, in: headers.folder)
      let mapped = try MappedFile(path: path)
      guard mapped.byteCount == file.header.fileByteCount else {
        throw .fileChanged(path: path, expected: file.header.fileByteCount, found: mapped.byteCount)
      }
      files.append(mapped)
    }
    return Checkpoint(headers: headers, files: files)
  }

  /// Reads everything of a folder but its weights.
  ///
  /// - Parameter folder: Path of a checkpoint, whose weight files may be sparse behind their headers.
  /// - Returns: Configs and headers.
  /// - Throws: What is missing, malformed or contradictory, naming the file and the tensor.
  package static func headers(_ folder: String) throws(CheckpointError) -> CheckpointHeaders {
    try CheckpointHeaders.read(folder)
  }

  /// A tensor by its full name.
  ///
  /// - Parameter name: Such as `model.norm.weight`.
  /// - Returns: A view on the mapped file.
  /// - Throws: `missingTensor`.
  package func tensor(_ name: String) throws(CheckpointError) -> StoredTensor {
    guard let tensor = tensorIfPresent(name) else { throw .missingTensor(name) }
    return tensor
  }

  /// A tensor by its full name, or nil when there is none.
  package func tensorIfPresent(_ name: String) -> StoredTensor? {
    headers.tensor(name).map { StoredTensor($0, files: files) }
  }
}
