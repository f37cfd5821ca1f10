internal import Glibc

/// Memory that lies in a file, for what is too large to stay resident.
///
/// The file has no name: it is gone when its owner is, whatever happens. Its disk space is claimed at once, so that
/// writing to the memory cannot fail for want of it.
///
/// Unchecked: the mapping never moves or shrinks and is undone in `deinit` alone; who writes where is its users' part, as with
/// any memory.
package final class ScratchMapping: @unchecked Sendable {
  /// The first byte.
  package let start: UnsafeMutableRawPointer
  /// The size in bytes.
  package let byteCount: Int

  /// Makes memory of zeros.
  ///
  /// - Parameters:
  ///   - byteCount: Bytes, more than none.
  ///   - folder: Where the disk space is taken.
  /// - Throws: `diskFull`, or the system's refusal.
  package init(byteCount: Int, in folder: String) throws(CheckpointError) {
    precondition(byteCount > 0, "zero bytes cannot be mapped")
    let path = Folder.path(of: ".activations", in: folder)
    let file = try OpenFile.scratch(path)
    try file.allocate(byteCount: byteCount)
    guard let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor, 0), base != MAP_FAILED
    else { throw .system(.map, path) }
    start = base
    self.byteCount = byteCount
  }

  deinit {
    munmap(start, byteCount)
  }

  /// Takes all pages out of this process's memory: the system writes them to the disk when it wants their room, and whoever
  /// touches one has it back.
  package func release() {
    // A shared mapping's pages are the file's: dropping them from the process loses nothing.
    _ = madvise(start, byteCount, MADV_DONTNEED)
  }
}
