import Diagnostics
import Testing

@Suite struct SourceFileTests {
  @Test(arguments: [
    ("a\nb\nc", [0, 2, 4]), ("a\r\nb\rc\n", [0, 3, 5, 7]), ("", [0]), ("\n\n", [0, 1, 2]),
  ])
  func linesBeginAfterEachLineBreak(text: String, starts: [Int]) {
    let lines = SourceFile(name: "a", text: text).lines
    #expect((1...lines.count).map { lines.start(ofLine: $0) } == starts)
  }

  @Test func columnsCountCharactersAndNotBytes() {
    let file = SourceFile(name: "a", text: "éé: x\r\n漢字: y")
    #expect(file.position(at: 6) == SourcePosition(line: 1, column: 5))
    #expect(file.position(at: 17) == SourcePosition(line: 2, column: 5))
    #expect(file.position(at: 9_999) == SourcePosition(line: 2, column: 6))
  }

  @Test func aByteOrderMarkIsNoCharacter() {
    let file = SourceFile(name: "a", bytes: SourceFile.byteOrderMark + Array("ab".utf8))
    #expect(file.position(at: 4) == SourcePosition(line: 1, column: 2))
    #expect(file.position(at: 0) == SourcePosition(line: 1, column: 1))
  }

  @Test func fixItsApplyFromTheEndAndLeaveOutOverlaps() {
    let file = SourceFile(name: "a", text: "one two three")
    let fixes = [
      FixIt("1", .safe, edits: [TextEdit(SourceSpan(start: 0, end: 3), "1")]),
      FixIt("x", .safe, edits: [TextEdit(SourceSpan(start: 2, end: 5), "x")]),
      FixIt("3", .safe, edits: [TextEdit(SourceSpan(start: 8, end: 13), "3!")]),
    ]
    #expect(file.applying(fixes).text == "1 two 3!")
  }
}
