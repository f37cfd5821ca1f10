/// What a scalar is by the rules of YAML 1.1 as PyYAML's safe loader applies them.
package enum PlainValue: Hashable, Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  /// A float, or an integer beyond 64 bits.
  case number(Double)
  /// A date, kept as text.
  case date(String)
  case string(String)
}

extension ScalarSyntax {
  /// The scalar's value where no other type is expected of it: quoted text is always a string.
  package var plainValue: PlainValue {
    style == .plain ? PlainValue(plain: text) : .string(text)
  }
}

extension PlainValue {
  /// Reads the text of a plain scalar.
  package init(plain text: String) {
    if let value = PlainValue.words[text] {
      self = value
    } else if let integer = PlainValue.integer(text) {
      self = integer
    } else if let number = PlainValue.number(text) {
      self = .number(number)
    } else if PlainValue.isDate(text) {
      self = .date(text)
    } else {
      self = .string(text)
    }
  }

  private static let words: [String: PlainValue] = {
    var words: [String: PlainValue] = ["": .null, "~": .null, "null": .null, "Null": .null, "NULL": .null]
    for (word, value) in [("yes", true), ("true", true), ("on", true), ("no", false), ("false", false), ("off", false)]
    {
      let capitalized = word.prefix(1).uppercased() + word.dropFirst()
      for spelling in [word, capitalized, word.uppercased()] { words[spelling] = .boolean(value) }
    }
    for spelling in ["inf", "Inf", "INF"] {
      words[".\(spelling)"] = .number(.infinity)
      words["+.\(spelling)"] = .number(.infinity)
      words["-.\(spelling)"] = .number(-.infinity)
    }
    for spelling in [".nan", ".NaN", ".NAN"] { words[spelling] = .number(.nan) }
    return words
  }()

  /// `0b101`, `017` (octal), `12`, `0x1F` and `1:30` (base 60), with `_` anywhere after the first digit.
  private static func integer(_ text: String) -> PlainValue? {
    let (isNegative, unsigned) = sign(of: text)
    guard unsigned.first?.isASCIIDigit == true else { return nil }
    if unsigned.contains(":") { return sexagesimal(unsigned, isNegative: isNegative).map(PlainValue.integer) }
    let radix: Int
    var digits = unsigned
    if unsigned.hasPrefix("0b") {
      (radix, digits) = (2, unsigned.dropFirst(2))
    } else if unsigned.hasPrefix("0x") {
      (radix, digits) = (16, unsigned.dropFirst(2))
    } else if unsigned.hasPrefix("0"), unsigned.count > 1 {
      (radix, digits) = (8, unsigned.dropFirst())
    } else {
      radix = 10
    }
    let significant = digits.filter { $0 != "_" }
    guard !significant.isEmpty, significant.allSatisfy({ ($0.hexDigitValue ?? radix) < radix && $0.isASCII }) else {
      return nil
    }
    if let value = Int((isNegative ? "-" : "") + significant, radix: radix) { return .integer(value) }
    if radix == 10 { return Double((isNegative ? "-" : "") + significant).map(PlainValue.number) }
    let magnitude = significant.reduce(0.0) { $0 * Double(radix) + Double($1.hexDigitValue ?? 0) }
    return .number(isNegative ? -magnitude : magnitude)
  }

  /// `2:4` is 124: every part after the first counts sixtieths of the one before.
  private static func sexagesimal(_ text: Substring, isNegative: Bool) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let first = parts.first, first.first != "0", let head = Int(first.filter { $0 != "_" }) else { return nil }
    var value = head
    for part in parts.dropFirst() {
      guard (1...2).contains(part.count), part.allSatisfy(\.isASCIIDigit), let digit = Int(part),
        digit < sexagesimalBase
      else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: sexagesimalBase)
      guard !overflow, product <= Int.max - digit else { return nil }
      value = product + digit
    }
    return isNegative ? -value : value
  }

  private static let sexagesimalBase = 60

  /// A float has a dot; an exponent needs its sign, so `1e-3` is a string.
  private static func number(_ text: String) -> Double? {
    let (_, unsigned) = sign(of: text)
    let hasSign = unsigned.count < text.count
    guard let dot = unsigned.firstIndex(of: ".") else { return nil }
    let whole = unsigned[..<dot]
    var fraction = unsigned[unsigned.index(after: dot)...]
    if let mark = fraction.firstIndex(where: { $0 == "e" || $0 == "E" }) {
      let exponent = fraction[fraction.index(after: mark)...]
      guard exponent.first == "+" || exponent.first == "-", exponent.count > 1,
        exponent.dropFirst().allSatisfy(\.isASCIIDigit)
      else { return nil }
      fraction = fraction[..<mark]
    }
    let isDigits = { (part: Substring) in part.allSatisfy { $0.isASCIIDigit || $0 == "_" } }
    guard isDigits(whole), isDigits(fraction) else { return nil }
    if whole.isEmpty {
      guard !hasSign, fraction.first?.isASCIIDigit == true else { return nil }
    } else {
      guard whole.first?.isASCIIDigit == true else { return nil }
    }
    var digits = text.filter { $0 != "_" }
    if digits.hasSuffix(".") { digits.append("0") }
    if let mark = digits.firstRange(of: ".e") ?? digits.firstRange(of: ".E") {
      digits.replaceSubrange(mark, with: ".0e")
    }
    return Double(digits)
  }

  /// `2026-01-31`, with or without a time after it.
  private static func isDate(_ text: String) -> Bool {
    let scalars = Array(text.utf8)
    let pattern = Array("dddd-dd-dd".utf8)
    guard scalars.count >= pattern.count else { return false }
    for (byte, sample) in zip(scalars, pattern) {
      let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      guard sample == UInt8(ascii: "d") ? isDigit : byte == sample else { return false }
    }
    guard scalars.count > pattern.count else { return true }
    return scalars[pattern.count] == UInt8(ascii: "T") || scalars[pattern.count] == UInt8(ascii: " ")
  }

  private static func sign(of text: String) -> (isNegative: Bool, rest: Substring) {
    text.first == "-" || text.first == "+" ? (text.first == "-", text.dropFirst()) : (false, text[...])
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { isASCII && isWholeNumber }
}
