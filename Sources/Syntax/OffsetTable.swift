import Diagnostics

/// Turns libyaml's places, which count the code points of the part it was given, into byte offsets of the file.
struct OffsetTable {
  /// The byte offset of each code point and of the end; nil for ASCII, where they count alike.
  private let offsets: [Int]?
  private let part: SourceSpan

  init(_ bytes: [UInt8], part: SourceSpan) {
    self.part = part
    guard bytes[part.start..<part.end].contains(where: { $0 >= 0x80 }) else {
      offsets = nil
      return
    }
    var offsets: [Int] = []
    offsets.reserveCapacity(part.end - part.start + 1)
    for index in part.start..<part.end where bytes[index] & 0xC0 != 0x80 { offsets.append(index) }
    offsets.append(part.end)
    self.offsets = offsets
  }

  /// The byte offset of a code point; beyond the last one it is the end.
  func byte(_ codePoint: Int) -> Int {
    guard let offsets else { return min(part.start + codePoint, part.end) }
    return codePoint < offsets.count ? offsets[codePoint] : part.end
  }
}
