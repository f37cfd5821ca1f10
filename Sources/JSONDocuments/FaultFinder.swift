internal import CSimdJSON

/// Finds where a document that simdjson refused is wrong; simdjson itself does not tell.
///
/// It reads the same grammar slowly, byte by byte, and runs only after a failure.
struct FaultFinder {
  /// What the search came to.
  enum Diagnosis {
    case fault(JSONError)
    /// Nothing is wrong but that these integers, given by the offset behind each, need a double.
    case wideIntegers([Int])
  }

  private let bytes: UnsafeRawBufferPointer
  private let maximumDepth: Int
  private var position = 0
  private var wideIntegers: [Int] = []

  /// Reads the document up to its first fault.
  static func search(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int) -> Diagnosis {
    if let offset = firstInvalidUTF8(in: bytes) { return .fault(JSONError(.invalidUTF8, at: offset)) }
    var finder = FaultFinder(bytes: bytes, maximumDepth: maximumDepth)
    do throws(JSONError) {
      try finder.value(depth: 0)
      finder.skipSpace()
      guard finder.position == bytes.count else { throw JSONError(.trailingBytes, at: finder.position) }
    } catch {
      return .fault(error)
    }
    return .wideIntegers(finder.wideIntegers)
  }

  private init(bytes: UnsafeRawBufferPointer, maximumDepth: Int) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  private static func firstInvalidUTF8(in bytes: UnsafeRawBufferPointer) -> Int? {
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar): offset += scalar.count
      case .emptyInput: return nil
      case .error: return offset
      }
    }
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  /// The fault of the byte here, or of the end.
  private var unexpected: JSONError {
    next.map { JSONError(.unexpectedByte($0), at: position) } ?? JSONError(.unexpectedEnd, at: position)
  }

  private mutating func value(depth: Int) throws(JSONError) {
    skipSpace()
    guard let first = next else { throw unexpected }
    switch first {
    case UInt8(ascii: "{"): try container(closing: UInt8(ascii: "}"), hasKeys: true, depth: depth + 1)
    case UInt8(ascii: "["): try container(closing: UInt8(ascii: "]"), hasKeys: false, depth: depth + 1)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: throw unexpected
    }
  }

  private mutating func container(closing: UInt8, hasKeys: Bool, depth: Int) throws(JSONError) {
    guard depth <= maximumDepth else { throw JSONError(.tooDeep(maximum: maximumDepth), at: position) }
    position += 1
    skipSpace()
    if next == closing {
      position += 1
      return
    }
    while true {
      if hasKeys {
        skipSpace()
        guard next == UInt8(ascii: "\"") else { throw unexpected }
        try string()
        skipSpace()
        guard next == UInt8(ascii: ":") else { throw unexpected }
        position += 1
      }
      try value(depth: depth)
      skipSpace()
      guard next == UInt8(ascii: ",") || next == closing else { throw unexpected }
      position += 1
      if bytes[position - 1] == closing { return }
    }
  }

  private mutating func word(_ word: StaticString) throws(JSONError) {
    for index in 0..<word.utf8CodeUnitCount {
      guard next == word.utf8Start[index] else { throw unexpected }
      position += 1
    }
  }

  private mutating func string() throws(JSONError) {
    position += 1
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return
      case UInt8(ascii: "\\"): try escape()
      case 0..<0x20: throw JSONError(.unescapedControlCharacter(byte), at: position)
      default: position += 1
      }
    }
    throw unexpected
  }

  private mutating func escape() throws(JSONError) {
    let start = position
    position += 1
    guard let letter = next else { throw unexpected }
    guard letter == UInt8(ascii: "u") else {
      guard "\"\\/bfnrt".utf8.contains(letter) else { throw JSONError(.invalidEscape, at: start) }
      position += 1
      return
    }
    let unit = try codeUnit(escapedAt: start)
    if UTF16.isTrailSurrogate(unit) { throw JSONError(.unpairedSurrogate, at: start) }
    guard UTF16.isLeadSurrogate(unit) else { return }
    guard bytes[position...].starts(with: "\\u".utf8) else { throw JSONError(.unpairedSurrogate, at: start) }
    position += 1
    let trail = try codeUnit(escapedAt: position - 1)
    guard UTF16.isTrailSurrogate(trail) else { throw JSONError(.unpairedSurrogate, at: start) }
  }

  /// Reads `uXXXX` and leaves the position behind it.
  private mutating func codeUnit(escapedAt start: Int) throws(JSONError) -> UInt16 {
    position += 1
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next else { throw unexpected }
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw JSONError(.invalidEscape, at: start)
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  private mutating func number() throws(JSONError) {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    let leadingZero = next == UInt8(ascii: "0")
    let count = digits()
    guard count == 1 || (count > 1 && !leadingZero) else { throw JSONError(.invalidNumber, at: start) }
    var isInteger = true
    if next == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      guard digits() > 0 else { throw JSONError(.invalidNumber, at: start) }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      guard digits() > 0 else { throw JSONError(.invalidNumber, at: start) }
    }
    try range(of: start..<position, isInteger: isInteger)
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func range(of place: Range<Int>, isInteger: Bool) throws(JSONError) {
    let text = UnsafeRawBufferPointer(rebasing: bytes[place])
    if isInteger {
      if Int64(String(decoding: text, as: UTF8.self)) != nil { return }
      guard csimdjson_integer_is_exact(text.assumingMemoryBound(to: CChar.self).baseAddress, text.count) else {
        throw JSONError(.inexactInteger, at: place.lowerBound)
      }
      wideIntegers.append(place.upperBound)
    } else if Double(String(decoding: text, as: UTF8.self))?.isFinite != true {
      throw JSONError(.numberOutOfRange, at: place.lowerBound)
    }
  }
}
