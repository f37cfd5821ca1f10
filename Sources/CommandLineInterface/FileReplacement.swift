internal import Glibc

/// Puts new content in the place of a file's, wholly or not at all.
package enum FileReplacement {
  /// Why a file keeps its content.
  package enum Obstacle: Error {
    /// The path leads to no regular file.
    case notRegular(path: String)
    /// The system refused a step.
    case system(path: String, code: Int32)

    /// The obstacle in words.
    package var failure: CommandFailure {
      switch self {
      case .notRegular(let path):
        CommandFailure(CommandDiagnostics.unwritableFile(path, reason: "not a regular file"), status: .machineFailed)
      case .system(let path, let code):
        CommandFailure(
          CommandDiagnostics.unwritableFile(path, reason: String(cString: strerror(code))),
          status: .machineFailed
        )
      }
    }
  }

  /// Writes a new file beside the old one, syncs it and renames it over the old one.
  ///
  /// The mode stays and, where the system allows it, the owner. What a symbolic link leads to is replaced, not the link.
  package static func write(_ bytes: [UInt8], to path: String) throws(Obstacle) {
    guard let resolved = realpath(path, nil) else { throw .system(path: path, code: errno) }
    defer { free(resolved) }
    let target = String(cString: resolved)
    var status = stat()
    guard stat(target, &status) == 0 else { throw .system(path: path, code: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular(path: path) }
    // Renaming would get around a file's own protection.
    guard access(target, W_OK) == 0 else { throw .system(path: path, code: errno) }

    let folder = String(target.prefix(upTo: target.lastIndex(of: "/") ?? target.startIndex))
    var template = Array("\(folder)/.pare-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw .system(path: path, code: errno) }
    guard fill(descriptor, with: bytes, like: status), rename(template, target) == 0 else {
      let code = errno
      unlink(template)
      throw .system(path: path, code: code)
    }
    // The new name is there in any case; syncing the folder makes it outlive a loss of power.
    let folderDescriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folderDescriptor >= 0 {
      fsync(folderDescriptor)
      close(folderDescriptor)
    }
  }

  /// Writes, gives mode and owner, syncs and closes; false leaves the reason in `errno`.
  private static func fill(_ descriptor: Int32, with bytes: [UInt8], like status: stat) -> Bool {
    func attempt() -> Bool {
      var next = 0
      while next < bytes.count {
        let count = bytes[next...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return false }
        next += count
      }
      // Only a privileged process may give a file away; another one keeps it, as an editor would.
      _ = fchown(descriptor, status.st_uid, status.st_gid)
      let permissions = status.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO)
      return fchmod(descriptor, permissions) == 0 && fsync(descriptor) == 0
    }
    let isDone = attempt()
    let code = errno
    guard close(descriptor) == 0 || !isDone else { return false }
    errno = code
    return isDone
  }
}
