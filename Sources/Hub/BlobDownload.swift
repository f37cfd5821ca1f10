internal import Glibc

/// A blob that is being written: the bytes so far stand beside its place, from one run to the next.
final class BlobDownload {
  let file: RemoteFile
  /// How many bytes are there.
  private(set) var byteCount: Int
  private let path: String
  private let destination: String
  private let descriptor: Int32
  private var digest: Digest

  private static let bufferSize = 1 << 20

  /// Opens what there is of a blob, and hashes it.
  ///
  /// - Parameters:
  ///   - file: What is downloaded.
  ///   - blobs: The folder of blobs.
  /// - Throws: The system's refusal.
  init(_ file: RemoteFile, in blobs: String) throws(HubError) {
    self.file = file
    path = file.incomplete(in: blobs)
    destination = file.blob(in: blobs)
    digest = file.checksum.digest
    byteCount = 0
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw CacheFolder.refusal("create", path) }
    var buffer = [UInt8](repeating: 0, count: Self.bufferSize)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      guard count >= 0 else { throw CacheFolder.refusal("read", path) }
      if count == 0 { break }
      buffer.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      byteCount += count
    }
    if byteCount > file.byteCount { try restart() }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Gives up what there is.
  func restart() throws(HubError) {
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw CacheFolder.refusal("write", path)
    }
    digest = file.checksum.digest
    byteCount = 0
  }

  /// Takes the next bytes.
  func append(_ bytes: UnsafeRawBufferPointer) throws(HubError) {
    guard byteCount + bytes.count <= file.byteCount else {
      throw .malformedAnswer(
        url: file.url,
        fault: "there are more bytes than the \(file.byteCount) that were announced"
      )
    }
    var rest = bytes
    while !rest.isEmpty {
      let count = write(descriptor, rest.baseAddress, rest.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        if errno == ENOSPC || errno == EDQUOT {
          throw .diskFull(
            path: path,
            needed: file.byteCount - byteCount,
            available: CacheFolder.availableByteCount(at: path) ?? 0
          )
        }
        throw CacheFolder.refusal("write", path)
      }
      byteCount += count
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    digest.update(bytes)
  }

  /// Puts the blob into its place if its hash is right; otherwise nothing is left of it.
  func finish() throws(HubError) {
    let found = digest.finished()
    guard found == file.checksum.text else {
      unlink(path)
      throw .checksum(file: file.name, expected: file.checksum.text, found: found)
    }
    guard fsync(descriptor) == 0, rename(path, destination) == 0 else {
      throw CacheFolder.refusal("write", destination)
    }
  }
}
