package import Syntax

/// Reads scalars where a type is expected, as liberally as pydantic's lax mode reads what PyYAML gives it.
///
/// Each function returns nil for a scalar that has no such reading.
package enum LaxCoercion {
  /// `true`, `"yes"`, `on`, `1`, `1.0` and their opposites.
  package static func boolean(_ scalar: ScalarSyntax) -> Bool? {
    switch scalar.plainValue {
    case .boolean(let value): value
    case .integer(let value): value == 0 ? false : value == 1 ? true : nil
    case .number(let value): value == 0 ? false : value == 1 ? true : nil
    case .string(let text): words[text.lowercased()]
    case .null, .date: nil
    }
  }

  /// `4`, `"4"`, `4.0` and `true`, but not `4.5`.
  package static func integer(_ scalar: ScalarSyntax) -> Int? {
    switch scalar.plainValue {
    case .boolean(let value): value ? 1 : 0
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    case .string(let text): number(text: text).flatMap { Int(exactly: $0) }
    case .null, .date: nil
    }
  }

  /// `0.5`, `1`, `true` and every text that Python's `float` reads, so also `1e-2`.
  package static func number(_ scalar: ScalarSyntax) -> Double? {
    switch scalar.plainValue {
    case .boolean(let value): value ? 1 : 0
    case .integer(let value): Double(value)
    case .number(let value): value
    case .string(let text): number(text: text)
    case .null, .date: nil
    }
  }

  /// Text only: what YAML 1.1 makes a number or a boolean needs quotes.
  package static func string(_ scalar: ScalarSyntax) -> String? {
    if case .string(let text) = scalar.plainValue { text } else { nil }
  }

  private static let words: [String: Bool] = [
    "0": false, "off": false, "f": false, "false": false, "n": false, "no": false,
    "1": true, "on": true, "t": true, "true": true, "y": true, "yes": true,
  ]

  /// Decimal text with spaces around it and single underscores inside; Swift would also read hexadecimal floats.
  private static func number(text: String) -> Double? {
    let trimmed = text.trimmingSpace
    guard !trimmed.contains("x"), !trimmed.contains("X"), !trimmed.hasPrefix("_"), !trimmed.hasSuffix("_") else {
      return nil
    }
    return Double(trimmed.filter { $0 != "_" })
  }
}

extension String {
  fileprivate var trimmingSpace: Substring {
    let head = drop(while: \.isWhitespace)
    guard let last = head.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return head[...last]
  }
}
