import Patterns
import Testing

@Suite struct PatternTests {
  @Test(arguments: [
    ("a", "abc", true), ("b", "abc", false), ("", "", true), ("", "x", true),
    (".*proj", "model.layers.0.q_proj.weight", true),
    ("^b|a", "ab", true), ("(?:x|a)b$", "ab", true), ("ab$", "abc", false), (#"\d+"#, "٣x", true), (#"\w"#, "é", true),
    ("é", "e\u{301}", false), ("(?i)É", "é", true), ("a(b)(c)?", "ab", true),
  ])
  func aMatchStartsWhereTheTextStarts(pattern: String, text: String, matches: Bool) throws {
    #expect(try Pattern(pattern).matchesAtStart(text) == matches)
  }

  @Test(arguments: [("a(", 2), ("[b", 2), ("*", 0), (#"ab\p{Nope}"#, 10)])
  func aFaultIsNamedAndPlaced(pattern: String, offset: Int) {
    let error = #expect(throws: PatternError.self) { try Pattern(pattern) }
    #expect(error?.offset == offset)
    #expect(error?.message.isEmpty == false)
  }

  @Test func theMessageIsPCRE2s() {
    #expect(throws: PatternError(message: "missing closing parenthesis", offset: 2)) { try Pattern("a(") }
  }

  private func matches(_ pattern: String, in text: String) throws -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    let pattern = try Pattern(pattern)
    Array(text.utf8).withUnsafeBufferPointer { bytes in pattern.forEachMatch(in: bytes) { ranges.append($0) } }
    return ranges
  }

  @Test func matchesAreGivenAsByteRanges() throws {
    #expect(try matches(#"\p{L}+"#, in: "é b ça") == [0..<2, 3..<4, 5..<8])
    #expect(try matches("x", in: "abc") == [])
    #expect(try matches("x", in: "") == [])
  }

  @Test func emptyMatchesStandBetweenScalarsButNotBehindAMatch() throws {
    #expect(try matches("", in: "éa") == [0..<0, 2..<2, 3..<3])
    #expect(try matches("x*", in: "axxb") == [0..<0, 1..<3, 4..<4])
  }

  @Test func aPatternThatWouldSearchForeverFindsNothing() throws {
    #expect(try Pattern("(a+)+$").matchesAtStart(String(repeating: "a", count: 40) + "b") == false)
  }

  @Test func longRunsDoNotExhaustTheStack() throws {
    let text = String(repeating: "ab", count: 500_000)
    #expect(try matches("(?:a|b)+c?", in: text) == [0..<1_000_000])
  }

  @Test func onePatternServesManyThreads() async throws {
    let pattern = try Pattern(#"(\w)\1"#)
    let found = await withTaskGroup(of: Bool.self) { group in
      for index in 0..<64 { group.addTask { pattern.matchesAtStart(index.isMultiple(of: 2) ? "aab" : "ab") } }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(found == 32)
  }
}
