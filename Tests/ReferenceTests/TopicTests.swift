import Foundation
import RecipeGrammar
import Reference
import TestSupport
import Testing
import Vocabulary

@Suite struct TopicTests {
  private let reference = Reference.standard
  private let grammar = Grammar.standard

  @Test(arguments: [
    ("gptq", ["GPTQModifier"]), ("gptqmodifier", ["GPTQModifier"]), ("Smoothing", ["smoothing"]),
    ("GPTQModifier.block_size", ["GPTQModifier.block_size"]), ("w4a16", ["W4A16"]),
    ("PACK_QUANTIZED", ["pack-quantized"]),
    ("weights.group_size", ["group_size"]), ("static-minmax", ["static_minmax"]), ("unknown-field", ["unknown-field"]),
    ("calibration.samples", ["calibration.samples"]), ("vLLM", ["vllm"]), ("percdamp", ["percdamp"]),
    ("OutputDistillation", ["OutputDistillationModifier"]), ("include", ["recipe.include"]),
    ("block_size", ["GPTQModifier.block_size", "SparseGPTModifier.block_size"]),
  ])
  func aNameInAnyCaseFindsItsTopics(name: String, titles: [String]) {
    #expect(reference.topics(named: name).map(\.document.title) == titles)
  }

  @Test func everyWordOfTheTablesIsExplained() {
    let names =
      grammar.stages.map(\.kind.rawValue) + grammar.modifiers.map(\.name) + grammar.presets.map(\.name)
      + grammar.observers.map(\.name) + grammar.formats.map(\.format.rawValue) + grammar.sections.map(\.name)
      + grammar.runtimes.map(\.name) + grammar.argumentFields.map { "weights.\($0.name)" }
      + grammar.modifiers.flatMap { modifier in modifier.fields.map { "\(modifier.name).\($0.name)" } }
      + grammar.history.modifiers.filter { $0.value.until == nil }.flatMap { modifier, history in
        history.fields.filter { $0.value.until != nil }.map { "\(modifier).\($0.key)" }
      }
    #expect(names.count > 200)
    for name in names {
      let topics = reference.topics(named: name)
      #expect(!topics.isEmpty, "\(name)")
      #expect(topics.allSatisfy { !$0.summary.isEmpty && !$0.document.blocks.isEmpty }, "\(name)")
    }
  }

  @Test func proseAndTablesHaveTheSameNames() throws {
    let prose = try Prose.embedded()
    let expected: [Topic.Kind: [String]] = [
      .stage: grammar.stages.map(\.kind.rawValue), .modifier: grammar.modifiers.map(\.name),
      .scheme: grammar.presets.map(\.name), .observer: grammar.observers.map(\.name),
      .argument: grammar.argumentFields.map(\.name), .section: grammar.sections.map(\.name),
      .format: grammar.formats.map(\.format.rawValue), .runtime: grammar.runtimes.map(\.name),
    ]
    #expect(Set(prose.entries.keys) == Set(expected.keys))
    for (kind, names) in expected {
      let entries = prose.entries[kind] ?? [:]
      #expect(Set(entries.keys) == Set(names), "\(kind)")
      #expect(entries.allSatisfy { !$0.value.about.isEmpty }, "\(kind)")
    }
    for (name, entry) in prose.entries[.modifier] ?? [:] {
      #expect(entry.needs != nil && entry.costs != nil && entry.example != nil, "\(name)")
    }
  }

  /// The first page says which modifiers are executed; the reference must not say otherwise.
  @Test func whatIsExecutedIsWhatTheFirstPageSays() throws {
    let page = try String(contentsOf: Places.inRepository("README.md"), encoding: .utf8)
    let row = try #require(page.split(separator: "\n").first { $0.hasPrefix("| modifiers |") })
    let executed = try Prose.embedded().entries[.modifier, default: [:]].filter(\.value.isExecuted).keys
    #expect(Set(row.matches(of: /`(\w+Modifier)`/).map { String($0.1) }) == Set(executed))
  }

  @Test(arguments: [80, 100])
  func noLineIsWiderThanTheTerminalButCode(width: Int) {
    for topic in reference.topics {
      let code = topic.document.blocks.flatMap { block -> [Substring] in
        guard case .code(let text, _) = block else { return [] }
        return text.split(separator: "\n")
      }
      let lines = topic.document.text(.init(width: width, isStyled: false)).split(separator: "\n")
      for line in lines where line.count > width {
        #expect(code.contains { line.hasSuffix($0) }, "\(topic.name): \(line)")
      }
    }
  }

  @Test(arguments: [
    ("GPTModifer", "GPTQModifier"), ("w4a17", "W4A16"), ("unknown-feild", "unknown-field"),
    ("static_minmaxx", "static_minmax"),
    ("distillation", "OutputDistillationModifier"),
  ])
  func aNameThatNothingHasBringsNamesLikeIt(name: String, offer: String) {
    #expect(reference.topics(named: name).isEmpty)
    let offers = reference.names(near: name)
    #expect(offers.contains(offer) && offers.count <= 5 && Set(offers).count == offers.count, "\(offers)")
  }

  @Test func aNameLikeNothingBringsNone() {
    #expect(reference.names(near: "xyzzyx").isEmpty)
    #expect(reference.topics(named: "").isEmpty)
  }

  @Test func theIndexNamesEveryTopic() {
    let index = reference.index().markdown()
    for topic in reference.topics { #expect(index.contains(topic.name)) }
  }
}
