/// Turns libyaml's places, which count code points (a byte order mark too), into byte offsets.
struct OffsetTable {
  /// The byte offset of each code point and of the end; nil for ASCII, where both are equal.
  private let offsets: [Int]?
  private let byteCount: Int

  init(_ bytes: [UInt8]) {
    byteCount = bytes.count
    guard bytes.contains(where: { $0 >= 0x80 }) else {
      offsets = nil
      return
    }
    var offsets: [Int] = []
    offsets.reserveCapacity(bytes.count)
    for index in bytes.indices where bytes[index] & 0xC0 != 0x80 { offsets.append(index) }
    offsets.append(bytes.count)
    self.offsets = offsets
  }

  /// The byte offset of a code point; beyond the last one it is the end.
  func byte(_ codePoint: Int) -> Int {
    guard let offsets else { return min(codePoint, byteCount) }
    return codePoint < offsets.count ? offsets[codePoint] : byteCount
  }
}
