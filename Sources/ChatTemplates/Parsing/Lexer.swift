/// Cuts a template into tokens, with `trim_blocks` and `lstrip_blocks` as transformers sets them.
struct Lexer {
  private let source: [Unicode.Scalar]
  private var position = 0
  private var line = 1
  private var tokens: [Token] = []
  /// Whether what came last ended with a line break.
  private var startsLine = true
  /// Brackets that are open, by what closes them.
  private var open: [Unicode.Scalar] = []

  typealias Failure = ChatTemplateError

  static func tokens(of text: String) throws(Failure) -> [Token] {
    var lexer = Lexer(text)
    try lexer.readAll()
    return lexer.tokens
  }

  private init(_ text: String) {
    var scalars: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars {
      if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
      scalars.append(scalar)
    }
    source = Self.withoutLastBreak(scalars.map { $0 == "\r" ? "\n" : $0 })
  }

  private static func withoutLastBreak(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    scalars.last == "\n" ? scalars.dropLast() : scalars
  }

  // MARK: Text and tags

  private mutating func readAll() throws(Failure) {
    while position < source.count {
      guard let start = nextTag(from: position) else {
        add(.data(text(position..<source.count)))
        position = source.count
        break
      }
      let mark = source[start + 1]
      let sign = at(start + 2).flatMap { $0 == "-" || $0 == "+" ? $0 : nil }
      addData(position..<start, before: mark, sign: sign)
      position = start + 2 + (sign == nil ? 0 : 1)
      switch mark {
      case "#": try skipComment()
      case "{": try readTag(.output)
      default: if try !readRaw() { try readTag(.statement) }
      }
    }
    add(.endOfTemplate)
  }

  private func nextTag(from start: Int) -> Int? {
    guard source.count > 1 else { return nil }
    return (start..<max(source.count - 1, start)).first {
      source[$0] == "{" && (source[$0 + 1] == "{" || source[$0 + 1] == "%" || source[$0 + 1] == "#")
    }
  }

  /// Adds the text before a tag, without the space that the tag takes away.
  private mutating func addData(_ range: Range<Int>, before mark: Unicode.Scalar, sign: Unicode.Scalar?) {
    var end = range.upperBound
    if sign == "-" {
      while end > range.lowerBound, source[end - 1].properties.isWhitespace { end -= 1 }
    } else if sign == nil, mark != "{" {
      let start = source[range].lastIndex(of: "\n").map { $0 + 1 } ?? range.lowerBound
      let isIndentation = source[start..<end].allSatisfy(\.properties.isWhitespace)
      if isIndentation, start > range.lowerBound || startsLine { end = start }
    }
    if end > range.lowerBound { add(.data(text(range.lowerBound..<end))) }
    count(range)
  }

  private mutating func skipComment() throws(Failure) {
    guard let end = (position..<source.count).first(where: { source[$0] == "#" && at($0 + 1) == "}" }) else {
      throw failure("a comment without #}")
    }
    let sign = end > position ? source[end - 1] : "#"
    advance(to: end + 2)
    skipSpace(after: sign)
  }

  /// Reads `{% raw %}` up to `{% endraw %}`, if that is what stands there.
  private mutating func readRaw() throws(Failure) -> Bool {
    guard let (start, sign) = word("raw", from: position) else { return false }
    advance(to: start)
    if sign == "-" { skipWhile(\.properties.isWhitespace) }
    startsLine = source[start - 1] == "\n"
    var next = position
    while let tag = nextTag(from: next) {
      next = tag + 2
      guard source[tag + 1] == "%" else { continue }
      let first = at(next).flatMap { $0 == "-" || $0 == "+" ? $0 : nil }
      guard let (end, last) = word("endraw", from: next + (first == nil ? 0 : 1)) else { continue }
      addData(position..<tag, before: "%", sign: first)
      position = tag
      advance(to: end)
      skipSpace(after: last ?? "%")
      return true
    }
    throw failure("{% raw %} without {% endraw %}")
  }

  /// Where a tag of one word ends, and the sign before its `%}`.
  private func word(_ word: String, from start: Int) -> (end: Int, sign: Unicode.Scalar?)? {
    var next = start
    while at(next)?.properties.isWhitespace == true { next += 1 }
    for scalar in word.unicodeScalars {
      guard at(next) == scalar else { return nil }
      next += 1
    }
    while at(next)?.properties.isWhitespace == true { next += 1 }
    let sign = at(next).flatMap { $0 == "-" || $0 == "+" ? $0 : nil }
    if sign != nil { next += 1 }
    return at(next) == "%" && at(next + 1) == "}" ? (next + 2, sign) : nil
  }

  /// Takes the space away that follows a comment or a statement.
  private mutating func skipSpace(after sign: Unicode.Scalar) {
    startsLine = false
    let start = position
    if sign == "-" {
      skipWhile(\.properties.isWhitespace)
    } else if sign != "+", at(position) == "\n" {
      advance(to: position + 1)
    }
    if position > start { startsLine = source[position - 1] == "\n" }
  }

  // MARK: Inside of tags

  private mutating func readTag(_ tag: Token.Tag) throws(Failure) {
    add(.begin(tag))
    open = []
    while true {
      skipWhile(\.properties.isWhitespace)
      guard let scalar = at(position) else { throw failure(tag == .output ? "{{ without }}" : "{% without %}") }
      if open.isEmpty, endTag(tag) { return }
      if scalar.isDigit {
        try readNumber()
      } else if scalar == "_" || scalar.properties.isXIDStart {
        let start = position
        skipWhile { $0 == "_" || $0.properties.isXIDContinue }
        add(.name(text(start..<position)))
      } else if scalar == "'" || scalar == "\"" {
        try readString(scalar)
      } else {
        try readSign(scalar)
      }
    }
  }

  /// Ends a tag if its end stands here.
  private mutating func endTag(_ tag: Token.Tag) -> Bool {
    let mark: Unicode.Scalar = tag == .output ? "}" : "%"
    let first = at(position)
    // Outputs have no "+": it would be an operator without an operand.
    let sign: Unicode.Scalar? = first == "-" || (first == "+" && tag == .statement) ? first : nil
    let start = position + (sign == nil ? 0 : 1)
    guard at(start) == mark, at(start + 1) == "}" else { return false }
    add(.end(tag))
    position = start + 2
    startsLine = false
    if sign == "-" || tag == .statement { skipSpace(after: sign ?? "%") }
    return true
  }

  private mutating func readNumber() throws(Failure) {
    let start = position
    if at(position) == "0", let radix = at(position + 1).flatMap({ Self.radices[$0] }) {
      position += 2
      skipWhile { $0 == "_" || $0.properties.isXIDContinue }
      guard let value = Int(digits(start + 2..<position), radix: radix) else { throw failure("a number that is none") }
      return add(.integer(value))
    }
    skipWhile { $0.isDigit || $0 == "_" }
    var isFloat = false
    if at(position) == ".", at(position + 1)?.isDigit == true, start == 0 || source[start - 1] != "." {
      isFloat = true
      position += 1
      skipWhile { $0.isDigit || $0 == "_" }
    }
    if at(position) == "e" || at(position) == "E" {
      let sign = at(position + 1) == "+" || at(position + 1) == "-" ? 1 : 0
      if at(position + 1 + sign)?.isDigit == true {
        isFloat = true
        position += 1 + sign
        skipWhile { $0.isDigit || $0 == "_" }
      }
    }
    let text = digits(start..<position)
    if !isFloat, let value = Int(text) { return add(.integer(value)) }
    guard isFloat, let value = Double(text) else { throw failure("the number \(text), which has more than 64 bits") }
    add(.float(value))
  }

  private static let radices: [Unicode.Scalar: Int] = ["x": 16, "X": 16, "o": 8, "O": 8, "b": 2, "B": 2]

  private func digits(_ range: Range<Int>) -> String { text(range).filter { $0 != "_" } }

  private mutating func readString(_ mark: Unicode.Scalar) throws(Failure) {
    let first = line
    var text = String.UnicodeScalarView()
    position += 1
    while let scalar = at(position), scalar != mark {
      if scalar == "\\" {
        try readEscape(into: &text)
      } else {
        text.append(scalar)
        advance(to: position + 1)
      }
    }
    guard at(position) == mark else { throw failure("a string without its end") }
    position += 1
    tokens.append(Token(kind: .string(String(text)), line: first))
  }

  private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
    "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}",
    "v": "\u{B}",
  ]
  private static let digitCounts: [Unicode.Scalar: Int] = ["x": 2, "u": 4, "U": 8]

  private mutating func readEscape(into text: inout String.UnicodeScalarView) throws(Failure) {
    guard let scalar = at(position + 1) else { throw failure("a string without its end") }
    if let plain = Self.escapes[scalar] {
      text.append(plain)
      position += 2
    } else if scalar == "\n" {
      advance(to: position + 2)
    } else if let count = Self.digitCounts[scalar] {
      let range = position + 2..<position + 2 + count
      guard range.upperBound <= source.count, let value = UInt32(self.text(range), radix: 16),
        let meant = Unicode.Scalar(value)
      else { throw failure("an escape that is no character") }
      text.append(meant)
      position = range.upperBound
    } else if "01234567".unicodeScalars.contains(scalar) {
      let end =
        (position + 1..<position + 4).first { !(at($0).map { $0 >= "0" && $0 <= "7" } ?? false) } ?? position + 4
      guard let meant = UInt32(self.text(position + 1..<end), radix: 8).flatMap(Unicode.Scalar.init) else {
        throw failure("an escape that is no character")
      }
      text.append(meant)
      position = end
    } else {
      // As in Python, a backslash before any other character stands for itself.
      text.append("\\")
      position += 1
    }
  }

  private static let doubles = ["//", "**", "==", "!=", "<=", ">="]
  private static let singles = Set("+-/*%~[](){}<>=.:|,".unicodeScalars)
  private static let closing: [Unicode.Scalar: Unicode.Scalar] = ["(": ")", "[": "]", "{": "}"]

  private mutating func readSign(_ scalar: Unicode.Scalar) throws(Failure) {
    if position + 1 < source.count {
      let pair = text(position..<position + 2)
      if Self.doubles.contains(pair) {
        position += 2
        return add(.sign(pair))
      }
    }
    guard Self.singles.contains(scalar) else { throw failure("the character \"\(scalar)\"") }
    if let closing = Self.closing[scalar] {
      open.append(closing)
    } else if ")]}".unicodeScalars.contains(scalar), open.popLast() != scalar {
      throw failure("\"\(scalar)\" without its beginning")
    }
    position += 1
    add(.sign(String(scalar)))
  }

  // MARK: The source

  private func at(_ index: Int) -> Unicode.Scalar? { source.indices.contains(index) ? source[index] : nil }

  private func text(_ range: Range<Int>) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: source[range])
    return String(text)
  }

  private mutating func add(_ kind: Token.Kind) { tokens.append(Token(kind: kind, line: line)) }

  private mutating func skipWhile(_ isSkipped: (Unicode.Scalar) -> Bool) {
    var end = position
    while let scalar = at(end), isSkipped(scalar) { end += 1 }
    advance(to: end)
  }

  private mutating func advance(to end: Int) {
    count(position..<end)
    position = end
  }

  private mutating func count(_ range: Range<Int>) {
    line += source[range].count { $0 == "\n" }
  }

  private func failure(_ what: String) -> Failure { ChatTemplateError(line: line, fault: .syntax(what)) }
}

extension Unicode.Scalar {
  fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
}
