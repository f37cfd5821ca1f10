extension JSON {
  /// How a document is written.
  package struct Style: Hashable, Sendable {
    /// Spaces per level, with one value per line; nil writes everything on one line without spaces.
    package var indentation: Int?
    /// Whether members are sorted by the code points of their keys, at every level.
    package var sortsKeys: Bool
    /// Whether everything beyond printable ASCII is written as `\uXXXX`.
    package var escapesNonASCII: Bool

    package init(indentation: Int?, sortsKeys: Bool, escapesNonASCII: Bool) {
      self.indentation = indentation
      self.sortsKeys = sortsKeys
      self.escapesNonASCII = escapesNonASCII
    }

    /// One line as serde_json writes it, in document order; safetensors headers are of this form.
    package static let compact = Style(indentation: nil, sortsKeys: false, escapesNonASCII: false)
    /// What Python writes for `json.dumps(value, indent=2, sort_keys=True)`; config.json is of this form.
    package static let pretty = Style(indentation: 2, sortsKeys: true, escapesNonASCII: true)
    /// What Python writes for `json.dumps(value, indent=2)`: document order.
    package static let prettyInOrder = Style(indentation: 2, sortsKeys: false, escapesNonASCII: true)
  }

  /// The document as text, without a line break at the end; numbers are written as Python's `repr` writes them.
  ///
  /// - Precondition: Every number is finite.
  package func serialized(_ style: Style) -> String {
    var writer = Writer(style: style)
    writer.write(self, level: 0)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

private struct Writer {
  let style: JSON.Style
  var bytes: [UInt8] = []

  mutating func write(_ value: JSON, level: Int) {
    switch value {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .boolean(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
    case .integer(let number): bytes.append(contentsOf: String(number).utf8)
    case .number(let number): bytes.append(contentsOf: number.pythonRepresentation.utf8)
    case .string(let text): write(text)
    case .array(let elements): write(elements, level: level)
    case .object(let members): write(members, level: level)
    }
  }

  private mutating func write(_ elements: [JSON], level: Int) {
    bytes.append(UInt8(ascii: "["))
    for (index, element) in elements.enumerated() {
      separate(index, level: level + 1)
      write(element, level: level + 1)
    }
    if !elements.isEmpty { breakLine(level: level) }
    bytes.append(UInt8(ascii: "]"))
  }

  private mutating func write(_ members: [JSON.Member], level: Int) {
    var members = members
    if style.sortsKeys { members.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } }
    bytes.append(UInt8(ascii: "{"))
    for (index, member) in members.enumerated() {
      separate(index, level: level + 1)
      write(member.key)
      bytes.append(UInt8(ascii: ":"))
      if style.indentation != nil { bytes.append(0x20) }
      write(member.value, level: level + 1)
    }
    if !members.isEmpty { breakLine(level: level) }
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func separate(_ index: Int, level: Int) {
    if index > 0 { bytes.append(UInt8(ascii: ",")) }
    breakLine(level: level)
  }

  private mutating func breakLine(level: Int) {
    guard let indentation = style.indentation else { return }
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: indentation * level))
  }

  private mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": bytes.append(contentsOf: "\\\"".utf8)
      case "\\": bytes.append(contentsOf: "\\\\".utf8)
      case "\n": bytes.append(contentsOf: "\\n".utf8)
      case "\r": bytes.append(contentsOf: "\\r".utf8)
      case "\t": bytes.append(contentsOf: "\\t".utf8)
      case "\u{8}": bytes.append(contentsOf: "\\b".utf8)
      case "\u{C}": bytes.append(contentsOf: "\\f".utf8)
      case " "..."~": bytes.append(UInt8(truncatingIfNeeded: scalar.value))
      default:
        if style.escapesNonASCII || scalar.value < 0x20 {
          for unit in scalar.utf16 { escape(unit) }
        } else {
          bytes.append(contentsOf: scalar.utf8)
        }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ unit: UInt16) {
    let digits = String(unit, radix: 16)
    bytes.append(contentsOf: "\\u".utf8)
    bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count))
    bytes.append(contentsOf: digits.utf8)
  }
}

extension Double {
  /// The shortest text that reads back as this number, laid out as Python does: exponents below 1e-4 and from 1e16 on.
  fileprivate var pythonRepresentation: String {
    precondition(isFinite, "JSON has no \(self)")
    var digits: [Character] = []
    var pointIndex = 0
    var exponent = 0
    var isFraction = false
    let parts = description.drop { $0 == "-" }.split(separator: "e")
    for character in parts[0] {
      if character == "." {
        isFraction = true
      } else {
        digits.append(character)
        if !isFraction { pointIndex += 1 }
      }
    }
    if parts.count == 2 { exponent = Int(parts[1]) ?? 0 }
    let zeros = digits.prefix { $0 == "0" }.count
    let sign = self.sign == .minus ? "-" : ""
    guard zeros < digits.count else { return sign + "0.0" }
    digits.removeFirst(zeros)
    while digits.last == "0" { digits.removeLast() }
    // The number is 0.DIGITS · 10^point.
    let point = pointIndex - zeros + exponent
    if point > 16 || point < -3 {
      let power = point - 1
      let fraction = digits.count > 1 ? "." + String(digits.dropFirst()) : ""
      let magnitude = String(abs(power))
      let padding = magnitude.count < 2 ? "0" : ""
      return sign + String(digits[0]) + fraction + "e" + (power < 0 ? "-" : "+") + padding + magnitude
    }
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + String(digits) }
    if digits.count <= point {
      return sign + String(digits) + String(repeating: "0", count: point - digits.count) + ".0"
    }
    return sign + String(digits[..<point]) + "." + String(digits[point...])
  }
}
