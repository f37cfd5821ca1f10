import Diagnostics
import Foundation
import JSONDocuments
import RecipeGrammar
import Reference
import Syntax
import TestSupport
import Testing

/// The JSON Schema of recipes admits what the checker admits, and refuses what can be refused field by field.
@Suite struct RecipeSchemaTests {
  private let evaluator: SchemaEvaluator

  init() throws {
    evaluator = try SchemaEvaluator(RecipeSchema.document(.standard))
  }

  private static let fixtures = Places.files(
    in: Places.fixtures(of: "Recipes").appending(path: "diagnostics"),
    suffix: "yaml"
  )
  private static let sound =
    Places.files(in: Places.inRepository("recipes"), suffix: "yaml")
    + fixtures.filter { !exceptions.contains(stem($0)) && isWithoutErrors($0) }
  /// Recipes that the checker reads and the schema refuses: any key may be an argument of `eval`.
  private static let exceptions = ["evaluated-expression"]
  /// Codes of what is wrong with one key or one value.
  private static let structural = [
    "expected-mapping", "internal-field", "misplaced-field", "missing-field", "out-of-range",
    "removed-activation-order",
    "removed-modifier", "unknown-field", "unknown-group", "unknown-mask", "unknown-modifier", "unknown-observer",
    "unknown-observer-argument", "unknown-observer-key", "unknown-scheme", "unknown-section", "unknown-value",
    "wrong-type",
  ]

  @Test func theCommittedSchemaIsThatOfTheTables() throws {
    try expectSnapshot(RecipeSchema.text(.standard) + "\n", at: Places.inRepository("grammar/recipe.schema.json"))
  }

  @Test func thereAreRecipesOfBothKinds() {
    #expect(Self.sound.count > 30)
    #expect(Set(Self.structural).isSubset(of: Self.fixtures.map(Self.stem)))
  }

  @Test(arguments: sound)
  func whatTheCheckerAdmitsIsValid(recipe: URL) throws {
    for reading in YAMLReading.allCases { #expect(try faults(recipe, reading).isEmpty, "\(reading)") }
  }

  @Test(arguments: structural)
  func whatIsWrongWithOneKeyOrValueIsNot(code: String) throws {
    let recipe = Places.fixtures(of: "Recipes").appending(path: "diagnostics/\(code).yaml")
    for reading in YAMLReading.allCases { #expect(try !faults(recipe, reading).isEmpty, "\(reading)") }
  }

  @Test func everyExampleOfTheReferenceIsValid() throws {
    let examples = Reference.standard.topics.filter { $0.kind != .diagnostic }.flatMap { topic in
      topic.document.blocks.compactMap { block -> String? in
        guard case .code(let text, "yaml") = block else { return nil }
        return text
      }
    }
    #expect(examples.count > 30)
    for example in examples {
      let file = SourceFile(name: "example.yaml", text: example)
      for reading in YAMLReading.allCases { #expect(try faults(file, reading).isEmpty, "\(example)") }
    }
  }

  /// Recipes that people published and that nothing is wrong with.
  @Test func publishedRecipesAreValid() throws {
    guard let folder = Places.shared("data/recipes/good") else { return }
    let index = try String(contentsOf: folder.appending(path: "index.tsv"), encoding: .utf8)
    let rows = index.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    let column = try #require(rows[0].firstIndex(of: "expected"))
    let names = rows.filter { $0[column] == "ok" }.map { String($0[0]) }.filter { $0.hasSuffix(".yaml") }
    #expect(names.count > 100)
    for name in names {
      for reading in YAMLReading.allCases {
        let faults = try faults(folder.appending(path: name), reading)
        #expect(faults.isEmpty, "\(name) \(reading): \(faults)")
      }
    }
  }

  private func faults(_ recipe: URL, _ reading: YAMLReading) throws -> [String] {
    try faults(SourceFile(name: recipe.lastPathComponent, bytes: Array(try Data(contentsOf: recipe))), reading)
  }

  private func faults(_ file: SourceFile, _ reading: YAMLReading) throws -> [String] {
    let root = try #require(SyntaxTree.parse(file).root)
    return try evaluator.faults(in: reading.json(root))
  }

  private static func isWithoutErrors(_ fixture: URL) -> Bool {
    let record = fixture.deletingPathExtension().appendingPathExtension("txt")
    guard let text = try? String(contentsOf: record, encoding: .utf8), !text.isEmpty else { return false }
    return !text.split(separator: "\n").contains { $0.hasPrefix("error:") }
  }

  private static func stem(_ file: URL) -> String { file.deletingPathExtension().lastPathComponent }
}
