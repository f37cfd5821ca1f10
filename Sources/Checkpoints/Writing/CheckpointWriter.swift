internal import Synchronization

/// Writes a checkpoint that appears whole or not at all.
///
/// Everything goes into a hidden folder beside the final name. Disk space is claimed and headers are written at once;
/// tensors may then come in any order and from several threads. `finish()` gives the checkpoint its name. When the writer is
/// discarded, or goes unfinished, the hidden folder is removed; when the writer leaves it, another one can go on.
package final class CheckpointWriter: Sendable {
  /// Where every tensor goes.
  package let layout: SafetensorsLayout
  private let staging: StagingFolder
  private let weightFiles: [OpenFile]
  private let progress = Mutex(Progress())

  private struct Progress {
    var claimedTensors: Set<String> = []
    var writtenTensors: Set<String> = []
    /// Tensors that were written since they were last on the disk.
    var freshTensors: [String] = []
    var isOver = false
  }

  /// Creates the hidden folder, claims space for all weights and writes headers and the shard index.
  ///
  /// - Parameters:
  ///   - destination: The final path; nothing may stand there but an empty folder, and its parent exists.
  ///   - layout: The tensors to come.
  /// - Throws: `destinationExists`, `diskFull`, or the system's refusal; nothing is left behind then.
  package convenience init(destination: String, layout: SafetensorsLayout) throws(CheckpointError) {
    try self.init(in: StagingFolder(for: destination), layout: layout)
  }

  /// Begins in a hidden folder that is already there; what it holds is removed.
  ///
  /// - Throws: `diskFull`, or the system's refusal; the folder is removed then.
  package init(in staging: StagingFolder, layout: SafetensorsLayout) throws(CheckpointError) {
    self.layout = layout
    do {
      try staging.clear()
      weightFiles = try Self.prepare(layout, in: staging.checkpointPath)
    } catch {
      staging.remove()
      throw error
    }
    self.staging = staging
  }

  /// Goes on in a hidden folder that another writer has left.
  ///
  /// - Parameters:
  ///   - staging: The folder.
  ///   - layout: The layout that the other writer had.
  ///   - written: Tensors that were on the disk.
  /// - Throws: `missingFile` or `fileChanged` for a weight file that is not as it was left, or the system's refusal; the folder
  ///   stays as it is then.
  package init(
    continuing staging: StagingFolder,
    layout: SafetensorsLayout,
    written: Set<String>
  ) throws(CheckpointError) {
    self.layout = layout
    self.staging = staging
    weightFiles = try Self.reopen(layout, in: staging.checkpointPath)
    progress.withLock { progress in
      progress.claimedTensors = written
      progress.writtenTensors = written
    }
  }

  deinit {
    discard()
  }

  /// The path of the hidden folder.
  package var stagingPath: String { staging.path }

  /// Writes a tensor at its place.
  ///
  /// - Parameters:
  ///   - name: The full name of a tensor of the layout.
  ///   - bytes: Its elements, row-major and little-endian.
  /// - Throws: `missingTensor` for a name that is not in the layout, `byteCount`, `writtenTwice`, `diskFull`, or the
  ///   system's refusal.
  package func write(_ name: String, bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    guard let (file, entry) = layout.location(of: name) else { throw .missingTensor(name) }
    guard bytes.count == entry.byteRange.count else {
      throw .byteCount(tensor: name, found: bytes.count, expected: entry.byteRange.count)
    }
    try claim(name)
    do {
      try weightFiles[file].write(bytes, at: entry.byteRange.lowerBound)
    } catch {
      progress.withLock { _ = $0.claimedTensors.remove(name) }
      throw error
    }
    weightFiles[file].isDone(with: entry.byteRange)
    isWritten(name)
  }

  private func isWritten(_ name: String) {
    progress.withLock { progress in
      progress.writtenTensors.insert(name)
      progress.freshTensors.append(name)
    }
  }

  /// Begins a tensor that comes in parts; it is written once `end(_:)` was called.
  ///
  /// - Throws: `missingTensor` for a name that is not in the layout, or `writtenTwice`.
  package func begin(_ name: String) throws(CheckpointError) -> TensorParts {
    guard let (file, entry) = layout.location(of: name) else { throw .missingTensor(name) }
    try claim(name)
    return TensorParts(name: name, file: weightFiles[file], range: entry.byteRange)
  }

  /// Ends a tensor that came in parts.
  ///
  /// - Throws: `byteCount` when parts are missing.
  package func end(_ parts: TensorParts) throws(CheckpointError) {
    try parts.end()
    isWritten(parts.name)
  }

  private func claim(_ name: String) throws(CheckpointError) {
    guard progress.withLock({ !$0.isOver && $0.claimedTensors.insert(name).inserted }) else {
      throw .writtenTwice(name)
    }
  }

  /// Writes a tensor whose bytes are in an array.
  package func write(_ name: String, bytes: [UInt8]) throws(CheckpointError) {
    // The closure of `withUnsafeBytes` loses the type of what it throws; a result carries it out.
    let outcome = bytes.withUnsafeBytes { buffer in
      Result { () throws(CheckpointError) in try write(name, bytes: buffer) }
    }
    try outcome.get()
  }

  /// Writes a tensor with the bytes it has in another checkpoint.
  ///
  /// - Parameters:
  ///   - tensor: A tensor whose type and shape are in the layout.
  ///   - name: The name it is written under; its own when nil.
  /// - Throws: As `write(_:bytes:)`; `elementType` or `shape` when the layout has another.
  package func copy(_ tensor: StoredTensor, as name: String? = nil) throws(CheckpointError) {
    let name = name ?? tensor.description.name
    try check(tensor.description, fits: name)
    try tensor.withBytes { (bytes) throws(CheckpointError) in try write(name, bytes: bytes) }
  }

  /// Begins to write a tensor, in parts, with the bytes it has in another checkpoint.
  ///
  /// - Throws: As `begin(_:)`; `elementType` or `shape` when the layout has another.
  package func beginCopy(of tensor: StoredTensor, as name: String) throws(CheckpointError) -> TensorParts {
    try check(tensor.description, fits: name)
    return try begin(name)
  }

  private func check(_ found: TensorDescription, fits name: String) throws(CheckpointError) {
    guard let expected = layout.location(of: name)?.entry.description else { throw .missingTensor(name) }
    guard found.elementType == expected.elementType else {
      throw .elementType(tensor: found.name, found: found.elementType, expected: [expected.elementType])
    }
    guard found.shape == expected.shape else {
      throw .shape(tensor: found.name, found: found.shape, expected: expected.shape)
    }
  }

  /// Writes another file of the checkpoint, such as config.json.
  ///
  /// - Parameters:
  ///   - name: A plain file name, none of the layout's.
  ///   - bytes: The whole content.
  /// - Throws: `fileName`, `writtenTwice`, `diskFull`, or the system's refusal.
  package func writeFile(_ name: String, bytes: [UInt8]) throws(CheckpointError) {
    guard Folder.isPlainName(name) else { throw .fileName(name) }
    try Self.createFile(name, in: staging.checkpointPath) { (file) throws(CheckpointError) in
      try file.write(bytes, at: 0)
    }
  }

  /// Copies what stands beside the weights of another checkpoint: tokenizer, chat template, licence, code.
  ///
  /// Left out are weights, indexes, config.json, hidden files, folders, links that lead out of the folder, files that
  /// were already written here, and `excluded`.
  ///
  /// - Parameters:
  ///   - folder: The other checkpoint.
  ///   - excluded: Names that are not copied, such as those still to be written.
  /// - Returns: What was copied and what was left out, in name order.
  /// - Throws: The system's refusal, or `diskFull`.
  package func copyCompanions(
    from folder: String,
    excluding excluded: Set<String> = []
  ) throws(CheckpointError) -> CompanionFiles {
    let present = try Folder.names(in: staging.checkpointPath)
    let companions = try CompanionFiles.find(in: folder, excluding: excluded.union(present))
    for name in companions.copied {
      let source = try MappedFile(path: Folder.path(of: name, in: folder))
      try Self.createFile(name, in: staging.checkpointPath) { (file) throws(CheckpointError) in
        try source.withBytes(in: 0..<source.byteCount) { (bytes) throws(CheckpointError) in
          try file.write(bytes, at: 0)
        }
      }
    }
    return companions
  }

  /// Waits until all tensors are on the disk that were written so far.
  ///
  /// - Returns: Those that were written since the last time.
  /// - Throws: The system's refusal.
  package func synchronize() throws(CheckpointError) -> [String] {
    let fresh = progress.withLock { progress in
      defer { progress.freshTensors = [] }
      return progress.freshTensors
    }
    for file in Set(fresh.compactMap { layout.location(of: $0)?.file }) {
      try weightFiles[file].synchronize()
    }
    return fresh
  }

  /// Waits until everything is on the disk and gives the checkpoint its name.
  ///
  /// - Throws: `unwritten` when tensors are missing, `destinationExists`, or the system's refusal. The writer can still
  ///   be used, or finished again, after an error.
  package func finish() throws(CheckpointError) {
    let missing = progress.withLock { progress in
      precondition(!progress.isOver, "a writer finishes once")
      return layout.files.flatMap { file in
        file.tensors.map(\.description.name).filter { !progress.writtenTensors.contains($0) }
      }
    }
    guard missing.isEmpty else { throw .unwritten(missing) }
    for file in weightFiles {
      try file.synchronize()
    }
    try staging.move()
    progress.withLock { $0.isOver = true }
  }

  /// Removes everything written, unless the writer has finished.
  package func discard() {
    let wasOver = progress.withLock { progress in
      defer { progress.isOver = true }
      return progress.isOver
    }
    if !wasOver { staging.remove() }
  }

  /// Leaves everything as it is, for another writer to go on.
  package func leave() { progress.withLock { $0.isOver = true } }

  private static func prepare(_ layout: SafetensorsLayout, in folder: String) throws(CheckpointError) -> [OpenFile] {
    // Asked first, because claiming space can itself take long where the file system has no quick way.
    if let available = Folder.availableByteCount(at: folder), available < layout.fileByteCount {
      throw .diskFull(path: folder, needed: layout.fileByteCount, available: available)
    }
    var files: [OpenFile] = []
    for file in layout.files {
      let open = try OpenFile.creating(Folder.path(of: file.name, in: folder))
      try open.allocate(byteCount: file.byteCount)
      try open.write(file.header, at: 0)
      files.append(open)
    }
    try writeIndex(of: layout, in: folder)
    return files
  }

  private static func reopen(_ layout: SafetensorsLayout, in folder: String) throws(CheckpointError) -> [OpenFile] {
    var files: [OpenFile] = []
    for file in layout.files {
      let path = Folder.path(of: file.name, in: folder)
      guard Folder.exists(path) else { throw .missingFile(path: path) }
      let open = try OpenFile.updating(path)
      let found = try open.byteCount()
      guard found == file.byteCount else { throw .fileChanged(path: path, expected: file.byteCount, found: found) }
      try open.write(file.header, at: 0)
      files.append(open)
    }
    // All else is written at the end of the work, quickly and anew.
    Folder.removeFiles(in: folder, except: Set(layout.files.map(\.name)))
    try writeIndex(of: layout, in: folder)
    return files
  }

  private static func writeIndex(of layout: SafetensorsLayout, in folder: String) throws(CheckpointError) {
    guard let index = layout.index else { return }
    try createFile(ShardIndex.fileName, in: folder) { (file) throws(CheckpointError) in
      try file.write(Array(index.utf8), at: 0)
    }
  }

  private static func createFile(
    _ name: String,
    in folder: String,
    fill: (OpenFile) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let path = Folder.path(of: name, in: folder)
    guard !Folder.exists(path) else { throw .writtenTwice(name) }
    let file = try OpenFile.creating(path)
    do {
      try fill(file)
      try file.synchronize()
    } catch {
      Folder.removeFile(path)
      throw error
    }
  }
}
