import Foundation
import Testing

/// `pare fmt` on files of its own.
@Suite struct FormatTests {
  private static let untidy = "a:   'b' # c\n"
  private static let tidy = "a: b  # c\n"

  @Test func aFileIsRewrittenOnceAndKeepsItsMode() throws {
    let workspace = try Workspace()
    try workspace.write("recipe.yaml", Self.untidy)
    let path = workspace.url("recipe.yaml").path(percentEncoded: false)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    let first = try workspace.run(["fmt", "recipe.yaml"])
    #expect(first.status == 0 && first.output.isEmpty && first.errors == "1 recipe: 1 formatted\n")
    #expect(try workspace.read("recipe.yaml") == Array(Self.tidy.utf8))
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o640)
    #expect(try workspace.names() == ["recipe.yaml"])
    let second = try workspace.run(["fmt", "recipe.yaml"])
    #expect(second.status == 0 && second.errors == "1 recipe: 1 as it should be\n")
  }

  @Test func ofALinkTheTargetIsRewritten() throws {
    let workspace = try Workspace()
    try workspace.write("recipe.yaml", Self.untidy)
    try workspace.link("link.yaml", to: workspace.url("recipe.yaml"))
    #expect(try workspace.run(["fmt", "link.yaml"]).status == 0)
    #expect(try workspace.read("recipe.yaml") == Array(Self.tidy.utf8))
    let link = workspace.url("link.yaml").path(percentEncoded: false)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link).hasSuffix("/recipe.yaml"))
  }

  @Test func whatDoesNotParseStaysAndKeepsNoOtherFromBeingFormatted() throws {
    let workspace = try Workspace()
    try workspace.write("broken.yaml", "a: [b\n")
    try workspace.write("recipe.yaml", Self.untidy)
    let outcome = try workspace.run(["fmt", "broken.yaml", "absent.yaml", "recipe.yaml"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("[syntax-error]") && outcome.errors.contains("[unreadable-file]"))
    #expect(outcome.errors.hasSuffix("3 recipes: 1 formatted, 2 not formatted\n"))
    #expect(try workspace.read("broken.yaml") == Array("a: [b\n".utf8))
    #expect(try workspace.read("recipe.yaml") == Array(Self.tidy.utf8))
    #expect(try workspace.run(["fmt", "-"], input: "broken.yaml").status == 1)
  }

  @Test func checkingAndShowingChangeNothing() throws {
    let workspace = try Workspace()
    try workspace.write("recipe.yaml", Self.untidy)
    let checked = try workspace.run(["fmt", "--check", "recipe.yaml"])
    #expect(checked.status == 1 && checked.output == "recipe.yaml\n")
    #expect(try workspace.run(["fmt", "--diff", "recipe.yaml"]).status == 1)
    #expect(try workspace.read("recipe.yaml") == Array(Self.untidy.utf8))
    try workspace.write("recipe.yaml", Self.tidy)
    for option in ["--check", "--diff"] {
      let outcome = try workspace.run(["fmt", option, "recipe.yaml"])
      #expect(outcome.status == 0 && outcome.output.isEmpty, "\(option)")
    }
  }

  @Test func jsonStaysAndMarkdownKeepsWhatIsAroundTheFrontMatter() throws {
    let workspace = try Workspace()
    try workspace.write("recipe.json", "{\"a\":   1}")
    try workspace.write("README.md", "---\n\(Self.untidy)---\n\n# A   model\n")
    let outcome = try workspace.run(["fmt", "recipe.json", "README.md"])
    #expect(outcome.status == 0 && outcome.errors == "2 recipes: 1 formatted, 1 JSON and left as it is\n")
    #expect(try workspace.read("recipe.json") == Array("{\"a\":   1}".utf8))
    #expect(try workspace.read("README.md") == Array("---\n\(Self.tidy)---\n\n# A   model\n".utf8))
  }
}
