import Diagnostics
import Foundation
import Recipes
import TestSupport
import Testing

@Suite struct RecipeFixtureTests {
  static let fixtures = Places.files(in: Places.fixtures(of: "Recipes").appending(path: "diagnostics"), suffix: "yaml")

  @Test func thereAreFixtures() { #expect(Self.fixtures.count > 40) }

  @Test(arguments: fixtures)
  func aFixItRemovesItsCause(fixture: URL) throws {
    let file = SourceFile(name: fixture.lastPathComponent, bytes: Array(try Data(contentsOf: fixture)))
    for diagnostic in Recipe.check(file, including: .fixtures).diagnostics where !diagnostic.fixIts.isEmpty {
      let fixed = Recipe.check(file.applying(diagnostic.fixIts), including: .fixtures)
      #expect(!fixed.diagnostics.map(\.code).contains(diagnostic.code), "\(fixed.diagnostics.rendered())")
    }
  }

  @Test(arguments: fixtures)
  func everyFixtureYieldsItsCodeAloneAndTheRecordedText(fixture: URL) throws {
    let file = SourceFile(name: fixture.lastPathComponent, bytes: Array(try Data(contentsOf: fixture)))
    let checked = Recipe.check(file, including: .fixtures)
    let code = fixture.deletingPathExtension().lastPathComponent
    #expect(Set(checked.diagnostics.map(\.code.name)).contains(code))
    #expect(checked.diagnostics.filter { $0.severity == .error && $0.code.name != code }.isEmpty, "a cascade")
    try expectSnapshot(
      checked.diagnostics.rendered(),
      at: fixture.deletingPathExtension().appendingPathExtension("txt")
    )
  }
}
