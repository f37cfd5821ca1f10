import CommandLineInterface
import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite struct DiagnosticFixtureTests {
  private static let folder = Workspace.fixtures.appending(path: "diagnostics")

  @Test func everyFixtureHasACase() {
    let fixtures = Places.files(in: Self.folder, suffix: "yaml").map { $0.deletingPathExtension().lastPathComponent }
    #expect(!fixtures.isEmpty)
    #expect(DiagnosticCase.all.map(\.code).sorted() == fixtures)
  }

  @Test(arguments: DiagnosticCase.all)
  func aFaultIsToldInTheRecordedWordsAndEndsWithItsStatus(example: DiagnosticCase) throws {
    let text: String
    switch example.cause {
    case .command(let arguments, let prepare):
      let workspace = try Workspace()
      try workspace.copy(Self.folder.appending(path: "\(example.code).yaml"), to: "recipe.yaml")
      try prepare(workspace)
      let before = try workspace.names()
      let outcome = try workspace.run(arguments.split(separator: " ").map(String.init))
      #expect(outcome.status == example.status, "\(outcome.errors)")
      if outcome.status != 0 {
        #expect(outcome.output.isEmpty)
        #expect(try workspace.names() == before, "a failed command leaves nothing behind")
      }
      text = outcome.errors.withoutRates
    case .failure(let failure):
      let failure = failure()
      #expect(failure.status.rawValue == example.status)
      text = failure.diagnostics.rendered()
    }
    #expect(text.contains("[\(example.code)]"))
    try expectSnapshot(text, at: Self.folder.appending(path: "\(example.code).txt"))
  }
}
