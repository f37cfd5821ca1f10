import Diagnostics
import Testing

/// Where marks and their labels stand, in one line and over several.
@Suite struct MarkLayoutTests {
  /// A rendering of marks: the first part found in the text is the primary place, the others follow in their order.
  private func rendered(_ text: String, _ parts: [(part: String, label: String)]) throws -> String {
    let file = SourceFile(name: "a.yaml", text: text)
    let spans = try parts.map { LabelledSpan(try #require(file.span(of: $0.part), "\($0.part)"), $0.label) }
    let diagnostic = Diagnostic(
      .error,
      DiagnosticCode("sample"),
      "wrong",
      in: file,
      at: spans[0].span,
      label: spans[0].label,
      secondary: Array(spans.dropFirst())
    )
    return diagnostic.rendered().split(separator: "\n", omittingEmptySubsequences: false).dropFirst(3)
      .joined(separator: "\n")
  }

  @Test func labelsOfOneLineHangWithoutColliding() throws {
    #expect(
      try rendered("{aaa: bbb, ccc: ddd}\n", [("ddd", "last"), ("aaa", "a long label"), ("bbb", "b"), ("ccc", "c")])
        == """
         1 | {aaa: bbb, ccc: ddd}
           |  ---  ---  ---  ^^^ last
           |  |    |    |
           |  |    b    c
           |  a long label

        """
    )
  }

  @Test func aMarkWithinAnotherIsDrawnOverItAndBothAreLabelled() throws {
    #expect(
      try rendered("scheme: W4A17\n", [("A17", "inner"), ("scheme: W4A17", "outer")]) == """
         1 | scheme: W4A17
           | ----------^^^ inner
           | |
           | outer

        """
    )
    #expect(
      try rendered("scheme: W4A17\n", [("scheme", "here"), ("scheme", "there")]) == """
         1 | scheme: W4A17
           | ^^^^^^ there
           | |
           | here

        """
    )
  }

  @Test func aPlaceOfSeveralLinesHasABar() throws {
    #expect(
      try rendered("a:\n  b: 1\n  c: 2\nd: 3\n", [("b: 1\n  c: 2\n", "both")]) == """
         2 | /   b: 1
         3 | |   c: 2
           | |______^ both

        """
    )
  }

  @Test func aPlaceThatBeginsWithinALineIsLedToItsBar() throws {
    #expect(
      try rendered("a: [1,\n  2]\nd: 3\n", [("[1,\n  2]", "list"), ("a", "key")]) == """
         1 |   a: [1,
           |   - key
           |  ____^
         2 | |   2]
           | |____^ list

        """
    )
  }

  @Test func theMiddleOfALongPlaceIsLeftOutAndItsBarGoesOn() throws {
    let lines = (1...20).map { "k\($0): \($0)" }
    #expect(
      try rendered(lines.joined(separator: "\n"), [(lines.joined(separator: "\n"), "all"), ("k9", "nine")]) == """
          1 | / k1: 1
          2 | | k2: 2
          3 | | k3: 3
           ...|
          9 | | k9: 9
            | | -- nine
           ...|
         19 | | k19: 19
         20 | | k20: 20
            | |_______^ all

        """
    )
  }

  @Test func placesWithinPlacesHaveBarsSideBySide() throws {
    #expect(
      try rendered(
        "a:\n  b:\n    c: 1\n    d: 2\n  e: 3\n",
        [("c: 1\n    d: 2", "in"), ("b:\n    c: 1\n    d: 2\n  e: 3", "out")]
      )
        == """
         2 | /    b:
         3 | |/     c: 1
         4 | ||     d: 2
           | ||________^ in
         5 | |    e: 3
           | |_______- out

        """
    )
  }

  @Test func oneLineBetweenTwoIsShownInsteadOfAGap() throws {
    #expect(
      try rendered("a: 1\nb: 2\nc: 3\n", [("c", "second"), ("a", "first")]) == """
         1 | a: 1
           | - first
         2 | b: 2
         3 | c: 3
           | ^ second

        """
    )
  }

  @Test(arguments: [
    // East Asian, a combining accent, one emoji, one of four people joined, a flag, one made wide, Hangul in parts.
    ("漢字", 4), ("e\u{301}", 1), ("😀", 2), ("👨‍👩‍👧‍👦", 2), ("🇩🇪", 2), ("❤\u{FE0F}", 2), ("\u{1112}\u{1161}\u{11AB}", 2),
    ("ｶ", 1),
  ])
  func aMarkStandsBelowItsTextWhateverIsBeforeIt(before: String, width: Int) throws {
    let text = try rendered("\(before)x\n", [("x", "")])
    #expect(text == " 1 | \(before)x\n   | \(String(repeating: " ", count: width))^\n")
  }

  @Test func whiteSpaceAndEndsOfFilesCanBeMarked() throws {
    #expect(try rendered("a:   \nb", [("   \n", "space")]) == " 1 | a:\n   |   ^^^ space\n")
    let file = SourceFile(name: "a", text: "ab\n")
    for end in [3, 9_999] {
      let text = Diagnostic(.error, DiagnosticCode("x"), "x", in: file, at: SourceSpan(start: end, end: end)).rendered()
      #expect(text.hasSuffix(" 2 |\n   | ^\n"))
    }
  }

  @Test func invisibleCharactersAreMadeVisible() throws {
    #expect(try rendered("sch\u{200B}eme\u{1B}\n", [("eme", "")]) == " 1 | sch\u{FFFD}eme\u{241B}\n   |     ^^^\n")
  }

  @Test func coloursChangeNothingButColours() {
    let file = SourceFile(name: "a.yaml", text: "a: 漢字\n\tb: [1,\n  2]\nc: 3\n")
    let fixIts = [
      FixIt("replace", .safe, edits: [TextEdit(SourceSpan(start: 0, end: 1), "z")]),
      FixIt("remove", .safe, edits: [TextEdit(SourceSpan(start: 0, end: 10), "")]),
    ]
    for severity in Severity.allCases {
      let diagnostic = Diagnostic(
        severity,
        DiagnosticCode("x"),
        "wrong",
        in: file,
        at: SourceSpan(start: 14, end: 22),
        label: "list",
        secondary: [
          LabelledSpan(SourceSpan(start: 0, end: 1), "key"), LabelledSpan(SourceSpan(start: 3, end: 9), "value"),
        ],
        notes: ["because"],
        fixIts: fixIts
      )
      let coloured = diagnostic.rendered(color: .ansi)
      #expect(coloured.contains("\u{1B}["))
      #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == diagnostic.rendered())
    }
  }

  @Test func manyPlacesAreCountedAndNotShown() throws {
    let file = SourceFile(name: "a", text: (0..<5_000).map { "k\($0)\n" }.joined())
    let places = (0..<5_000).map { LabelledSpan(SourceSpan(start: $0, end: $0 + 1), "again") }
    let text = Diagnostic(.error, DiagnosticCode("x"), "x", in: file, secondary: places).rendered()
    #expect(text.utf8.count < 2_000)
    #expect(text.contains("4988 more places are not shown"))
  }
}

extension SourceFile {
  /// Where a text first stands.
  fileprivate func span(of part: String) -> SourceSpan? {
    let part = Array(part.utf8)
    let start = bytes.indices.first { bytes[$0...].starts(with: part) }
    return start.map { SourceSpan(start: $0, end: $0 + part.count) }
  }
}
