import Foundation
import JSONDocuments
import TestSupport
import Testing

/// What machines read of `check`.
@Suite struct CheckFormatTests {
  /// A recipe with many unknown fields, and one error that comes last.
  private static func manyProblems(_ count: Int) -> String {
    "quant_stage:\n  quant_modifiers:\n    QuantizationModifier:\n      scheme: W4A16\n"
      + (0..<count).map { "      field\($0): 1\n" }.joined()
  }

  @Test func sarifHasTheStructureThatCodeScanningNeeds() throws {
    let workspace = try Workspace()
    try workspace.linkMaterial()
    try workspace.write("a b%é.yaml", "quant_stage:\n  quant_modifiers:\n    漢字: {}\n")
    let path = workspace.url("a b%é.yaml").path
    let outcome = try workspace.run([
      "check", "./a b%é.yaml", path, "given/misspelled.yaml", "given/absent.yaml", "--format", "sarif",
    ])
    #expect(outcome.status == 2)
    let document = try JSON.parse(Array(outcome.output.utf8))
    #expect(document["version"]?.string == "2.1.0")
    #expect(document["$schema"]?.string?.hasPrefix("https://") == true)
    let run = try #require(document["runs"]?.array?.first)
    #expect(run["columnKind"]?.string == "unicodeCodePoints")
    let rules = (run["tool"]?["driver"]?["rules"]?.array ?? []).compactMap { $0["id"]?.string }
    #expect(Set(rules).count == rules.count)
    let results = try #require(run["results"]?.array)
    #expect(results.count == 5)
    var uris: [String] = []
    for result in results {
      let index = try #require(result["ruleIndex"]?.int)
      #expect(rules[index] == result["ruleId"]?.string)
      #expect(["error", "warning", "note"].contains(result["level"]?.string ?? ""))
      #expect(result["message"]?["text"]?.string?.isEmpty == false)
      let place = try #require(result["locations"]?.array?.first?["physicalLocation"])
      uris.append(try #require(place["artifactLocation"]?["uri"]?.string))
    }
    #expect(uris[0] == "a%20b%25%C3%A9.yaml")
    #expect(uris[1].hasPrefix("file:///") && uris[1].hasSuffix("/a%20b%25%C3%A9.yaml"))
    let region = results[0]["locations"]?.array?.first?["physicalLocation"]?["region"]
    #expect(region?["startLine"]?.int == 3)
    #expect(region?["startColumn"]?.int == 5)
    #expect(region?["endColumn"]?.int == 7)
    let fix = try #require(results[2]["fixes"]?.array?.first)
    let replacement = try #require(fix["artifactChanges"]?.array?.first?["replacements"]?.array?.first)
    #expect(replacement["insertedContent"]?["text"]?.string == "W4A16")
    #expect(replacement["deletedRegion"]?["startLine"]?.int == 4)
  }

  @Test func workflowCommandsEscapeWhatWouldEndThem() throws {
    let workspace = try Workspace()
    try workspace.write("a,b:c%.yaml", "quant_stage:\n  quant_modifiers:\n    \"A%0A::B\\n::error::x\": {}\n")
    let outcome = try workspace.run(["check", "a,b:c%.yaml", "--format", "github"])
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 1)
    #expect(lines[0].hasPrefix("::error file=a%2Cb%3Ac%25.yaml,line=3,endLine=3,col=5,endColumn="))
    #expect(lines[0].contains("\"A%250A::B"))
  }

  @Test func textShowsTheGravestOfVeryManyAndMachinesGetAll() throws {
    let workspace = try Workspace()
    try workspace.write("recipe.yaml", Self.manyProblems(60))
    let text = try workspace.run(["check", "recipe.yaml"])
    #expect(text.errors.matches(of: /\[unknown-field\]/).count == 50)
    #expect(text.errors.contains("\nand 10 more in recipe.yaml; pare check --format concise shows them all\n"))
    #expect(text.errors.hasSuffix("1 recipe checked: 60 errors, 0 warnings\n"))
    let json = try workspace.run(["check", "recipe.yaml", "--format", "json"])
    #expect(try JSON.parse(Array(json.output.utf8))["diagnostics"]?.array?.count == 60)
    #expect(
      try workspace.run(["check", "recipe.yaml", "--format", "concise"]).output.split(separator: "\n").count == 60
    )
  }
}
