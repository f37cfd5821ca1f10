internal import Diagnostics
internal import Glibc

/// Files that must not be there before.
enum NewFile {
  /// Writes a file and syncs it; one that cannot be written whole is taken away again.
  ///
  /// - Parameters:
  ///   - bytes: Its content.
  ///   - path: Where it goes; nothing may stand there, and its folder must be there.
  /// - Throws: `output-exists`, `missing-file` or `unwritable-file` in words.
  static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH)
    guard descriptor >= 0 else { throw failure(path, code: errno) }
    let isWritten = fill(descriptor, with: bytes)
    let code = errno
    guard close(descriptor) == 0, isWritten else {
      unlink(path)
      throw failure(path, code: isWritten ? errno : code)
    }
  }

  private static func fill(_ descriptor: Int32, with bytes: [UInt8]) -> Bool {
    var next = 0
    while next < bytes.count {
      let count = bytes[next...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return false }
      next += count
    }
    return fsync(descriptor) == 0
  }

  private static func failure(_ path: String, code: Int32) -> CommandFailure {
    switch code {
    case EEXIST: CommandFailure(CommandDiagnostics.outputExists(path, as: "file"), status: .usage)
    case ENOENT, ENOTDIR: CommandFailure(CommandDiagnostics.missingOutputParent(path), status: .usage)
    default: FileReplacement.Obstacle.system(path: path, code: code).failure
    }
  }
}
