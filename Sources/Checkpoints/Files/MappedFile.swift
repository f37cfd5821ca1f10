internal import Glibc

/// A regular file mapped into memory, to be read only.
///
/// The mapping lives as long as the object. A file that is truncated by someone else meanwhile makes reading beyond its
/// new end a bus error, as with every mapping.
///
/// Unchecked: the only stored pointer is never written through and never changes, the pages are mapped read-only, and
/// the mapping is undone in `deinit` alone, when no other thread can hold the object.
package final class MappedFile: @unchecked Sendable {
  /// The path that was opened.
  package let path: String
  private let bytes: UnsafeRawBufferPointer

  /// Maps the whole file.
  ///
  /// - Parameter path: Path of a regular file.
  /// - Throws: `missingFile`, `notARegularFile`, or the system's refusal.
  package init(path: String) throws(CheckpointError) {
    let file = try OpenFile.reading(path)
    let count = try file.byteCount()
    self.path = path
    guard count > 0 else {
      // Zero bytes cannot be mapped.
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, file.descriptor, 0), base != MAP_FAILED else {
      throw .system(.map, path)
    }
    bytes = UnsafeRawBufferPointer(start: base, count: count)
  }

  deinit {
    if let base = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
    }
  }

  /// The size of the file, in bytes.
  package var byteCount: Int { bytes.count }

  /// Calls `body` with the bytes of a range of the file; they must not outlive the call.
  ///
  /// - Precondition: `range` lies in the file.
  package func withBytes<Value, Failure: Error>(
    in range: Range<Int>,
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "the range lies in the file")
    return try withExtendedLifetime(self) { () throws(Failure) in
      try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }

  /// Asks the system to read a range ahead; only a hint.
  package func willNeed(_ range: Range<Int>) {
    advise(MADV_WILLNEED, range)
  }

  /// Gives the memory of a range back to the system; it is read again from the file when touched.
  ///
  /// So is that of the neighbouring pages which the system maps unasked with each page that is touched, a whole huge page at
  /// most; otherwise what nobody needs would grow with the number of ranges.
  package func dontNeed(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "the range lies in the file")
    guard let base = bytes.baseAddress, !range.isEmpty else { return }
    let address = Int(bitPattern: base)
    let start = (address + range.lowerBound) / Self.hugePageSize * Self.hugePageSize
    let end = (address + range.upperBound + Self.hugePageSize - 1) / Self.hugePageSize * Self.hugePageSize
    advise(MADV_DONTNEED, max(0, start - address)..<min(byteCount, end - address))
  }

  /// Bytes of the larger pages of x86-64 and arm64.
  private static let hugePageSize = 1 << 21

  private func advise(_ advice: Int32, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "the range lies in the file")
    guard let base = bytes.baseAddress, !range.isEmpty else { return }
    let start = range.lowerBound / Self.pageSize * Self.pageSize
    // Advice is a hint: when the system does not take it, nothing is lost but time.
    _ = madvise(UnsafeMutableRawPointer(mutating: base + start), range.upperBound - start, advice)
  }

  private static let pageSize = sysconf(Int32(_SC_PAGESIZE))
}
