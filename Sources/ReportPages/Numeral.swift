internal import Glibc

/// Numbers as people read them, the same on every machine.
enum Numeral {
  /// What stands where there is no number.
  static let none = "–"

  /// The number, rounded to nearest, with exactly `places` digits behind the point.
  static func fixed(_ value: Double, places: Int) -> String {
    guard value.isFinite else { return unbounded(value) }
    let scaled = (value.magnitude * pow(10, Double(places))).rounded()
    guard scaled < largestExact else { return scientific(value, digits: 3) }
    let digits = String(Int(scaled))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let sign = value < 0 && scaled > 0 ? "−" : ""
    return sign + (places == 0 ? padded : "\(padded.dropLast(places)).\(padded.suffix(places))")
  }

  /// The number with so many digits that count; very small and very large ones with a power of ten.
  static func significant(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return unbounded(value) }
    guard value != 0 else { return "0" }
    let exponent = decimalExponent(value)
    guard (-4..<6).contains(exponent) else { return scientific(value, digits: digits) }
    return fixed(value, places: max(0, digits - 1 - exponent))
  }

  /// The number with at most three digits that count, such as `−8` or `0.25`.
  static func short(_ value: Double) -> String { trimmed(significant(value, digits: 3)) }

  /// The number as `1.23e-5`, zeros at the end of the fraction left out.
  static func scientific(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return unbounded(value) }
    guard value != 0 else { return "0" }
    var exponent = decimalExponent(value)
    let unit = pow(10, Double(digits - 1))
    // Twice, because neither 10 ^ 308 · 10 nor 10 ^ -324 is a number.
    let half = exponent / 2
    var mantissa = (value / pow(10, Double(half)) / pow(10, Double(exponent - half)) * unit).rounded() / unit
    if mantissa.magnitude >= 10 {
      mantissa /= 10
      exponent += 1
    }
    return trimmed(fixed(mantissa, places: digits - 1)) + "e\(exponent)"
  }

  /// A column's number: the column's places, unless nothing would be left of it.
  static func cell(_ value: Double, places: Int) -> String {
    let isLost = value != 0 && value.magnitude < 0.5 * pow(10, -Double(places))
    return isLost ? scientific(value, digits: 3) : fixed(value, places: places)
  }

  /// The places that show three digits of the largest of some numbers, from 4 to 6.
  static func places(for values: [Double]) -> Int {
    guard let largest = values.filter(\.isFinite).map(\.magnitude).max(), largest > 0 else { return 4 }
    return min(max(4, 2 - decimalExponent(largest)), 6)
  }

  /// A number of bytes in decimal units, such as `269.06 MB`.
  static func bytes(_ count: Int) -> String {
    let unit = ByteUnit.fitting(count)
    return unit == .bytes ? "\(count) bytes" : "\(fixed(unit.amount(of: count), places: 2)) \(unit.name)"
  }

  /// A time, such as `1.31 s`, `4 min 12 s` or `2 h 05 min`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return unbounded(seconds) }
    if seconds < 100 { return fixed(seconds, places: seconds < 10 ? 2 : 1) + " s" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    let minutes = Int((seconds / 60).rounded())
    return "\(minutes / 60) h \(minutes % 60 < 10 ? "0" : "")\(minutes % 60) min"
  }

  /// A fraction in percent, such as `7.4 %`.
  static func percent(_ fraction: Double) -> String {
    guard fraction.isFinite else { return none }
    return fraction > 0 && fraction < 0.0005 ? "<0.1 %" : fixed(100 * fraction, places: 1) + " %"
  }

  /// How many times one number of bytes is another, such as `2.74×`.
  static func ratio(_ before: Int, _ after: Int) -> String {
    guard before > 0, after > 0 else { return none }
    return fixed(Double(before) / Double(after), places: 2) + "×"
  }

  /// A place in a drawing, to a tenth of a unit.
  static func place(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let tenths = Int((min(max(value, -1e6), 1e6) * 10).rounded())
    let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
    return (tenths < 0 ? "-" : "") + String(whole) + (rest == 0 ? "" : ".\(rest)")
  }

  /// `floor(log₁₀ |value|)` of a number that is not zero.
  static func decimalExponent(_ value: Double) -> Int { Int(log10(value.magnitude).rounded(.down)) }

  /// Above it not every whole number is a double.
  private static let largestExact = 9.0e15

  private static func unbounded(_ value: Double) -> String {
    value.isInfinite ? (value < 0 ? "−∞" : "∞") : none
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains("."), !text.contains("e") else { return text }
    var rest = Substring(text)
    while rest.hasSuffix("0") { rest.removeLast() }
    if rest.hasSuffix(".") { rest.removeLast() }
    return String(rest)
  }
}

/// A decimal unit of memory.
enum ByteUnit: Int, CaseIterable {
  case bytes, kilobytes, megabytes, gigabytes, terabytes

  /// The unit as it is written.
  var name: String { ["bytes", "KB", "MB", "GB", "TB"][rawValue] }

  /// The largest unit of which a number of bytes has at least one.
  static func fitting(_ count: Int) -> ByteUnit {
    allCases.last { Double(count.magnitude) >= $0.size } ?? .bytes
  }

  /// A number of bytes in this unit.
  func amount(of count: Int) -> Double { Double(count) / size }

  private var size: Double { pow(1000, Double(rawValue)) }
}
