internal import Glibc

/// A file descriptor that is closed when its owner goes.
final class OpenFile: Sendable {
  let descriptor: Int32
  let path: String

  private init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit {
    close(descriptor)
  }

  /// Opens a regular file to read it.
  ///
  /// - Throws: `missingFile`, `notARegularFile`, or the system's refusal.
  static func reading(_ path: String) throws(CheckpointError) -> OpenFile {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw .missingFile(path: path) }
      throw .system(.open, path)
    }
    let file = OpenFile(descriptor: descriptor, path: path)
    guard try file.status().st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(path: path) }
    return file
  }

  /// Creates a file that must not exist yet, to write it.
  static func creating(_ path: String) throws(CheckpointError) -> OpenFile {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else { throw .system(.create, path) }
    return OpenFile(descriptor: descriptor, path: path)
  }

  /// Opens a file to write and read it, and creates it where there is none.
  static func updating(_ path: String) throws(CheckpointError) -> OpenFile {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else { throw .system(.create, path) }
    let file = OpenFile(descriptor: descriptor, path: path)
    guard try file.status().st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(path: path) }
    return file
  }

  /// Creates a file to write and read whose name is gone at once, and its bytes when it is closed.
  static func scratch(_ path: String) throws(CheckpointError) -> OpenFile {
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system(.create, path) }
    unlink(path)
    return OpenFile(descriptor: descriptor, path: path)
  }

  /// The size in bytes.
  func byteCount() throws(CheckpointError) -> Int {
    Int(try status().st_size)
  }

  /// Reads `count` bytes from `offset` on; fewer when the file ends before.
  func read(count: Int, at offset: Int) throws(CheckpointError) -> [UInt8] {
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      while initializedCount < count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[initializedCount...])
        let got = pread(descriptor, rest.baseAddress, count - initializedCount, off_t(offset + initializedCount))
        if got < 0 && errno == EINTR { continue }
        guard got > 0 else {
          failed = got < 0
          return
        }
        initializedCount += got
      }
    }
    if failed { throw .system(.read, path) }
    return bytes
  }

  /// Writes all of `bytes` from `offset` on.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(CheckpointError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let written = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw failure(of: .write, code: errno, needed: rest.count) }
      done += written
    }
  }

  /// Writes all of `bytes` from `offset` on.
  func write(_ bytes: [UInt8], at offset: Int) throws(CheckpointError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(CheckpointError) in
      try write(UnsafeRawBufferPointer(buffer), at: offset)
    }
  }

  /// Claims disk space for the file's first `byteCount` bytes, which also makes the file that long.
  func allocate(byteCount: Int) throws(CheckpointError) {
    guard byteCount > 0 else { return }
    var code: Int32
    repeat { code = posix_fallocate(descriptor, 0, off_t(byteCount)) } while code == EINTR
    guard code == 0 else { throw failure(of: .allocate, code: code, needed: byteCount) }
  }

  /// Cuts the file off, or lengthens it with zeros.
  func truncate(to byteCount: Int) throws(CheckpointError) {
    guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
      throw failure(of: .write, code: errno, needed: byteCount)
    }
  }

  /// Tells the system that a range that was written is not read again; only a hint.
  ///
  /// It begins to bring the bytes to the disk, and does not keep them when they are there.
  func isDone(with range: Range<Int>) {
    _ = posix_fadvise(descriptor, off_t(range.lowerBound), off_t(range.count), POSIX_FADV_DONTNEED)
  }

  /// Waits until the file's bytes are on the disk.
  func synchronize() throws(CheckpointError) {
    guard fsync(descriptor) == 0 else { throw failure(of: .synchronize, code: errno, needed: 0) }
  }

  /// Takes the file's lock, which the system takes back when the file is closed, however its process ends.
  ///
  /// - Returns: False when another process has it. A file system without locks refuses no one.
  func lock() throws(CheckpointError) -> Bool {
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      switch errno {
      case EINTR: continue
      case EWOULDBLOCK: return false
      case ENOLCK, ENOSYS, EOPNOTSUPP: return true
      default: throw .system(.lock, path)
      }
    }
    return true
  }

  /// Whether the path still leads to this file.
  func isInPlace() throws(CheckpointError) -> Bool {
    let own = try status()
    var found = stat()
    return stat(path, &found) == 0 && found.st_dev == own.st_dev && found.st_ino == own.st_ino
  }

  private func status() throws(CheckpointError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(.examine, path) }
    return status
  }

  private func failure(of operation: SystemFailure.Operation, code: Int32, needed: Int) -> CheckpointError {
    if code == ENOSPC || code == EDQUOT {
      return .diskFull(path: path, needed: needed, available: Folder.availableByteCount(at: path) ?? 0)
    }
    return .system(SystemFailure(operation, path: path, code: code))
  }
}
