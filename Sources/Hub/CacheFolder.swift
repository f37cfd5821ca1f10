internal import Glibc

/// What a cache asks of the file system.
enum CacheFolder {
  /// Mode bits of new files and folders, of which the process takes its own away.
  private static let (fileMode, folderMode): (mode_t, mode_t) = (0o666, 0o777)

  /// The size of what a path leads to, or nil when it leads nowhere.
  static func byteCount(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  /// Makes a folder and those that it lies in.
  static func make(_ path: String) throws(HubError) {
    if mkdir(path, folderMode) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw refusal("create", path)
    }
    try make(String(path[..<slash]))
    guard mkdir(path, folderMode) == 0 || errno == EEXIST else { throw refusal("create", path) }
  }

  /// Reads a small file; nil when there is none.
  static func read(_ path: String) throws(HubError) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw refusal("open", path)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      guard count >= 0 else { throw refusal("read", path) }
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }

  /// Writes a small file that appears whole.
  static func write(_ text: String, to path: String) throws(HubError) {
    let temporary = "\(path).\(getpid()).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, fileMode)
    guard descriptor >= 0 else { throw refusal("create", temporary) }
    let bytes = Array(text.utf8)
    let isWritten = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } == bytes.count
    guard close(descriptor) == 0, isWritten, rename(temporary, path) == 0 else {
      let failure = refusal("write", path)
      unlink(temporary)
      throw failure
    }
  }

  /// Makes a symbolic link that appears at once, also over an older one.
  static func link(_ path: String, to target: String) throws(HubError) {
    let temporary = "\(path).\(getpid()).tmp"
    unlink(temporary)
    guard symlink(target, temporary) == 0, rename(temporary, path) == 0 else {
      let failure = refusal("link", path)
      unlink(temporary)
      throw failure
    }
  }

  /// Bytes that an ordinary user may still write there.
  static func availableByteCount(at path: String) -> Int? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let (product, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
    return overflow ? .max : product
  }

  /// The error for the current `errno`.
  static func refusal(_ operation: String, _ path: String) -> HubError {
    .system(operation: operation, path: path, code: errno)
  }
}

/// A lock that huggingface_hub heeds too: `flock` on a file beside the cache's folders.
final class FileLock {
  private let descriptor: Int32

  /// Microseconds between attempts.
  private static let pause: UInt32 = 100_000

  /// Waits until nobody else has the lock.
  ///
  /// - Parameters:
  ///   - path: The lock's file, in a folder that is there.
  ///   - isInterrupted: Asked while waiting.
  /// - Throws: The system's refusal, or `interrupted`.
  init(_ path: String, isInterrupted: () -> Bool) throws(HubError) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw CacheFolder.refusal("lock", path) }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      let isTaken = code == EWOULDBLOCK || code == EINTR
      guard isTaken, !isInterrupted() else {
        close(descriptor)
        throw isTaken ? .interrupted : .system(operation: "lock", path: path, code: code)
      }
      usleep(Self.pause)
    }
  }

  deinit { close(descriptor) }
}
