/// Distinct byte strings, numbered in the order they came.
struct ByteStringTable: Sendable {
  private struct Entry {
    var hash: UInt64
    var start: Int
    var count: Int
  }

  private var storage: [UInt8] = []
  private var entries: [Entry] = []
  /// Entry numbers plus one, 0 where free; a power of two of them, at most half in use.
  private var slots: [UInt32]

  /// An empty table with room for `capacity` strings before it grows.
  init(capacity: Int = 0) {
    var size = 16
    while size < 2 * capacity { size *= 2 }
    slots = Array(repeating: 0, count: size)
    entries.reserveCapacity(capacity)
  }

  /// How many strings there are.
  var count: Int { entries.count }

  /// The number of a string, or nil when it is not here.
  func index(of bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    let slot = slot(of: bytes, hash: Self.hash(bytes))
    return slots[slot] == 0 ? nil : Int(slots[slot]) - 1
  }

  /// The string of a number.
  subscript(index: Int) -> ArraySlice<UInt8> {
    storage[entries[index].start..<(entries[index].start + entries[index].count)]
  }

  /// The number of a string, or nil when it is not here.
  func index(of text: String) -> Int? {
    var text = text
    return text.withUTF8 { index(of: $0) }
  }

  /// The number of a string, which is added if it is new.
  mutating func insert(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let hash = Self.hash(bytes)
    let slot = slot(of: bytes, hash: hash)
    if slots[slot] != 0 { return Int(slots[slot]) - 1 }
    entries.append(Entry(hash: hash, start: storage.count, count: bytes.count))
    storage.append(contentsOf: bytes)
    slots[slot] = UInt32(entries.count)
    if entries.count * 2 > slots.count { grow() }
    return entries.count - 1
  }

  /// Forgets every string but keeps the memory.
  mutating func removeAll() {
    storage.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    for index in slots.indices { slots[index] = 0 }
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    let mask = slots.count - 1
    for (index, entry) in entries.enumerated() {
      var slot = Int(truncatingIfNeeded: entry.hash) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(index + 1)
    }
  }

  private func slot(of bytes: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let entry = entries[Int(slots[slot]) - 1]
      if entry.hash == hash && entry.count == bytes.count && isEqual(entry, bytes) { return slot }
      slot = (slot + 1) & mask
    }
    return slot
  }

  private func isEqual(_ entry: Entry, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    storage.withUnsafeBufferPointer { stored in
      for index in 0..<entry.count where stored[entry.start &+ index] != bytes[index] { return false }
      return true
    }
  }

  /// Eight bytes at a time: multiply, then fold the high half onto the low one.
  private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let raw = UnsafeRawBufferPointer(bytes)
    var hash = UInt64(truncatingIfNeeded: bytes.count) &* 0x9E37_79B9_7F4A_7C15
    var index = 0
    while index + 8 <= raw.count {
      hash = mix(hash ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      index += 8
    }
    var tail: UInt64 = 0
    while index < raw.count {
      tail = tail << 8 | UInt64(raw[index])
      index += 1
    }
    return mix(hash ^ tail)
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return product.high ^ product.low
  }
}
