/// Which pairs of tokens merge, how early, and into what.
struct MergeTable: Sendable {
  /// One merge: the lower the rank, the earlier it is done.
  struct Merge: Sendable {
    var rank: UInt32
    var token: Int32
  }

  /// `left << 32 | right`; the unused key is free.
  private var keys: [UInt64]
  private var merges: [Merge]
  private let mask: Int

  private static let unused = UInt64.max

  /// An empty table for at most `capacity` merges.
  init(capacity: Int) {
    var size = 16
    while size < 2 * capacity { size *= 2 }
    keys = Array(repeating: Self.unused, count: size)
    merges = Array(repeating: Merge(rank: 0, token: 0), count: size)
    mask = size - 1
  }

  /// Sets what a pair merges into, in place of what was said before.
  mutating func set(_ left: Int32, _ right: Int32, _ merge: Merge) {
    let slot = slot(of: Self.key(left, right))
    keys[slot] = Self.key(left, right)
    merges[slot] = merge
  }

  /// The merge of a pair, if it has one.
  @inline(__always)
  func merge(_ left: Int32, _ right: Int32) -> Merge? {
    let slot = slot(of: Self.key(left, right))
    return keys[slot] == Self.unused ? nil : merges[slot]
  }

  @inline(__always)
  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    let product = key.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    var slot = Int(truncatingIfNeeded: product.high ^ product.low) & mask
    while keys[slot] != key && keys[slot] != Self.unused { slot = (slot &+ 1) & mask }
    return slot
  }
}
