import Diagnostics
import Models
import Planning
import TestSupport
import Testing
import Vocabulary

/// Which target of a recipe gets a module, seen in the groups of the plan.
@Suite struct ClaimTests {
  /// The bit width that each layer of the first block gets; nil where it is kept.
  private func widths(groups: String, rest: String = "") throws -> [String: Int] {
    let checked = try BundledModel().plan("QuantizationModifier", "config_groups: {\(groups)}\(rest)")
    let plan = try #require(checked.value, "\(checked.diagnostics.rendered())")
    let block = "model.layers.0."
    return Dictionary(
      uniqueKeysWithValues: plan.assignments.filter { $0.layer.name.hasPrefix(block) }
        .map { (String($0.layer.name.dropFirst(block.count)), $0.arguments.bitWidth) }
    )
  }

  private func group(_ name: String, _ targets: String, bits: Int) -> String {
    "\(name): {targets: [\(targets)], weights: {num_bits: \(bits), strategy: channel}}"
  }

  @Test func aNameWinsOverAPatternAndAPatternOverAClass() throws {
    let name = group("by_name", "model.layers.0.mlp.up_proj", bits: 8)
    let pattern = group("by_pattern", "'re:.*mlp.*_proj$'", bits: 6)
    let byClass = group("by_class", "Linear", bits: 4)
    let expected = [
      "self_attn.q_proj": 4, "self_attn.k_proj": 4, "self_attn.v_proj": 4, "self_attn.o_proj": 4, "mlp.gate_proj": 6,
      "mlp.up_proj": 8, "mlp.down_proj": 6,
    ]
    for order in [[name, pattern, byClass], [byClass, pattern, name], [pattern, byClass, name]] {
      #expect(try widths(groups: order.joined(separator: ", "), rest: ", ignore: [lm_head]") == expected)
    }
  }

  @Test func amongPatternsTheAlphabetDecides() throws {
    let first = group("one", "'re:.*_proj$'", bits: 4)
    let second = group("two", "'re:.*up_proj$'", bits: 8)
    for order in ["\(first), \(second)", "\(second), \(first)"] {
      #expect(try widths(groups: order)["mlp.up_proj"] == 4)
    }
  }

  @Test func whatIsIgnoredIsKeptHoweverItWasMeant() throws {
    let all = group("all", "Linear", bits: 4)
    for ignore in ["model.layers.0.mlp.up_proj", "'re:.*layers.0.*up'"] {
      let widths = try widths(groups: all, rest: ", ignore: [lm_head, \(ignore)]")
      #expect(widths["mlp.up_proj"] == nil)
      #expect(widths.count == 6)
    }
  }

  @Test func anAliasOfTheClassClaimsTheSameModules() throws {
    let plain = try BundledModel().plan("QuantizationModifier", "scheme: W8A8, targets: [Linear], ignore: [lm_head]")
    let alias = try BundledModel().plan(
      "QuantizationModifier",
      "scheme: W8A8, targets: [LinearBase], ignore: [lm_head]"
    )
    #expect(plain.value?.assignments == alias.value?.assignments)
    #expect(plain.value != nil)
  }

  @Test(arguments: ["model.layers.0", "LlamaMLP", "'re:.*self_attn$'", "LlamaRMSNorm"])
  func aTargetThatMatchesOnlyContainersIsAnError(target: String) throws {
    let checked = try BundledModel().plan("QuantizationModifier", "scheme: W4A16, targets: [\(target)]")
    #expect(checked.diagnostics.map(\.code.name) == ["target-not-quantizable"])
  }

  @Test(arguments: [
    ("linear", "Linear"), ("LlamaMPL", "LlamaMLP"), ("model.layers.3.mlp.up_prj", "model.layers.3.mlp.up_proj"),
    ("gate_porj", "re:.*gate_proj$"),
  ])
  func aTargetThatMatchesNothingIsAnErrorWithAnOffer(target: String, offer: String) throws {
    let checked = try BundledModel().plan("QuantizationModifier", "scheme: W4A16, targets: [\(target)]")
    #expect(checked.diagnostics.map(\.code.name) == ["target-matches-nothing"])
    #expect(checked.diagnostics.first?.message.hasSuffix("did you mean \(offer)?") == true)
  }

  @Test func aListMayNameClassesOfOtherModelsButNoMistypedOnes() throws {
    func severities(_ targets: String) throws -> [Severity] {
      try BundledModel().plan("QuantizationModifier", "scheme: W8A8, targets: [\(targets)], ignore: [lm_head]")
        .diagnostics.filter { $0.code.name == "target-matches-nothing" }.map(\.severity)
    }
    #expect(try severities("Linear, GraniteMoeHybridParallelExpertsLinear") == [.warning])
    #expect(try severities("'re:.*mlp.*_proj$', 're:.*block_sparse_moe.w1$'") == [.warning])
    #expect(try severities("'re:.*q_proj$', 're:.*k_porj$'") == [.error])
    #expect(try severities("GraniteMoeHybridParallelExpertsLinear") == [.error])
  }

  @Test func parametersAreNamesOfTheTrainingModifiersOnly() throws {
    func found(_ modifier: String, _ fields: String) throws -> [Diagnostic] {
      try BundledModel().check("{\(modifier): {\(fields)}}").diagnostics.filter {
        $0.code.name == "target-names-parameter"
      }
    }
    let targets = "targets: ['re:.*q_proj.weight', model.layers.0.mlp.up_proj.weight]"
    let quantizing = try found("QuantizationModifier", "scheme: W8A8, \(targets)")
    #expect(quantizing.map(\.severity) == [.error])
    #expect(
      quantizing.first?.fixIts.first?.edits.map(\.replacement) == ["'re:.*q_proj$'", "model.layers.0.mlp.up_proj"]
    )
    #expect(try found("ConstantPruningModifier", targets).map(\.severity) == [.warning])
    let magnitude = "init_sparsity: 0.0, final_sparsity: 0.5"
    #expect(try found("MagnitudePruningModifier", "\(magnitude), \(targets)").map(\.severity) == [.warning])
    // Without its ending this one would mean every module, so nothing is offered.
    let all = try #require(try found("ConstantPruningModifier", "targets: ['re:.*weight']").first)
    #expect(all.fixIts.isEmpty)
    #expect(all.help != nil)
  }

  @Test func inputsOfAnEmbeddingAreNoActivationsHoweverItIsMeant() throws {
    let found = try BundledModel().check("{QuantizationModifier: {scheme: W8A8, targets: ['re:.*embed_tokens$']}}")
    #expect(found.diagnostics.map(\.code.name) == ["embedding-inputs"])
  }

  @Test func anUnknownModelMayHaveATiedHeadThatNoTensorShows() throws {
    let unknown = try BundledModel.unknown()
    for entry in ["lm_head", "'re:.*lm_head'"] {
      let modifier = "{QuantizationModifier: {scheme: W8A8, ignore: [\(entry), 're:.*down_porj']}}"
      let entries = try unknown.check(modifier).diagnostics.filter { $0.code.name == "ignore-matches-nothing" }
      #expect(entries.count == 1)
      #expect(entries.first?.message.contains("down_porj") == true)
    }
  }

  @Test func twoModifiersOnOneModuleAreAnErrorThatPointsAtBoth() throws {
    let checked = try BundledModel().plan(
      """
      {QuantizationModifier: {scheme: FP8_DYNAMIC, targets: ['re:.*mlp.*']}, \
      GPTQModifier: {scheme: W4A16, targets: ['re:.*up_proj$']}}
      """
    )
    #expect(checked.diagnostics.map(\.code.name) == ["module-claimed-twice"])
    let diagnostic = try #require(checked.diagnostics.first)
    let file = try #require(diagnostic.file)
    #expect(diagnostic.span.map { file[$0] } == "'re:.*up_proj$'")
    #expect(diagnostic.secondary.map { file[$0.span] } == ["'re:.*mlp.*'"])
  }
}
