/// Scalars in UTF-8 text, read by offset.
enum UTF8Text {
  /// The scalar that starts at an offset, and its length in bytes.
  ///
  /// - Precondition: `text` is valid UTF-8 and a scalar starts at `start`.
  @inline(__always)
  static func scalar(in text: UnsafeBufferPointer<UInt8>, at start: Int) -> (scalar: Unicode.Scalar, length: Int) {
    let lead = UInt32(text[start])
    let (value, length): (UInt32, Int)
    switch lead {
    case ..<0x80: (value, length) = (lead, 1)
    case ..<0xE0: (value, length) = ((lead & 0x1F) << 6 | bits(text, start + 1), 2)
    case ..<0xF0: (value, length) = ((lead & 0x0F) << 12 | bits(text, start + 1) << 6 | bits(text, start + 2), 3)
    default:
      let tail = bits(text, start + 1) << 12 | bits(text, start + 2) << 6 | bits(text, start + 3)
      (value, length) = ((lead & 0x07) << 18 | tail, 4)
    }
    guard let scalar = Unicode.Scalar(value) else { preconditionFailure("text is not UTF-8") }
    return (scalar, length)
  }

  /// The scalar that ends at an offset, and its length in bytes.
  ///
  /// - Precondition: `text` is valid UTF-8, and `end` is the end of a scalar.
  static func scalar(in text: UnsafeBufferPointer<UInt8>, endingAt end: Int) -> (scalar: Unicode.Scalar, length: Int) {
    var start = end - 1
    while UTF8.isContinuation(text[start]) { start -= 1 }
    return scalar(in: text, at: start)
  }

  /// The offset of the first byte that is not part of valid UTF-8, or nil when there is none.
  static func firstFault(in bytes: [UInt8]) -> Int? {
    var parser = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let scalar): offset += scalar.count
      case .emptyInput: return nil
      case .error: return offset
      }
    }
  }

  @inline(__always)
  private static func bits(_ text: UnsafeBufferPointer<UInt8>, _ offset: Int) -> UInt32 {
    UInt32(text[offset] & 0x3F)
  }
}
