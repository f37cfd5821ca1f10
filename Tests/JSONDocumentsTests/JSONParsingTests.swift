import JSONDocuments
import Testing

@Suite struct JSONParsingTests {
  private func parse(_ text: String) throws(JSONError) -> JSON { try JSON.parse(Array(text.utf8)) }

  @Test func integersAndNumbersStayApart() throws {
    let value = try parse("[10000, 10000.0, 1e4, -0, -0.0, 9223372036854775807, -9223372036854775808]")
    #expect(
      value
        == .array([
          .integer(10000), .number(10000), .number(10000), .integer(0), .number(-0.0), .integer(.max), .integer(.min),
        ])
    )
    #expect(value.array?[4].double?.sign == .minus)
  }

  @Test(arguments: [
    ("9223372036854775808", 0x1p63), ("18446744073709551616", 0x1p64), ("-18446744073709551616", -0x1p64),
    ("1000000000000000019884624838656", 1e30),
  ])
  func wideIntegersBecomeNumbersWhenADoubleHoldsThem(text: String, expected: Double) throws {
    #expect(try parse("[1, \(text), \(text)]") == .array([.integer(1), .number(expected), .number(expected)]))
  }

  @Test func repeatedKeysAreKeptInOrderAndTheLastIsFound() throws {
    let value = try parse(#"{"b": 1, "a": 2, "b": 3}"#)
    #expect(value.object?.map(\.key) == ["b", "a", "b"])
    #expect(value["b"] == .integer(3))
    #expect(value["c"] == nil)
  }

  @Test func keysAreComparedScalarByScalar() throws {
    let value = try parse(#"{"\u00e9": 1, "e\u0301": 2}"#)
    #expect(value["\u{E9}"] == .integer(1))
    #expect(value["e\u{301}"] == .integer(2))
  }

  @Test func escapesAreUndone() throws {
    let value = try parse(#""\"\\\/\b\f\n\r\t\u0000\u00e9\ud83d\ude42""#)
    #expect(
      value.string.map { Array($0.unicodeScalars) } == Array("\"\\/\u{8}\u{C}\n\r\t\0\u{E9}\u{1F642}".unicodeScalars)
    )
  }

  @Test func nestingIsAllowedUpToTheMaximumAndNoFurther() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array(repeating: UInt8(ascii: "["), count: depth) + Array(repeating: UInt8(ascii: "]"), count: depth)
    }
    #expect(throws: Never.self) { try JSON.parse(nested(128)) }
    #expect(throws: JSONError(.tooDeep(maximum: 128), at: 128)) { try JSON.parse(nested(129)) }
    #expect(throws: Never.self) { try JSON.parse(nested(2), maximumDepth: 2) }
    #expect(throws: JSONError(.tooDeep(maximum: 2), at: 2)) { try JSON.parse(nested(3), maximumDepth: 2) }
    #expect(throws: Never.self) { try JSON.parse(nested(1024), maximumDepth: 1024) }
  }

  @Test(arguments: [
    ("", JSONError.Reason.unexpectedEnd, 0),
    ("  ", .unexpectedEnd, 2),
    ("{", .unexpectedEnd, 1),
    ("\u{FEFF}{}", .byteOrderMark, 0),
    ("{}x", .trailingBytes, 2),
    ("{} {}", .trailingBytes, 3),
    ("{}\0\0", .trailingBytes, 2),
    ("\0", .unexpectedByte(0), 0),
    ("[\"a\0\"]", .unescapedControlCharacter(0), 3),
    ("[\"a\n\"]", .unescapedControlCharacter(10), 3),
    ("[1,]", .unexpectedByte(UInt8(ascii: "]")), 3),
    ("[1 2]", .unexpectedByte(UInt8(ascii: "2")), 3),
    ("{\"a\":1,}", .unexpectedByte(UInt8(ascii: "}")), 7),
    ("{a:1}", .unexpectedByte(UInt8(ascii: "a")), 1),
    ("{\"a\" 1}", .unexpectedByte(UInt8(ascii: "1")), 5),
    ("[NaN]", .unexpectedByte(UInt8(ascii: "N")), 1),
    ("[nul]", .unexpectedByte(UInt8(ascii: "]")), 4),
    ("[01]", .invalidNumber, 1),
    ("[-]", .invalidNumber, 1),
    ("[1.]", .invalidNumber, 1),
    ("[1e]", .invalidNumber, 1),
    ("[+1]", .unexpectedByte(UInt8(ascii: "+")), 1),
    ("[.5]", .unexpectedByte(UInt8(ascii: ".")), 1),
    ("[1e400]", .numberOutOfRange, 1),
    ("[9223372036854775809]", .inexactInteger, 1),
    ("[18446744073709551615]", .inexactInteger, 1),
    ("[18446744073709551617]", .inexactInteger, 1),
    ("[-9223372036854775809]", .inexactInteger, 1),
    (#"["\x"]"#, .invalidEscape, 2),
    (#"["\u12G4"]"#, .invalidEscape, 2),
    (#"["\ud800"]"#, .unpairedSurrogate, 2),
    (#"["\udc00"]"#, .unpairedSurrogate, 2),
    (#"["\ud800\u0041"]"#, .unpairedSurrogate, 2),
    (#"["a\ud83d\ud83d"]"#, .unpairedSurrogate, 3),
    ("[\"abc", .unexpectedEnd, 5),
  ])
  func faultsAreFoundAndPlaced(text: String, reason: JSONError.Reason, offset: Int) {
    #expect(throws: JSONError(reason, at: offset)) { try parse(text) }
  }

  @Test(
    arguments: [
      ([0x22, 0xFF, 0x22], 1), ([0x22, 0x61, 0xC3, 0x22], 2), ([0x22, 0xED, 0xA0, 0x80, 0x22], 1), ([0xC0, 0x80], 0),
      ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1), ([0x22, 0xC1, 0xBF, 0x22], 1),
    ] as [([UInt8], Int)]
  )
  func bytesThatAreNotUTF8AreRejected(bytes: [UInt8], offset: Int) {
    #expect(throws: JSONError(.invalidUTF8, at: offset)) { try JSON.parse(bytes) }
  }

  @Test func memoryOfAnotherOwnerIsReadInPlace() throws {
    let bytes = Array("x[1]y".utf8)
    let value = try bytes.withUnsafeBytes { try JSON.parse(UnsafeRawBufferPointer(rebasing: $0[1..<4])) }
    #expect(value == .array([.integer(1)]))
  }

  @Test func anErrorReadsAsASentencePart() {
    #expect(JSONError(.unexpectedByte(0x5D), at: 3).description == "unexpected character ] at byte 3")
    #expect(JSONError(.unescapedControlCharacter(10), at: 3).description == "unescaped byte 0x0A in a string at byte 3")
    #expect(JSONError(.outOfMemory, at: nil).description == "not enough memory")
  }
}
