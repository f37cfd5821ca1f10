import Diagnostics
import Testing

/// Making fix-its until none is left.
@Suite struct FixingTests {
  /// A checker that wants each occurrence of a word replaced.
  private func replacing(
    _ pairs: [(word: String, replacement: String)],
    _ applicability: FixIt.Applicability = .safe
  ) -> (SourceFile) -> [Diagnostic] {
    { file in
      pairs.flatMap { word, replacement in
        file.starts(of: word).map { start in
          let span = SourceSpan(start: start, end: start + word.utf8.count)
          let fixIt = FixIt("replace", applicability, edits: [TextEdit(span, replacement)])
          return Diagnostic(.error, DiagnosticCode("x"), "wrong", in: file, at: span, fixIts: [fixIt])
        }
      }
    }
  }

  @Test func roundsGoOnUntilNothingIsLeft() {
    let fixed = SourceFile(name: "a", text: "one one").fixing(replacing([("one", "two"), ("two", "three")]))
    #expect(fixed.file.text == "three three")
    #expect(fixed.fixCount == 4)
    #expect(fixed.diagnostics.isEmpty)
  }

  @Test func ofTwoThatOverlapTheFirstWinsAndTheOtherComesNext() {
    let fixed = SourceFile(name: "a", text: "abc").fixing(replacing([("ab", "x"), ("bc", "y"), ("xc", "z")]))
    #expect(fixed.file.text == "z")
    #expect(fixed.fixCount == 2)
  }

  @Test func fixItsThatUndoEachOtherComeToAnEnd() {
    let fixed = SourceFile(name: "a", text: "yes").fixing(replacing([("yes", "no"), ("no", "yes")]))
    #expect(fixed.file.text == "no")
    #expect(fixed.diagnostics.count == 1)
    let growing = SourceFile(name: "a", text: "a").fixing(replacing([("a", "ab")]))
    #expect(growing.fixCount == 100)
  }

  @Test(arguments: [FixIt.Applicability.unsafe, .displayOnly])
  func onlySafeFixItsAreMade(applicability: FixIt.Applicability) {
    let file = SourceFile(name: "a", text: "one")
    let fixed = file.fixing(replacing([("one", "two")], applicability))
    #expect(fixed.file == file)
    #expect(fixed.fixCount == 0 && fixed.diagnostics.count == 1)
  }

  @Test func whatReachesIntoOtherFilesIsLeftAlone() {
    let file = SourceFile(name: "a", text: "one")
    let base = SourceFile(name: "b", text: "one")
    let span = SourceSpan(start: 0, end: 3)
    let edits = [TextEdit(span, "two"), TextEdit(span, "two", in: base)]
    let both = FixIt("replace", .safe, edits: edits)
    #expect(file.fixing { [Diagnostic(.error, DiagnosticCode("x"), "x", in: $0, fixIts: [both])] }.file == file)
    #expect(file.fixing { _ in replacing([("one", "two")])(base) }.file == file)
  }

  @Test func editsOfOneFixItThatOverlapAreNotMade() {
    let file = SourceFile(name: "a", text: "one two")
    let edits = [TextEdit(SourceSpan(start: 0, end: 5), "x"), TextEdit(SourceSpan(start: 3, end: 7), "y")]
    #expect(file.applyingCompatible([FixIt("x", .safe, edits: edits)]).count == 0)
  }

  @Test func replacementsTakeTheLineBreaksOfTheTextAndAllElseStays() {
    let mark = SourceFile.byteOrderMark
    let file = SourceFile(name: "a", bytes: mark + Array("one: 1\r\ntwo: 2\n\u{E9}\r\n".utf8) + [0xFF])
    let fixed = file.fixing(replacing([("1", "a\nb\r\nc")]))
    #expect(fixed.file.bytes == mark + Array("one: a\r\nb\r\nc\r\ntwo: 2\n\u{E9}\r\n".utf8) + [0xFF])
    let plain = SourceFile(name: "a", text: "one: 1\ntwo: 2\r\n").fixing(replacing([("1", "a\nb")]))
    #expect(plain.file.text == "one: a\nb\ntwo: 2\r\n")
  }

  @Test func manyFixItsOfOneLineAreMadeAtOnce() {
    let count = 20_000
    let file = SourceFile(name: "a", text: String(repeating: "é1 ", count: count))
    let fixed = file.fixing(replacing([("1", "2")]))
    #expect(fixed.fixCount == count)
    #expect(fixed.file.text == String(repeating: "é2 ", count: count))
    // Columns are found without counting from the line's start.
    #expect(file.position(at: file.bytes.count - 1) == SourcePosition(line: 1, column: 3 * count))
  }
}

extension SourceFile {
  fileprivate func starts(of word: String) -> [Int] {
    let word = Array(word.utf8)
    return bytes.indices.filter { bytes[$0...].starts(with: word) }
  }
}
