import Diagnostics
import Foundation
import Models
import TestSupport
import Testing

/// `docs/models.md` against the documents.
@Suite struct ModelsPageTests {
  private static func page() throws -> String {
    try String(contentsOf: Places.inRepository("docs/models.md"), encoding: .utf8)
  }

  @Test func theTableHasARowForEachFamily() throws {
    let rows = try Self.page().split(separator: "\n").filter {
      $0.hasPrefix("| ") && $0.hasSuffix("✓ |") || $0.hasSuffix("– |")
    }
    .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    #expect(rows.map { $0[0] } == Architecture.standard.map(\.family))
    #expect(rows.map { $0[1] } == Architecture.standard.map { $0.modelTypes.joined(separator: ", ") })
    // The tests that hold the ticks run over every family; those without a tick are named there.
    #expect(rows.filter { $0[6] == "–" }.map { $0[0] } == ["falcon", "gpt2", "mixtral"])
    #expect(rows.filter { $0[5] == "–" }.map { $0[0] } == ["gpt2"])
    #expect(rows.allSatisfy { $0[2] == "✓" && $0[3] == "✓" && $0[4] == "✓" })
  }

  @Test func theExampleIsADocument() throws {
    let page = try Self.page()
    let blocks = page.components(separatedBy: "```yaml architecture\n").dropFirst()
      .compactMap { $0.components(separatedBy: "```").first }
    #expect(blocks.count == 1)
    for block in blocks {
      let checked = Architecture.read(SourceFile(name: "models.yaml", text: block))
      #expect(checked.value?.family == "mine", "\(checked.diagnostics.rendered())")
    }
  }
}
