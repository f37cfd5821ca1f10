import Diagnostics
import Foundation
import Models
import TestSupport
import Testing

/// Architecture documents with mistakes, and what is said of them.
@Suite struct ArchitectureFixtureTests {
  static let fixtures = Places.files(in: Places.fixtures(of: "Models").appending(path: "diagnostics"), suffix: "yaml")

  @Test func thereAreFixtures() { #expect(Self.fixtures.count == 4) }

  @Test(arguments: fixtures)
  func everyFixtureYieldsItsCodeAloneAndTheRecordedText(fixture: URL) throws {
    let code = fixture.deletingPathExtension().lastPathComponent
    let file = SourceFile(name: fixture.lastPathComponent, bytes: Array(try Data(contentsOf: fixture)))
    let checked = Architecture.read(file)
    #expect(checked.value == nil)
    #expect(Set(checked.diagnostics.map(\.code.name)) == [code], "\(checked.diagnostics.rendered())")
    try expectSnapshot(
      checked.diagnostics.rendered(),
      at: fixture.deletingPathExtension().appendingPathExtension("txt")
    )
  }

  @Test func aNameHasANumberForItsBlockAndOneForItsExpertAtMost() throws {
    let document = try String(contentsOf: Places.inRepository("grammar/models/llama.yaml"), encoding: .utf8)
    let deep = document.replacing("  lm_head: Linear", with: "  lm_head: Linear\n  model.*.x.*.y.*: Linear")
    let checked = Architecture.read(SourceFile(name: "x.yaml", text: deep))
    #expect(checked.diagnostics.map(\.code.name) == ["architecture-wrong-value"])
    #expect(checked.value == nil)
  }

  @Test(arguments: ["", "[]", "family: x\n", "a: &b *b\n", "family: [x]\nmodules: 3\ndecoder: {head: []}\n"])
  func whatIsNoDocumentIsRefusedWithoutHarm(text: String) {
    let checked = Architecture.read(SourceFile(name: "x.yaml", text: text))
    #expect(checked.value == nil && checked.hasErrors)
  }
}
