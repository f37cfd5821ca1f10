internal import Glibc

/// The hidden folder beside a checkpoint's final name in which it lies until it is whole, with all that is needed to go on
/// after a crash: `.NAME.partial`.
///
/// One process has it at a time. What it leaves there when it dies, the next one finds.
package final class StagingFolder: Sendable {
  /// The folder's path.
  package let path: String
  /// The path of the checkpoint in it, which moves to the final name.
  package let checkpointPath: String
  private let destination: String
  private let parent: String
  private let lock: OpenFile

  private static let lockName = "lock"
  /// How often the folder is made again when the process that had it is just removing it.
  private static let attemptLimit = 8

  /// Opens the folder, or makes it.
  ///
  /// - Parameter destination: The final path; nothing may stand there but an empty folder.
  /// - Throws: `destinationExists`, `inUse`, or the system's refusal.
  package convenience init(for destination: String) throws(CheckpointError) {
    guard Folder.isPlainName(Folder.split(destination).name) else { throw .fileName(destination) }
    guard try Self.isFree(destination) else { throw .destinationExists(path: destination) }
    try self.init(beside: destination)
  }

  private init(beside destination: String) throws(CheckpointError) {
    self.destination = destination
    path = Self.path(beside: destination)
    parent = Folder.split(destination).parent
    checkpointPath = Folder.path(of: "checkpoint", in: path)
    lock = try Self.locked(path)
  }

  /// Removes the folder where its checkpoint has got its name and the process died before it could remove the rest.
  package static func removeRemains(beside destination: String) {
    guard Folder.exists(path(beside: destination)), let folder = try? StagingFolder(beside: destination),
      !folder.holdsCheckpoint
    else { return }
    folder.remove()
  }

  private static func path(beside destination: String) -> String {
    let (parent, name) = Folder.split(destination)
    return Folder.path(of: ".\(name).partial", in: parent)
  }

  private static func locked(_ path: String) throws(CheckpointError) -> OpenFile {
    for _ in 0..<attemptLimit {
      guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw .system(.create, path) }
      let lock: OpenFile
      do {
        lock = try OpenFile.updating(Folder.path(of: lockName, in: path))
      } catch .system(let failure) where failure.code == ENOENT {
        continue
      }
      guard try lock.lock() else { throw .inUse(path: path) }
      if try lock.isInPlace() { return lock }
    }
    throw .inUse(path: path)
  }

  /// The path of a file in the folder that is no part of the checkpoint.
  package func notePath(_ name: String) -> String { Folder.path(of: name, in: path) }

  /// Whether a checkpoint was begun in the folder.
  package var holdsCheckpoint: Bool { Folder.exists(checkpointPath) }

  /// Removes what an earlier process has left, and makes an empty folder for the checkpoint.
  func clear() throws(CheckpointError) {
    removeContents()
    guard mkdir(checkpointPath, 0o777) == 0 else { throw .system(.create, checkpointPath) }
  }

  /// Gives the checkpoint its final name, in one step, and removes the rest.
  ///
  /// - Throws: `destinationExists` when something came to stand there meanwhile.
  func move() throws(CheckpointError) {
    try Folder.synchronize(checkpointPath)
    // rename(2) replaces an empty folder and refuses anything else.
    guard rename(checkpointPath, destination) == 0 else {
      if [EEXIST, ENOTEMPTY, ENOTDIR].contains(errno) { throw .destinationExists(path: destination) }
      throw .system(.rename, destination)
    }
    try Folder.synchronize(parent)
    remove()
  }

  /// Removes the folder and the files in it; what cannot be removed stays.
  package func remove() {
    removeContents()
    Folder.removeFile(lock.path)
    rmdir(path)
  }

  private func removeContents() {
    Folder.removeFiles(in: checkpointPath)
    rmdir(checkpointPath)
    Folder.removeFiles(in: path, except: [Self.lockName])
  }

  private static func isFree(_ path: String) throws(CheckpointError) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      // A missing or unreachable parent is found, and named, when the folder is created.
      return true
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return false }
    return try Folder.names(in: path).isEmpty
  }
}
