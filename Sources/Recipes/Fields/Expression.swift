import Glibc
import Syntax

/// Why an `eval(…)` has no value.
enum ExpressionError: Error, CustomStringConvertible {
  case unfinished
  case unexpected(Character)
  case unknownName(String)
  case notFinite
  case tooLong

  var description: String {
    switch self {
    case .unfinished: "the expression ends too early"
    case .unexpected(let character): "\"\(character)\" is no part of an arithmetic expression"
    case .unknownName(let name): "\(name) is not given"
    case .notFinite: "the result is no finite number"
    case .tooLong: "the expression is too long"
    }
  }
}

/// The arithmetic that recipes before May 2025 could hold in `eval(…)`.
///
/// Numbers, names of recipe arguments, `+ - * / // % **`, signs and parentheses; nothing else is ever evaluated.
struct Expression {
  private var rest: Substring
  private let arguments: [String: String]
  private var depth = 0
  /// Numbers and names that may still be read, so that arguments that name one another end.
  private var budget = lengthLimit

  /// Replaces a text's `eval(…)` by its value.
  ///
  /// - Parameters:
  ///   - scalar: The text.
  ///   - arguments: Names that an expression may use, with their texts.
  /// - Returns: The text with the value in place, or nil when there is no `eval(…)`.
  /// - Throws: `ExpressionError` when an expression has no value.
  static func expand(
    _ scalar: ScalarSyntax,
    arguments: [String: String]
  ) throws(ExpressionError) -> ScalarSyntax? {
    var text = scalar.text
    guard text.utf8.count <= lengthLimit else { throw .tooLong }
    var isExpanded = false
    while let mark = text.firstRange(of: "eval(") {
      guard let close = closing(text, after: mark.upperBound) else { throw .unfinished }
      var expression = Expression(text[mark.upperBound..<close], arguments: arguments)
      let value = try expression.value()
      text.replaceSubrange(mark.lowerBound..<text.index(after: close), with: Self.text(value))
      isExpanded = true
    }
    guard isExpanded else { return nil }
    return scalar.plain(text)
  }

  private init(_ text: Substring, arguments: [String: String]) {
    rest = text
    self.arguments = arguments
  }

  /// The value of the whole text.
  private mutating func value() throws(ExpressionError) -> Double {
    let value = try sum()
    skipSpace()
    if let extra = rest.first { throw .unexpected(extra) }
    guard value.isFinite else { throw .notFinite }
    return value
  }

  private static func closing(_ text: String, after start: String.Index) -> String.Index? {
    var depth = 1
    for index in text[start...].indices {
      if text[index] == "(" { depth += 1 }
      if text[index] == ")" { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }

  private static func text(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? String(value)
  }

  private mutating func sum() throws(ExpressionError) -> Double {
    var value = try product()
    while true {
      if take("+") {
        value += try product()
      } else if take("-") {
        value -= try product()
      } else {
        return value
      }
    }
  }

  private mutating func product() throws(ExpressionError) -> Double {
    var value = try signed()
    while true {
      if take("//") {
        value = (value / (try signed())).rounded(.down)
      } else if take("/") {
        value /= try signed()
      } else if take("%") {
        let divisor = try signed()
        value -= divisor * (value / divisor).rounded(.down)
      } else if !rest.hasPrefix("**"), take("*") {
        value *= try signed()
      } else {
        return value
      }
    }
  }

  /// A sign binds less than a power: `-2 ** 2` is -4.
  private mutating func signed() throws(ExpressionError) -> Double {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw .tooLong }
    if take("-") { return -(try signed()) }
    if take("+") { return try signed() }
    let base = try atom()
    return take("**") ? pow(base, try signed()) : base
  }

  private mutating func atom() throws(ExpressionError) -> Double {
    skipSpace()
    budget -= 1
    guard budget > 0 else { throw .tooLong }
    guard let first = rest.first else { throw .unfinished }
    if take("(") {
      let value = try sum()
      guard take(")") else { throw .unfinished }
      return value
    }
    if first.isLetter || first == "_" {
      let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." })
      rest = rest.dropFirst(name.count)
      if name == "math.pi" { return .pi }
      guard let text = arguments[name] else { throw .unknownName(name) }
      if let value = Double(text) { return value }
      guard text.hasPrefix("eval("), text.hasSuffix(")") else { throw .unknownName(name) }
      var inner = self
      inner.rest = text.dropFirst("eval(".count).dropLast()
      let value = try inner.value()
      budget = inner.budget
      return value
    }
    var digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "_") }
    let tail = rest[digits.endIndex...]
    if tail.first == "e" || tail.first == "E" {
      let sign = tail.dropFirst().first.map { $0 == "+" || $0 == "-" } ?? false
      let exponent = tail.dropFirst(sign ? 2 : 1).prefix { $0.isASCII && $0.isNumber }
      if !exponent.isEmpty { digits = rest[digits.startIndex..<exponent.endIndex] }
    }
    guard let value = Double(digits.filter { $0 != "_" }) else { throw .unexpected(first) }
    rest = rest[digits.endIndex...]
    return value
  }

  private mutating func take(_ mark: String) -> Bool {
    skipSpace()
    guard rest.hasPrefix(mark) else { return false }
    rest = rest.dropFirst(mark.count)
    return true
  }

  private mutating func skipSpace() {
    rest = rest.drop(while: \.isWhitespace)
  }

  /// Parentheses, signs and names inside one another at most.
  private static let depthLimit = 64
  /// Bytes of a text with expressions, and numbers and names in them, at most.
  private static let lengthLimit = 1000
}
