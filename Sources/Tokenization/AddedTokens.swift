/// Tokens that are cut out of a text before the model sees it: the leftmost first, the longest of those.
struct AddedTokens: Sendable {
  /// One token and how it may be cut out.
  struct Token: Sendable {
    /// The bytes looked for.
    var content: [UInt8]
    var id: Int32
    /// Whether it counts only where no word character touches it.
    var isSingleWord = false
    /// Whether it takes the white space before it along.
    var stripsLeft = false
    /// Whether it takes the white space behind it along.
    var stripsRight = false
  }

  private var tokens: [Token] = []
  /// Children in a trie over bytes: `node << 8 | byte` to node; the root is node 0.
  private var children: [Int: Int] = [:]
  /// The token that ends at each node.
  private var endings: [Int?] = [nil]
  /// Whether any token starts with a byte.
  private var startsToken = [Bool](repeating: false, count: 256)

  /// Whether there is nothing to cut out.
  var isEmpty: Bool { tokens.isEmpty }

  /// Takes tokens; of two with the same content the second counts, and those without content are never found.
  init(_ tokens: [Token]) {
    for token in tokens where !token.content.isEmpty {
      startsToken[Int(token.content[0])] = true
      var node = 0
      for byte in token.content {
        let edge = node << 8 | Int(byte)
        if let child = children[edge] {
          node = child
        } else {
          node = endings.count
          children[edge] = node
          endings.append(nil)
        }
      }
      endings[node] = self.tokens.count
      self.tokens.append(token)
    }
  }

  /// Calls a closure with the parts of a text in order: tokens with their id, and what lies between without one.
  func forEachPart(of text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>, Int32?) -> Void) {
    var covered = 0
    var position = 0
    while let (range, token) = nextMatch(in: text, from: position) {
      position = range.upperBound
      if token.isSingleWord && Self.touchesWord(range, in: text) { continue }
      var start = range.lowerBound
      var end = range.upperBound
      if token.stripsLeft { start = max(Self.startOfSpace(before: start, in: text), covered) }
      if token.stripsRight { end = Self.endOfSpace(behind: end, in: text) }
      if covered < start { body(covered..<start, nil) }
      // White space taken along by the token before may reach over this one.
      body(min(start, end)..<end, token.id)
      covered = end
    }
    if covered < text.count { body(covered..<text.count, nil) }
  }

  private func nextMatch(in text: UnsafeBufferPointer<UInt8>, from position: Int) -> (Range<Int>, Token)? {
    if isEmpty { return nil }
    for start in position..<text.count where startsToken[Int(text[start])] {
      var node = 0
      var found: (end: Int, token: Int)?
      for index in start..<text.count {
        guard let child = children[node << 8 | Int(text[index])] else { break }
        node = child
        if let token = endings[node] { found = (index + 1, token) }
      }
      if let found { return (start..<found.end, tokens[found.token]) }
    }
    return nil
  }

  private static func touchesWord(_ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Bool {
    if range.lowerBound > 0, isWord(UTF8Text.scalar(in: text, endingAt: range.lowerBound).scalar) { return true }
    return range.upperBound < text.count && isWord(UTF8Text.scalar(in: text, at: range.upperBound).scalar)
  }

  /// Word characters as UTS #18 has them.
  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
    default: return false
    }
  }

  private static func startOfSpace(before end: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
    var start = end
    while start > 0 {
      let (scalar, length) = UTF8Text.scalar(in: text, endingAt: start)
      guard scalar.properties.isWhitespace else { break }
      start -= length
    }
    return start
  }

  private static func endOfSpace(behind start: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
    var end = start
    while end < text.count {
      let (scalar, length) = UTF8Text.scalar(in: text, at: end)
      guard scalar.properties.isWhitespace else { break }
      end += length
    }
    return end
  }
}
