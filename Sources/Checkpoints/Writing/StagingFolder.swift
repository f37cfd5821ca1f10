internal import Glibc

/// A folder with a hidden name beside its final name, which it gets when everything is in it.
final class StagingFolder: Sendable {
  /// The folder's path until it is moved.
  let path: String
  private let destination: String
  private let parent: String

  /// How often another random name is tried when one is taken.
  private static let attemptLimit = 8

  /// Creates the folder.
  ///
  /// - Parameter destination: The final path; nothing may stand there but an empty folder.
  /// - Throws: `destinationExists`, or the system's refusal.
  init(for destination: String) throws(CheckpointError) {
    let (parent, name) = Folder.split(destination)
    guard Folder.isPlainName(name) else { throw .fileName(destination) }
    guard try Self.isFree(destination) else { throw .destinationExists(path: destination) }
    var path = ""
    for attempt in 1...Self.attemptLimit {
      path = Folder.path(of: ".\(name).partial-\(String(UInt64.random(in: 0 ... .max), radix: 36))", in: parent)
      if mkdir(path, 0o777) == 0 { break }
      guard errno == EEXIST, attempt < Self.attemptLimit else { throw .system(.create, path) }
    }
    self.path = path
    self.destination = destination
    self.parent = parent
  }

  /// Gives the folder its final name, in one step.
  ///
  /// - Throws: `destinationExists` when something came to stand there meanwhile.
  func move() throws(CheckpointError) {
    try Folder.synchronize(path)
    // rename(2) replaces an empty folder and refuses anything else.
    guard rename(path, destination) == 0 else {
      if [EEXIST, ENOTEMPTY, ENOTDIR].contains(errno) { throw .destinationExists(path: destination) }
      throw .system(.rename, destination)
    }
    try Folder.synchronize(parent)
  }

  /// Removes the folder and the files in it; what cannot be removed stays.
  func remove() {
    for name in (try? Folder.names(in: path)) ?? [] {
      Folder.removeFile(Folder.path(of: name, in: path))
    }
    rmdir(path)
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
