import Diagnostics
import Testing

@Suite struct RenderingTests {
  private let sample = DiagnosticCode("sample")
  private let file = SourceFile(name: "a.yaml", text: "one: 1\n\tzwei: 漢字 x\nthree: 3\nfour: 4\n")

  private func span(_ start: Int, _ count: Int) -> SourceSpan { SourceSpan(start: start, end: start + count) }

  @Test func aMessageShowsItsLine() {
    let diagnostic = Diagnostic(
      .error,
      sample,
      "wrong",
      in: file,
      at: span(5, 1),
      label: "this",
      help: "do that",
      notes: ["because"],
      fixIts: [FixIt("replace with 2", .safe, edits: [TextEdit(span(5, 1), "2")])]
    )
    #expect(
      diagnostic.rendered() == """
        error: wrong [sample]
          --> a.yaml:1:6
           |
         1 | one: 1
           |      ^ this
           |
           = help: do that
           = note: because
           |
        help: replace with 2
           |
         1 | one: 2
           |      ~

        """
    )
    #expect(diagnostic.concise == "a.yaml:1:6: error: wrong [sample]")
  }

  @Test func tabsAndWideCharactersKeepTheMarkUnderTheText() {
    let diagnostic = Diagnostic(.warning, sample, "wide", in: file, at: span(21, 1))
    #expect(
      diagnostic.rendered() == """
        warning: wide [sample]
          --> a.yaml:2:11
           |
         2 |     zwei: 漢字 x
           |                ^

        """
    )
  }

  @Test func furtherPlacesAreMarkedInTheirLines() {
    let diagnostic = Diagnostic(
      .note,
      sample,
      "twice",
      in: file,
      at: span(32, 4),
      label: "second",
      secondary: [LabelledSpan(span(0, 3), "first"), LabelledSpan(span(38, 1), "here")]
    )
    #expect(
      diagnostic.rendered() == """
        note: twice [sample]
          --> a.yaml:4:1
           |
         1 | one: 1
           | --- first
          ...
         4 | four: 4
           | ^^^^  - here
           | |
           | second

        """
    )
  }

  @Test func whatIsAboutNoTextHasNoPlace() {
    let diagnostic = Diagnostic(.error, sample, "no model")
    #expect(diagnostic.rendered() == "error: no model [sample]\n")
    #expect(diagnostic.concise == "error: no model [sample]")
  }

  @Test func controlCharactersAreNeverPrinted() {
    let hostile = SourceFile(name: "a", text: "a\u{1B}[31m\u{202E}b")
    let text = Diagnostic(.error, sample, "x", in: hostile, at: span(0, 1)).rendered()
    #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}"))
    #expect(Diagnostic(.error, sample, "x").rendered(color: .ansi).contains("\u{1B}[1;31m"))
  }

  @Test func aVeryLongLineIsCutAroundTheMark() {
    let long = SourceFile(
      name: "a",
      text: String(repeating: "é", count: 50_000) + "x" + String(repeating: "-", count: 900)
    )
    let text = Diagnostic(.error, sample, "x", in: long, at: span(100_000, 1)).rendered()
    let lines = text.split(separator: "\n")
    #expect(text.utf8.count < 2_000)
    #expect(lines[3].hasPrefix(" 1 | …é") && lines[3].hasSuffix("-…"))
    #expect(
      lines[3].firstIndex(of: "x")
        == lines[4].firstIndex(of: "^").map {
          lines[3].index(lines[3].startIndex, offsetBy: lines[4].distance(from: lines[4].startIndex, to: $0))
        }
    )
  }

  @Test func brokenBytesKeepTheMarkInPlace() {
    let broken = SourceFile(name: "a", bytes: [0x61, 0xE9, 0x20, 0x62])
    let text = Diagnostic(.error, sample, "x", in: broken, at: span(3, 1)).rendered()
    #expect(text.contains(" 1 | a\u{FFFD} b\n   |    ^\n"))
  }
}
