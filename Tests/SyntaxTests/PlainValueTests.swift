import Syntax
import Testing

/// YAML 1.1 as PyYAML's safe loader reads it.
@Suite struct PlainValueTests {
  @Test(
    arguments: [
      ("yes", .boolean(true)), ("No", .boolean(false)), ("ON", .boolean(true)), ("off", .boolean(false)),
      ("y", .string("y")), ("n", .string("n")), ("tRue", .string("tRue")), ("~", .null), ("", .null), ("NULL", .null),
      ("nUll", .string("nUll")), ("010", .integer(8)), ("0x1F", .integer(31)), ("0b11", .integer(3)),
      ("1_000", .integer(1000)), ("0o10", .string("0o10")), ("-12", .integer(-12)), ("+7", .integer(7)),
      ("08", .string("08")),
      (".5", .number(0.5)), ("5.", .number(5)), ("1e-3", .string("1e-3")), ("1E+3", .string("1E+3")),
      ("1.0e-3", .number(0.001)), ("1.e+3", .number(1000)), ("1.0e3", .string("1.0e3")), ("-.5", .string("-.5")),
      (".inf", .number(.infinity)), ("-.INF", .number(-.infinity)), ("2026-01-01", .date("2026-01-01")),
      ("2:4", .integer(124)), ("16:32", .integer(992)), ("0:0", .string("0:0")), ("0:4", .string("0:4")),
      ("1:61", .string("1:61")), (".", .string(".")), ("-", .string("-")), ("1.2.3", .string("1.2.3")),
      ("W4A16", .string("W4A16")),
      ("99999999999999999999", .number(1e20)), ("_1", .string("_1")), ("0", .integer(0)),
    ] as [(String, PlainValue)]
  )
  func plainTextIsReadAsPyYAMLReadsIt(text: String, value: PlainValue) {
    #expect(PlainValue(plain: text) == value)
  }

  @Test func notANumberIsANumber() {
    guard case .number(let value) = PlainValue(plain: ".nan") else {
      Issue.record("no number")
      return
    }
    #expect(value.isNaN)
  }
}
