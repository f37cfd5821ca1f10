import Foundation
import RecipeGrammar
import TestSupport
import Testing
import Vocabulary

/// `grammar/recipe.ebnf`, which people read, has the words of the tables.
@Suite struct GrammarFileTests {
  private let grammar = Grammar.standard

  /// Signs of the notation, and keys and values that stand in no table.
  private static let others: Set<String> = [
    "→", "[", "]", "x", "re:", "_stage_", "stages", "modifiers", "static", "weight", "local",
  ]

  @Test func itsWordsAreThoseOfTheTables() throws {
    let text = try Self.text()
    let words = Set(text.matches(of: /"([^"]+)"/).map { String($0.1) })
    let fields =
      grammar.documentFields + grammar.sections.flatMap(\.fields) + grammar.schemeFields + grammar.argumentFields
    var expected = Self.others.union(fields.map(\.name))
    expected.formUnion(grammar.sections.map(\.name))
    expected.formUnion([grammar.stageSuffix, grammar.groupSuffix])
    expected.formUnion(grammar.legacyDocumentKeys + grammar.legacyStageKeys)
    expected.formUnion(grammar.modifiers.map(\.name))
    expected.formUnion(grammar.presets.map(\.name))
    expected.formUnion(grammar.observers.map(\.name))
    expected.formUnion(grammar.formats.filter(\.isSettable).map(\.format.rawValue))
    expected.formUnion(grammar.argumentFields.flatMap(\.choices))
    #expect(words == expected, "\(words.symmetricDifference(expected).sorted())")
  }

  @Test func everyNameThatARuleUsesHasARule() throws {
    let text = try Self.text().replacing(/\(\*.*?\*\)/.dotMatchesNewlines(), with: "").replacing(
      /"[^"]*"/,
      with: "\"\""
    )
    let rules = text.split(separator: ";").map { $0.split(separator: "=", maxSplits: 1) }.filter { $0.count == 2 }
    let names = Set(rules.map { $0[0].trimmingCharacters(in: .whitespacesAndNewlines) })
    let used = Set(
      rules.flatMap { $0[1].split(whereSeparator: { "[]{}(),|\"→\n".contains($0) }) }
        .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.filter { !$0.isEmpty }
    )
    let plain: Set = [
      "name", "field", "value", "number", "text", "integer", "boolean", "rows", "columns", "pattern", "element type",
      "dotted module name", "class name", "argument of eval",
    ]
    #expect(names.count > 15)
    #expect(used.subtracting(names) == plain, "\(used.subtracting(names).symmetricDifference(plain).sorted())")
    #expect(names.subtracting(used) == ["recipe"])
  }

  private static func text() throws -> String {
    try String(contentsOf: Places.inRepository("grammar/recipe.ebnf"), encoding: .utf8)
  }
}
