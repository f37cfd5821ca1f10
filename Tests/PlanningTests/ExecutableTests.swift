import Checkpoints
import Diagnostics
import Models
import Planning
import RecipeGrammar
import TestSupport
import Testing
import Vocabulary

/// What this version can execute, and what a plan says of it.
@Suite struct ExecutableTests {
  static let presets = Grammar.standard.presets.map(\.name).filter { $0 != "UNQUANTIZED" }

  @Test func thereArePresets() { #expect(Self.presets.count >= 29) }

  @Test(arguments: presets) func everyPresetIsExecuted(name: String) throws {
    let plan = try #require(
      try BundledModel().plan("QuantizationModifier", "scheme: \(name), targets: [Linear], ignore: [lm_head]").value
    )
    #expect(plan.assignments.count == 28 && plan.groups.map(\.preset) == [name])
    let needsData = plan.groups[0].scheme.inputActivations.map { $0.dynamic != .on } ?? false
    #expect((plan.calibration != nil) == needsData)
  }

  /// Modifiers before a quantization that follows them, and how many places or layers they are about.
  static let modifiers: [(modifier: String, smoothings: Int, prunings: Int)] = [
    ("SmoothQuantModifier: {smoothing_strength: 0.5}", 8, 0),
    ("LogarithmicEqualizationModifier: {}", 8, 0),
    ("AWQModifier: {}", 16, 0),
    ("SparseGPTModifier: {sparsity: 0.5, mask_structure: '2:4', ignore: ['re:.*lm_head']}", 0, 28),
    ("WandaPruningModifier: {sparsity: 0.5, ignore: ['re:.*lm_head']}", 0, 28),
    ("MagnitudePruningModifier: {init_sparsity: 0, final_sparsity: 0.5, targets: ['re:.*mlp.*_proj']}", 0, 12),
    ("ConstantPruningModifier: {targets: ['re:.*mlp.*_proj']}", 0, 12),
  ]

  @Test(arguments: modifiers)
  func smoothingAndPruningComeBeforeQuantization(modifier: String, smoothings: Int, prunings: Int) throws {
    let text = "{QuantizationModifier: {scheme: W8A8, ignore: [lm_head]}, \(modifier)}"
    let checked = try BundledModel().plan(text)
    let plan = try #require(checked.value, "\(checked.diagnostics.rendered())")
    #expect(plan.smoothings.count == smoothings && plan.prunings.count == prunings)
    #expect(plan.stages.map(\.kind).last == .quantization && plan.stages.count == 2)
    #expect(plan.stages.map(\.moduleCount) == [max(smoothings, prunings), 28])
  }

  @Test func aCacheIsObservedInEveryAttentionModule() throws {
    let cache = "{num_bits: 8, type: float, strategy: tensor, dynamic: false, observer: static_minmax}"
    let plan = try #require(try BundledModel().plan("QuantizationModifier", "kv_cache_scheme: \(cache)").value)
    #expect(plan.attentions.map(\.name) == (0..<4).map { "model.layers.\($0).self_attn" })
    #expect(plan.attentions.allSatisfy { $0.query == nil && $0.cache.rule?.combination == .extremes })
    #expect(plan.calibration != nil && plan.assignments.isEmpty)
    let names = plan.outputs.map(\.description.name)
    #expect(names.contains("model.layers.0.self_attn.k_scale") && names.contains("model.layers.3.self_attn.v_scale"))
  }

  @Test func attentionModulesMayBeTargetsOfWhatFlowsIntoThem() throws {
    let inputs = "{num_bits: 8, type: float, strategy: attn_head, observer: static_minmax}"
    let group = "{targets: ['re:.*self_attn$'], input_activations: \(inputs)}"
    let plan = try #require(
      try BundledModel().plan("QuantizationModifier", "config_groups: {all: \(group)}").value
    )
    #expect(plan.attentions.count == 4 && plan.attentions.allSatisfy { $0.query != nil })
    #expect(plan.assignments.isEmpty)
    let queries = plan.outputs.filter { $0.description.name.hasSuffix("q_scale") }
    // A scale for each of the query heads.
    #expect(queries.count == 4 && queries.allSatisfy { $0.description.shape == [plan.attentions[0].queryHeads, 1, 1] })
  }

  @Test func staticInputsWithoutAnObserverTakeTheMovingAverage() throws {
    let group = """
      {targets: [Linear], weights: {num_bits: 8, strategy: channel}, input_activations: {num_bits: 8, strategy: tensor}}
      """
    let plan = try #require(
      try BundledModel().plan("QuantizationModifier", "config_groups: {all: \(group)}, ignore: [lm_head]").value
    )
    let inputs = try #require(plan.assignments.first?.inputs)
    #expect(inputs.arguments.observer == nil)
    #expect(inputs.rule == ActivationRangeRule(combination: .movingAverage(0.01)))
  }

  @Test func aQuantizedEmbeddingIsRoundedWhateverTheMethod() throws {
    let group = "{targets: ['re:model.embed_tokens'], weights: {num_bits: 8, strategy: channel}}"
    let plan = try #require(
      try BundledModel().plan("GPTQModifier", "config_groups: {all: \(group)}, ignore: [lm_head]").value
    )
    #expect(plan.assignments.map(\.layer.name) == ["model.embed_tokens"])
    #expect(plan.assignments.map(\.method) == [.roundToNearest])
  }
}
