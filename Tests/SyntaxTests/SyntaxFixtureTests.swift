import Diagnostics
import Foundation
import Syntax
import TestSupport
import Testing

@Suite struct SyntaxFixtureTests {
  static let fixtures = Places.files(in: Places.fixtures(of: "Syntax").appending(path: "diagnostics"), suffix: "yaml")

  @Test func thereAreFixtures() { #expect(Self.fixtures.count > 10) }

  @Test(arguments: fixtures)
  func everyFixtureYieldsItsCodeAndTheRecordedText(fixture: URL) throws {
    let code = fixture.deletingPathExtension().lastPathComponent
    // Front matter is looked for in Markdown only.
    let name = code == "missing-front-matter" ? "\(code).md" : fixture.lastPathComponent
    let file = SourceFile(name: name, bytes: Array(try Data(contentsOf: fixture)))
    let diagnostics = SyntaxTree.parse(file).diagnostics
    #expect(diagnostics.map(\.code.name).contains(code))
    try expectSnapshot(diagnostics.rendered(), at: fixture.deletingPathExtension().appendingPathExtension("txt"))
  }
}
