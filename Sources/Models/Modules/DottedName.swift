/// A name of parts with dots between them, such as `model.layers.0.mlp.up_proj`.
package struct DottedName: Hashable, Sendable {
  /// The whole name.
  package let text: String

  package init(_ text: String) {
    self.text = text
  }

  /// What stands behind the last dot: all of a name without dots.
  package var last: Substring { lastDot.map { text[text.index(after: $0)...] } ?? text[...] }

  /// What stands before the last dot; empty for a name without dots.
  package var parent: Substring { lastDot.map { text[..<$0] } ?? "" }

  /// The first part that is a number: in names of modules, that of the block.
  package var firstNumber: Int? {
    var value = 0
    var digitCount = 0
    var isNumber = true
    for byte in text.utf8 {
      if byte == Self.dot {
        if isNumber, digitCount > 0 { return value }
        (value, digitCount, isNumber) = (0, 0, true)
      } else if UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte, digitCount < Self.digitLimit {
        value = 10 * value + Int(byte - UInt8(ascii: "0"))
        digitCount += 1
      } else {
        isNumber = false
      }
    }
    return isNumber && digitCount > 0 ? value : nil
  }

  /// The parts, first to last.
  package var parts: [Substring] { text.utf8.split(separator: Self.dot).map(Substring.init) }

  /// Whether any part is one of a few.
  package func hasPart(in words: [Substring]) -> Bool {
    let bytes = text.utf8
    var start = bytes.startIndex
    while true {
      let end = bytes[start...].firstIndex(of: Self.dot) ?? bytes.endIndex
      let part = bytes[start..<end]
      if words.contains(where: { $0.utf8.count == part.count && $0.utf8.elementsEqual(part) }) { return true }
      guard end < bytes.endIndex else { return false }
      start = bytes.index(after: end)
    }
  }

  private var lastDot: String.Index? { text.utf8.lastIndex(of: Self.dot) }

  private static let dot = UInt8(ascii: ".")
  /// Digits of a number at most, which keeps it far from overflow.
  private static let digitLimit = 9
}
