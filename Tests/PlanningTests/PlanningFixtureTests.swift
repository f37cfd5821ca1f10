import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite struct PlanningFixtureTests {
  static let fixtures = Places.files(in: Places.fixtures(of: "Planning").appending(path: "diagnostics"), suffix: "yaml")

  @Test func thereAreFixtures() { #expect(Self.fixtures.count >= 11) }

  /// The model that a fixture is planned on; the bundled one unless the fault is the model's.
  private static func model(for code: String) throws -> BundledModel {
    switch code {
    case "calibration-needs-architecture", "unknown-architecture": try .unknown()
    case "sequence-exceeds-window": try .withWindow(256)
    default: try BundledModel()
    }
  }

  @Test(arguments: fixtures)
  func everyFixtureYieldsItsCodeAloneAndTheRecordedText(fixture: URL) throws {
    let file = SourceFile(name: fixture.lastPathComponent, bytes: Array(try Data(contentsOf: fixture)))
    let code = fixture.deletingPathExtension().lastPathComponent
    let checked = try Self.model(for: code).plan(file)
    #expect(checked.diagnostics.map(\.code.name).contains(code))
    #expect(checked.diagnostics.filter { $0.severity == .error && $0.code.name != code }.isEmpty, "a cascade")
    #expect((checked.value == nil) == checked.diagnostics.hasErrors)
    try expectSnapshot(
      checked.diagnostics.rendered(),
      at: fixture.deletingPathExtension().appendingPathExtension("txt")
    )
  }
}
