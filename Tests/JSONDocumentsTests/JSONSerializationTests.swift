import JSONDocuments
import Testing

@Suite struct JSONSerializationTests {
  /// Numbers and what Python's `repr` writes for them.
  @Test(arguments: [
    (1e-06, "1e-06"), (10000.0, "10000.0"), (1e16, "1e+16"), (0.041666666666666664, "0.041666666666666664"),
    (-0.0, "-0.0"), (0.0, "0.0"), (0.0001, "0.0001"), (0.00001, "1e-05"), (0.00012345, "0.00012345"),
    (1.5e-07, "1.5e-07"), (9007199254740993.0, "9007199254740992.0"), (9999999999999998.0, "9999999999999998.0"),
    (12345678901234567.0, "1.2345678901234568e+16"), (1e100, "1e+100"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
    (.leastNonzeroMagnitude, "5e-324"), (-123.456, "-123.456"), (0.1, "0.1"), (1e15, "1000000000000000.0"),
    (1e22, "1e+22"),
    (100.0, "100.0"),
    (-2.5e-10, "-2.5e-10"), (500000.0, "500000.0"), (0x1p54, "1.8014398509481984e+16"),
  ])
  func numbersAreWrittenAsPythonWritesThem(number: Double, text: String) {
    #expect(JSON.number(number).serialized(.compact) == text)
  }

  private let document = JSON.object([
    .init("b", .array([.integer(1), .boolean(true), .null, .array([]), .object([])])),
    .init("a\u{7F}", .string("\"\\/\u{8}\u{C}\n\r\t\u{1}\u{7F}é🙂")),
    .init("\u{FFFD}", .number(1e-06)),
    .init("\u{10000}", .object([.init("z", .integer(-1)), .init("Z", .boolean(false))])),
  ])

  @Test func prettyIsPythonsIndentedSortedASCII() {
    let expected = #"""
      {
        "a\u007f": "\"\\/\b\f\n\r\t\u0001\u007f\u00e9\ud83d\ude42",
        "b": [
          1,
          true,
          null,
          [],
          {}
        ],
        "\ufffd": 1e-06,
        "\ud800\udc00": {
          "Z": false,
          "z": -1
        }
      }
      """#
    #expect(document.serialized(.pretty) == expected)
  }

  @Test func compactKeepsOrderAndNonASCII() {
    let expected =
      "{\"b\":[1,true,null,[],{}],\"a\u{7F}\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\u{7F}é🙂\",\"\u{FFFD}\":1e-06,"
      + "\"\u{10000}\":{\"z\":-1,\"Z\":false}}"
    #expect(document.serialized(.compact) == expected)
  }

  @Test func orderCanBeKeptWhenIndenting() {
    let value = JSON.object([.init("b", .integer(1)), .init("a", .object([]))])
    #expect(value.serialized(.prettyInOrder) == "{\n  \"b\": 1,\n  \"a\": {}\n}")
  }

  @Test(arguments: [JSON.Style.compact, .prettyInOrder])
  func whatIsWrittenReadsBackTheSame(style: JSON.Style) throws {
    #expect(try JSON.parse(Array(document.serialized(style).utf8)) == document)
  }

  @Test func membersAreReplacedAppendedAndRemoved() {
    var value = JSON.object([.init("a", .integer(1)), .init("b", .integer(2)), .init("a", .integer(3))])
    value["a"] = .integer(4)
    #expect(value.serialized(.compact) == #"{"a":1,"b":2,"a":4}"#)
    value["a"] = nil
    value["c"] = .object([])
    value["c"]?["d"] = .boolean(true)
    #expect(value.serialized(.compact) == #"{"b":2,"c":{"d":true}}"#)
  }

  @Test func accessorsTellTheKindsApart() {
    #expect(JSON.integer(3).double == 3)
    #expect(JSON.integer(3).int == 3)
    #expect(JSON.number(3).int == nil)
    #expect(JSON.number(2.5).double == 2.5)
    #expect(JSON.boolean(true).int == nil)
    #expect(JSON.string("a").string == "a")
    #expect(JSON.null.string == nil)
    #expect(JSON.array([.null])["a"] == nil)
    #expect(JSON.array([.null]).array == [.null])
    #expect(JSON.boolean(false).bool == false)
    #expect(JSON.object([]).object == [])
  }
}
