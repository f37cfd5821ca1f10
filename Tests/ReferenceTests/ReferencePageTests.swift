import Foundation
import Reference
import TestSupport
import Testing

/// The pages under `docs/reference` are what the tables say; `UPDATE_SNAPSHOTS=1` writes them anew.
@Suite struct ReferencePageTests {
  static let pages = Reference.standard.pages().filter { $0.name != "diagnostics.md" }

  @Test func thereIsAPageForEveryKindAndNoOther() {
    let files = Places.files(in: Places.inRepository("docs/reference"), suffix: "md").map(\.lastPathComponent)
    #expect(Set(files) == Set(Reference.standard.pages().map(\.name)))
    #expect(Self.pages.count > 7)
  }

  @Test(arguments: pages)
  func aPageIsWhatTheTablesSay(page: ReferencePage) throws {
    try expectSnapshot(page.text, at: Places.inRepository("docs/reference").appending(path: page.name))
  }

  /// The page of diagnostics is embedded in the executable, so it is held to the files that it is made from.
  @Test func thePageOfDiagnosticsIsWhatTheirPagesSay() throws {
    let files = Places.files(in: Places.inRepository("docs/diagnostics"), suffix: "md")
    #expect(files.count > 100)
    let pages = try files.map { Document.diagnosticPage(try String(contentsOf: $0, encoding: .utf8)) }
    let page = ReferencePage.diagnostics(pages)
    try expectSnapshot(page.text, at: Places.inRepository("docs/reference").appending(path: page.name))
    #expect(Reference.standard.topics(of: .diagnostic).map(\.document) == pages, "build again to embed the pages")
  }
}
