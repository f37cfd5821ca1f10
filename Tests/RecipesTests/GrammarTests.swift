import Diagnostics
import RecipeGrammar
import Testing
import Vocabulary

@Suite struct GrammarTests {
  private let grammar = Grammar.standard

  @Test func theEmbeddedTablesAreRead() throws {
    #expect(grammar.stages.map(\.kind) == StageKind.allCases)
    #expect(grammar.modifiers.count == 13)
    #expect(Set(grammar.modifiers.map(\.method)) == Set(ModifierMethod.allCases))
    #expect(Set(grammar.formats.map(\.format)) == Set(CheckpointFormat.allCases))
    let gptq = try #require(grammar.modifier("GPTQModifier"))
    let dampening = try #require(gptq.fields.first { $0.name == "dampening_frac" })
    #expect(dampening.defaultText == "0.01" && dampening.range == FieldRange(above: 0, below: 1))
    let past = try #require(grammar.history.field("sequential_update", of: "GPTQModifier"))
    #expect(past.until == "0.7.1" && past.effect == .nothing)
  }

  @Test func everyFieldTypeIsUsedByATable() {
    let fields =
      grammar.modifiers.flatMap(\.fields) + grammar.schemeFields + grammar.argumentFields
      + grammar.sections.flatMap(\.fields) + grammar.observers.flatMap(\.fields)
      + grammar.transformFields.config + grammar.transformFields.scheme + grammar.transformFields.arguments
    #expect(Set(fields.map(\.type)) == Set(FieldType.allCases))
    #expect(Set(fields.map(\.status)) == Set(FieldStatus.allCases))
  }

  @Test func theDefaultObserverIsInTheTable() {
    #expect(grammar.observer(Grammar.defaultObserver)?.accumulates == false)
  }

  @Test(arguments: [
    ("a: [", "modifiers.yaml:1:5"), ("x: 1", "no modifiers"), ("modifiers: {M: {stage: nowhere}}", "unknown word"),
    (
      "modifiers: {M: {stage: pruning, method: wanda, summary: s, source: t, fields: {f: {type: word, summary: s}}}}",
      "unknown word word"
    ),
    (
      "modifiers: {M: {stage: pruning, method: wanda, summary: s, source: t, fields: {f: {typ: integer, summary: s}}}}",
      "unknown key typ"
    ),
    (
      "modifiers: {M: {stage: pruning, method: wanda, summary: s, source: t, fields: {f: {type: choice, summary: s}}}}",
      "choices"
    ),
    ("modifiers: {M: {stage: pruning, method: wanda, source: t, fields: {}}}", "no summary"),
  ])
  func aBrokenTableIsRefusedWithItsPlace(text: String, fault: String) {
    var tables = Tables.embedded
    tables.modifiers = SourceFile(name: "modifiers.yaml", text: text)
    let error = #expect(throws: GrammarError.self) { try Grammar.read(tables) }
    guard case .broken(let message)? = error else { return }
    #expect(message.contains(fault) && message.hasPrefix("modifiers.yaml"), "\(message)")
  }
}
