extension UInt8 {
  /// Whether it is a space or a tab.
  var isSpaceOrTab: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
  /// Whether it is a line feed or a carriage return.
  var isLineBreak: Bool { self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r") }
}

extension [UInt8] {
  /// Whether one of YAML 1.1's line breaks begins at an offset: LF, CR, NEL, LS or PS.
  func hasLineBreak(at offset: Int) -> Bool { self[offset].isLineBreak || self[offset...].startsWithUnicodeLineBreak }
}

extension ArraySlice<UInt8> {
  /// Whether NEL, LS or PS is among the characters.
  var hasUnicodeLineBreak: Bool { indices.contains { self[$0...].startsWithUnicodeLineBreak } }

  /// Whether NEL (U+0085), LS (U+2028) or PS (U+2029) comes first.
  fileprivate var startsWithUnicodeLineBreak: Bool {
    switch first {
    case 0xC2: starts(with: [0xC2, 0x85])
    case 0xE2: starts(with: [0xE2, 0x80, 0xA8]) || starts(with: [0xE2, 0x80, 0xA9])
    default: false
    }
  }
}
