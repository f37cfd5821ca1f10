import Foundation
import TestSupport
import Testing

@Suite struct ExplainTests {
  @Test func pagesAreWrittenAsTheyAreCommitted() throws {
    let workspace = try Workspace()
    try workspace.makeFolder("pages")
    let outcome = try workspace.run(["explain", "--pages", "pages"])
    #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome.errors)")
    let pages = Places.files(in: Places.inRepository("docs/reference"), suffix: "md")
    #expect(pages.count > 7)
    for page in pages {
      #expect(try workspace.read("pages/\(page.lastPathComponent)") == Array(Data(contentsOf: page)))
    }
  }

  @Test func pagesNeedAFolder() throws {
    let outcome = try Workspace().run(["explain", "--pages", "absent"])
    #expect(outcome.status == 3 && outcome.errors.contains("[unwritable-file]"), "\(outcome.errors)")
  }

  @Test func theSchemaIsPrintedAsItIsCommitted() throws {
    let outcome = try Workspace().run(["schema"])
    #expect(outcome.status == 0)
    #expect(
      try outcome.output == String(contentsOf: Places.inRepository("grammar/recipe.schema.json"), encoding: .utf8)
    )
  }

  /// Nothing but a terminal gets bold words, whatever the environment says.
  @Test(arguments: [["TERM": "xterm"], ["TERM": "xterm", "NO_COLOR": "1"]])
  func whatIsNoTerminalGetsNoBoldWords(environment: [String: String]) throws {
    let outcome = try Workspace().run(["explain", "gptq"], environment: environment)
    #expect(outcome.output.contains("`block_size`") && !outcome.output.contains("\u{1B}"))
  }
}
