import Foundation
import TestSupport
import Testing

/// Rules that hold for the whole repository.
@Suite struct HouseRulesTests {
  /// Lines of a source file at most.
  private static let lineLimit = 500

  @Test func everyDiagnosticCodeHasAPageAndAFixtureAndNothingElseHas() throws {
    let codes = try Self.codesInSources()
    #expect(codes.count > 50)
    let pages = Places.files(in: Places.inRepository("docs/diagnostics"), suffix: "md").map(Self.stem)
    #expect(Set(pages) == codes, "\(Set(pages).symmetricDifference(codes).sorted())")
    for suffix in ["yaml", "txt"] {
      let fixtures = Self.fixtures(suffix).map(Self.stem)
      #expect(Set(fixtures) == codes, "\(suffix): \(Set(fixtures).symmetricDifference(codes).sorted())")
      #expect(Set(fixtures).count == fixtures.count, "one code with fixtures in two rooms")
    }
  }

  @Test func everyDiagnosticPageSaysWhatItMeansGivesAnExampleAndSaysWhatToDo() throws {
    let pages = Places.files(in: Places.inRepository("docs/diagnostics"), suffix: "md")
    #expect(!pages.isEmpty)
    for page in pages {
      // What stands between fences is no heading.
      let prose = try Self.text(page).split(separator: "```", omittingEmptySubsequences: false).enumerated()
      let headings = prose.filter { $0.offset.isMultiple(of: 2) }
        .flatMap { $0.element.split(separator: "\n") }.filter { $0.hasPrefix("#") }
      let expected = ["# \(Self.stem(page))", "## What it means", "## Example", "## What to do"]
      #expect(headings.map(String.init) == expected, "\(page.lastPathComponent)")
    }
  }

  @Test func noSourceFileIsLongerThanTheLimit() throws {
    let files = ["Sources", "Tests"].flatMap { Places.filesBelow(Places.inRepository($0), suffix: "swift") }
    #expect(!files.isEmpty)
    for file in files {
      let count = try Self.text(file).split(separator: "\n", omittingEmptySubsequences: false).count
      #expect(count <= Self.lineLimit + 1, "\(file.lastPathComponent) has \(count - 1) lines")
    }
  }

  private static func codesInSources() throws -> Set<String> {
    var codes: Set<String> = []
    for file in Places.filesBelow(Places.inRepository("Sources"), suffix: "swift") {
      for match in try text(file).matches(of: /DiagnosticCode\(\s*"([a-z0-9-]+)"/) { codes.insert(String(match.1)) }
    }
    return codes
  }

  private static func fixtures(_ suffix: String) -> [URL] {
    Places.filesBelow(Places.inRepository("Tests"), suffix: suffix).filter {
      $0.deletingLastPathComponent().path.hasSuffix("Fixtures/diagnostics")
    }
  }

  private static func stem(_ file: URL) -> String { file.deletingPathExtension().lastPathComponent }

  private static func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }
}
