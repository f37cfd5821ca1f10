/// Turns simdjson's tape into values.
///
/// Each tape word has a letter in its top byte and a payload below; numbers take a second word. Containers name the
/// word behind their end in the low 32 bits and, saturating, their count in the next 24.
struct TapeReader {
  private let tape: UnsafePointer<UInt64>
  private let strings: UnsafePointer<UInt8>
  private var index = 1
  private var isSound = true

  init(tape: UnsafePointer<UInt64>, strings: UnsafePointer<UInt8>) {
    self.tape = tape
    self.strings = strings
  }

  /// The document's value, or nil when it holds an integer or a string that no ``JSON`` can stand for.
  mutating func document() -> JSON? {
    let value = value()
    return isSound ? value : nil
  }

  private mutating func value() -> JSON {
    let word = tape[index]
    index += 1
    switch UInt8(truncatingIfNeeded: word >> 56) {
    case UInt8(ascii: "{"): return .object(members(of: word))
    case UInt8(ascii: "["): return .array(elements(of: word))
    case UInt8(ascii: "\""): return .string(text(of: word))
    case UInt8(ascii: "l"): return .integer(Int64(bitPattern: number()))
    case UInt8(ascii: "u"): return unsigned(number())
    case UInt8(ascii: "d"): return .number(Double(bitPattern: number()))
    case UInt8(ascii: "t"): return .boolean(true)
    case UInt8(ascii: "f"): return .boolean(false)
    default: return .null
    }
  }

  private mutating func members(of word: UInt64) -> [JSON.Member] {
    let end = Int(word & 0xFFFF_FFFF) - 1
    var members: [JSON.Member] = []
    members.reserveCapacity(Int(word >> 32) & 0xFF_FFFF)
    while index < end {
      let key = text(of: tape[index])
      index += 1
      members.append(JSON.Member(key, value()))
    }
    index = end + 1
    return members
  }

  private mutating func elements(of word: UInt64) -> [JSON] {
    let end = Int(word & 0xFFFF_FFFF) - 1
    var elements: [JSON] = []
    elements.reserveCapacity(Int(word >> 32) & 0xFF_FFFF)
    while index < end { elements.append(value()) }
    index = end + 1
    return elements
  }

  private mutating func number() -> UInt64 {
    defer { index += 1 }
    return tape[index]
  }

  private mutating func unsigned(_ value: UInt64) -> JSON {
    if let small = Int64(exactly: value) { return .integer(small) }
    guard let exact = Double(exactly: value) else {
      isSound = false
      return .null
    }
    return .number(exact)
  }

  /// A string; some versions of simdjson let half a surrogate pair through, which is no valid UTF-8.
  private mutating func text(of word: UInt64) -> String {
    let start = strings + Int(word & 0x00FF_FFFF_FFFF_FFFF)
    let count = Int(UnsafeRawPointer(start).loadUnaligned(as: UInt32.self))
    let bytes = UnsafeBufferPointer(start: start + 4, count: count)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      isSound = false
      return ""
    }
    return text
  }
}
