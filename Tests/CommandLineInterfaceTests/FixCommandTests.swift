import Foundation
import JSONDocuments
import TestSupport
import Testing

/// `check --fix` and `--diff` on real files.
@Suite struct FixCommandTests {
  private static let fixable = """
    quant_stage:
      quant_modifiers:
        QuantizationModifier:
          scheme: W4A16
          ignore: lm_head  # the head

    """
  private static let fixed = fixable.replacing("lm_head ", with: "[\"lm_head\"] ")
  private static let recipeFixtures = Places.files(
    in: Places.fixtures(of: "Recipes").appending(path: "diagnostics"),
    suffix: "yaml"
  )

  private func text(_ workspace: Workspace, _ name: String) throws -> String {
    String(decoding: try workspace.read(name), as: UTF8.self)
  }

  @Test func aFileIsRepairedOnceAndSaysSo() throws {
    let workspace = try Workspace()
    try workspace.write("recipe.yaml", Self.fixable)
    let outcome = try workspace.run(["check", "recipe.yaml", "--fix"])
    #expect(outcome.status == 0)
    #expect(outcome.errors == "fixed 1 problem in recipe.yaml\n1 recipe checked: no errors\n")
    #expect(try text(workspace, "recipe.yaml") == Self.fixed)
    let second = try workspace.run(["check", "recipe.yaml", "--fix"])
    #expect(second.errors == "1 recipe checked: no errors\n")
    #expect(try text(workspace, "recipe.yaml") == Self.fixed)
    #expect(try workspace.names() == ["recipe.yaml"])
  }

  @Test func modeLinkLineBreaksAndByteOrderMarkStay() throws {
    let workspace = try Workspace()
    try workspace.makeFolder("team")
    let windows = "\u{FEFF}" + Self.fixable.replacing("\n", with: "\r\n")
    try workspace.write("team/recipe.yaml", windows)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o640],
      ofItemAtPath: workspace.url("team/recipe.yaml").path
    )
    try FileManager.default.createSymbolicLink(
      atPath: workspace.url("link.yaml").path,
      withDestinationPath: "team/recipe.yaml"
    )
    #expect(try workspace.run(["check", "link.yaml", "--fix"]).status == 0)
    #expect(
      try workspace.read("team/recipe.yaml") == Array(("\u{FEFF}" + Self.fixed.replacing("\n", with: "\r\n")).utf8)
    )
    let attributes = try FileManager.default.attributesOfItem(atPath: workspace.url("team/recipe.yaml").path)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
    let link = try FileManager.default.destinationOfSymbolicLink(atPath: workspace.url("link.yaml").path)
    #expect(link == "team/recipe.yaml")
  }

  @Test func aFileThatNeedsNothingIsNotTouched() throws {
    let workspace = try Workspace()
    try workspace.write("recipe.yaml", Self.fixed)
    let before = try FileManager.default.attributesOfItem(atPath: workspace.url("recipe.yaml").path)
    #expect(try workspace.run(["check", "recipe.yaml", "--fix"]).status == 0)
    let after = try FileManager.default.attributesOfItem(atPath: workspace.url("recipe.yaml").path)
    #expect(before[.systemFileNumber] as? Int == after[.systemFileNumber] as? Int)
  }

  @Test(.enabled(if: getuid() != 0, "a privileged user may write anything"))
  func aProtectedFileStaysAsItIs() throws {
    let workspace = try Workspace()
    try workspace.write("recipe.yaml", Self.fixable)
    try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: workspace.url("recipe.yaml").path)
    let outcome = try workspace.run(["check", "recipe.yaml", "--fix"])
    #expect(outcome.status == 3)
    #expect(outcome.errors.contains("[unwritable-file]"))
    #expect(try text(workspace, "recipe.yaml") == Self.fixable)
    #expect(try workspace.names() == ["recipe.yaml"])
  }

  @Test func aFileThatCannotBeReadKeepsNoOtherFromBeingRepaired() throws {
    let workspace = try Workspace()
    try workspace.write("recipe.yaml", Self.fixable)
    let outcome = try workspace.run(["check", "absent.yaml", "recipe.yaml", "--fix"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("[unreadable-file]"))
    #expect(outcome.errors.contains("fixed 1 problem in recipe.yaml"))
    #expect(try text(workspace, "recipe.yaml") == Self.fixed)
  }

  @Test func aDifferenceIsShownAndNothingWritten() throws {
    let workspace = try Workspace()
    try workspace.write("recipe.yaml", String(Self.fixable.dropLast()))
    let outcome = try workspace.run(["check", "recipe.yaml", "--diff"])
    #expect(outcome.status == 1)
    #expect(
      outcome.output == """
        --- recipe.yaml
        +++ recipe.yaml
        @@ -2,4 +2,4 @@
           quant_modifiers:
             QuantizationModifier:
               scheme: W4A16
        -      ignore: lm_head  # the head
        \\ No newline at end of file
        +      ignore: ["lm_head"]  # the head
        \\ No newline at end of file

        """
    )
    #expect(try text(workspace, "recipe.yaml") == String(Self.fixable.dropLast()))
  }

  @Test func allRecipeFixturesAreRepairedInOneGoAndAgainChangesNothing() throws {
    try #require(Self.recipeFixtures.count > 40)
    let workspace = try Workspace()
    let names = Self.recipeFixtures.map(\.lastPathComponent)
    for fixture in Self.recipeFixtures { try workspace.copy(fixture, to: fixture.lastPathComponent) }
    let first = try workspace.run(["check"] + names + ["--fix", "--format", "json"])
    #expect(first.status == 1)
    #expect(first.errors.contains("fixed "))
    let repaired = try names.map { try workspace.read($0) }

    let syntaxCodes = Places.files(in: Places.fixtures(of: "Syntax").appending(path: "diagnostics"), suffix: "yaml")
      .map { $0.deletingPathExtension().lastPathComponent }
    let diagnostics = try JSON.parse(Array(first.output.utf8))["diagnostics"]?.array ?? []
    #expect(!diagnostics.isEmpty)
    for diagnostic in diagnostics {
      let name = diagnostic["file"]?.string ?? ""
      let code = diagnostic["code"]?.string ?? ""
      let fixes = diagnostic["fixes"]?.array ?? []
      #expect(!fixes.contains { $0["applicability"]?.string == "safe" }, "\(name): \(code) could still be repaired")
      let isError = diagnostic["severity"]?.string == "error"
      #expect(!(isError && syntaxCodes.contains(code)), "\(name): \(code) after the repair")
    }

    let second = try workspace.run(["check"] + names + ["--fix", "--format", "json"])
    #expect(second.errors == "")
    #expect(second.output == first.output)
    #expect(try names.map { try workspace.read($0) } == repaired)
    #expect(try workspace.names() == names.sorted())
  }
}
