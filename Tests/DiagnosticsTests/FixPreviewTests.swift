import Diagnostics
import Testing

/// How fix-its are shown.
@Suite struct FixPreviewTests {
  private let file = SourceFile(name: "a.yaml", text: "one: 1\ntwo: 2\nthree: 3\n")

  private func span(_ start: Int, _ count: Int) -> SourceSpan { SourceSpan(start: start, end: start + count) }

  private func rendered(_ edits: [TextEdit], in file: SourceFile? = nil) -> String {
    let file = file ?? self.file
    let fixIt = FixIt("do it", .safe, edits: edits)
    let text = Diagnostic(.error, DiagnosticCode("x"), "wrong", in: file, at: span(0, 3), fixIts: [fixIt]).rendered()
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(5).joined(separator: "\n")
  }

  @Test func whatIsReplacedAndWhatIsInsertedIsMarked() {
    #expect(
      rendered([TextEdit(span(0, 3), "uno"), TextEdit(span(5, 0), "!")]) == """
           |
        help: do it
           |
         1 | uno: !1
           | ~~~  +

        """
    )
  }

  @Test func whatIsRemovedIsShownBeforeAndAfter() {
    #expect(rendered([TextEdit(span(3, 3), "")]) == "   |\nhelp: do it\n   |\n 1 - one: 1\n 1 + one\n")
    #expect(rendered([TextEdit(span(7, 7), "")]) == "   |\nhelp: do it\n   |\n 2 - two: 2\n")
  }

  @Test func linesMayComeAndPlacesMayBeApart() {
    #expect(
      rendered([TextEdit(span(0, 0), "zero: 0\n"), TextEdit(span(21, 1), "")])
        == """
           |
        help: do it
           |
         1 + zero: 0
         3 - three: 3
         3 + three:\u{20}

        """.replacing(" \n", with: "\n")
    )
  }

  @Test(arguments: [
    String(repeating: "line\n", count: 40), String(repeating: "x", count: 4_000),
  ])
  func whatIsLongIsOnlyNamed(replacement: String) {
    #expect(rendered([TextEdit(span(0, 3), replacement)]) == "   |\n   = help: do it\n")
  }

  @Test func whatHasNoSensibleEditsIsOnlyNamed() {
    let named = "   |\n   = help: do it\n"
    #expect(rendered([]) == named)
    #expect(rendered([TextEdit(span(0, 9_999), "x")]) == named)
    #expect(rendered([TextEdit(span(0, 5), "x"), TextEdit(span(2, 5), "y")]) == named)
    #expect(rendered([TextEdit(span(0, 3), "one")]) == "   |\nhelp: do it\n   |\n 1 | one: 1\n   | ~~~\n")
  }

  @Test func placesAndEditsInOtherFilesSayWhere() {
    let base = SourceFile(name: "base.yaml", text: "first: 1\nsecond: 2\n")
    let diagnostic = Diagnostic(
      .warning,
      DiagnosticCode("sample"),
      "overridden",
      in: file,
      at: span(7, 3),
      label: "here",
      secondary: [LabelledSpan(span(9, 6), "there", in: base), LabelledSpan(span(0, 3), "and here")],
      notes: ["because"],
      fixIts: [FixIt("call it two", .safe, edits: [TextEdit(span(9, 6), "two", in: base)])]
    )
    #expect(
      diagnostic.rendered() == """
        warning: overridden [sample]
          --> a.yaml:2:1
           |
         1 | one: 1
           | --- and here
         2 | two: 2
           | ^^^ here
           |
          --> base.yaml:2:1
           |
         2 | second: 2
           | ------ there
           |
           = note: because
           |
        help: call it two
          --> base.yaml
           |
         2 | two: 2
           | ~~~

        """
    )
  }

  @Test func userTextInMessagesCannotBreakTheirLine() {
    let diagnostic = Diagnostic(
      .error,
      DiagnosticCode("x"),
      "\"a\n\u{1B}[2J\u{202E}\u{200B}\" is wrong",
      notes: ["b\tc"]
    )
    let text = #"error: "a\n\u{1b}[2J\u{202e}\u{200b}" is wrong [x]"#
    #expect(diagnostic.rendered() == text + "\n   = note: b\\tc\n")
    #expect(diagnostic.concise == text)
    #expect(Diagnostic(.error, DiagnosticCode("x"), String(repeating: "a", count: 100_000)).rendered().count < 1_100)
  }
}
