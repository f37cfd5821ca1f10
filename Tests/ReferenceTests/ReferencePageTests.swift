import Foundation
import Reference
import TestSupport
import Testing

/// The pages under `docs/reference` are what the tables say; `UPDATE_SNAPSHOTS=1` writes them anew.
@Suite struct ReferencePageTests {
  static let names = Reference.standard.pages().map(\.name).filter { $0 != "diagnostics.md" }

  @Test func thereIsAPageForEveryKindAndNoOther() {
    let files = Places.files(in: Places.inRepository("docs/reference"), suffix: "md").map(\.lastPathComponent)
    #expect(Set(files) == Set(Self.names + ["diagnostics.md"]))
    #expect(Self.names.count > 7)
  }

  @Test(arguments: names)
  func aPageIsWhatTheTablesSay(name: String) throws {
    let page = try #require(Reference.standard.pages().first { $0.name == name })
    try expectSnapshot(page.text, at: Places.inRepository("docs/reference").appending(path: page.name))
  }

  /// The page of diagnostics is embedded in the executable, so it is held to the files that it is made from.
  @Test func thePageOfDiagnosticsIsWhatTheirPagesSay() throws {
    let files = Places.files(in: Places.inRepository("docs/diagnostics"), suffix: "md")
    #expect(files.count > 100)
    let pages = try files.map { Document.diagnosticPage(try String(contentsOf: $0, encoding: .utf8)) }
    let page = ReferencePage.diagnostics(pages)
    try expectSnapshot(page.text, at: Places.inRepository("docs/reference").appending(path: page.name))
    let embedded = Set(Reference.standard.topics(of: .diagnostic).map(\.document))
    let stale = embedded.symmetricDifference(pages).map(\.title)
    #expect(stale.isEmpty, "build again to embed these pages: \(Set(stale).sorted())")
  }
}
