import Checkpoints
import Diagnostics
import Models
import Planning
import TestSupport
import Testing
import Vocabulary

@Suite struct PlanTests {
  @Test func sizesFollowFromTheSchemeAlone() throws {
    let plan = try #require(
      try BundledModel().plan("QuantizationModifier", "scheme: W4A16, targets: [Linear], ignore: [lm_head]").value
    )
    // Elements of the four blocks' layers: q and o 128·128, k and v 64·128, gate, up and down 384·128.
    let elements = 4 * (2 * 128 * 128 + 2 * 64 * 128 + 3 * 384 * 128)
    let unchanged = 2 * (1024 * 128 + 4 * 2 * 128 + 128)
    let classes = plan.bytesByClass
    #expect(classes.map(\.name) == ["codes", "scales", "shapes", "unchanged"])
    #expect(classes.map(\.bytes) == [elements / 2, elements / 128 * 2, 28 * 16, unchanged])
    #expect(classes.map(\.count) == [28, 28, 28, 10])
    #expect(plan.costs.inputBytes == elements * 2 + unchanged)
    #expect(plan.costs.outputBytes == classes.map(\.bytes).reduce(0, +))
    #expect(plan.outputs.map(\.description.byteCount).reduce(0, +) == plan.costs.outputBytes)
  }

  @Test(arguments: ["GPTQModifier", "QuantizationModifier"]) func memoryDoesNotGrowWithTheBlocks(modifier: String)
    throws
  {
    let needs = try [2, 9].map { count in
      let plan = try BundledModel.withBlocks(count).plan(
        modifier,
        "scheme: W4A16, targets: [Linear], ignore: [lm_head]"
      )
      return try #require(plan.value).costs.memory
    }
    #expect(needs[0] == needs[1])
  }

  @Test func moreTokensNeedMoreMemoryUnlessActivationsAreInFiles() throws {
    let needs = try [8, 80].map { samples in
      let plan = try BundledModel().plan(
        "GPTQModifier",
        "scheme: W4A16, targets: [Linear], ignore: [lm_head]",
        request: PlanRequest(samples: samples, sequenceLength: 512)
      )
      return try #require(plan.value).costs.memory
    }
    // The stream in float32, and the products of 384 channels in bfloat16.
    #expect(needs.map(\.activations) == [8, 80].map { $0 * 512 * (128 * 4 + 384 * 2) })
    #expect(needs[1].peak - needs[0].peak == 72 * 512 * (128 * 4 + 384 * 2))
    #expect(needs[0].leastPeak == needs[1].leastPeak)
    #expect(needs[0].leastPeak < needs[0].peak)
  }

  @Test func everyTensorOfALayerStandsWhereItsWeightStood() throws {
    let plan = try #require(
      try BundledModel().plan("QuantizationModifier", "scheme: W4A16_ASYM, targets: ['re:.*o_proj$']").value
    )
    let names = plan.outputs.map(\.description.name)
    let layer = "model.layers.0.self_attn"
    let start = try #require(names.firstIndex(of: "\(layer).v_proj.weight"))
    #expect(
      names[start..<start + 6] == [
        "\(layer).v_proj.weight", "\(layer).o_proj.weight_scale", "\(layer).o_proj.weight_zero_point",
        "\(layer).o_proj.weight_packed", "\(layer).o_proj.weight_shape", "model.layers.0.mlp.gate_proj.weight",
      ]
    )
    #expect(plan.bytesByClass.map(\.name) == ["codes", "scales", "zero points", "shapes", "unchanged"])
    #expect(plan.keptModules.count == 28 - 4 + 1)
    #expect(plan.keptModules.last == "lm_head")
  }

  @Test func aDataFreeRecipeHasNoCalibration() throws {
    let plan = try #require(
      try BundledModel().plan("QuantizationModifier", "scheme: FP8_DYNAMIC, ignore: [lm_head]").value
    )
    #expect(plan.calibration == nil)
    #expect(plan.costs.operations == 0)
    #expect(plan.assignments.allSatisfy { $0.method == .roundToNearest && !$0.usesMoments })
  }

  @Test func calibrationTakesOptionsBeforeTheRecipeBeforeTheStandard() throws {
    let model = try BundledModel()
    func calibration(_ section: String, _ request: PlanRequest = PlanRequest()) throws -> CalibrationPlan? {
      let recipe = "quant_stage: {quant_modifiers: {GPTQModifier: {scheme: W4A16, ignore: [lm_head]}}}\n\(section)\n"
      return try model.plan(SourceFile(name: "recipe.yaml", text: recipe), request: request).value?.calibration
    }
    // The model was made for 512 positions, fewer than the standard length.
    #expect(try calibration("") == CalibrationPlan(samples: 128, sequenceLength: 512))
    let section = "calibration: {samples: 16, sequence_length: 64}"
    #expect(try calibration(section) == CalibrationPlan(samples: 16, sequenceLength: 64))
    #expect(
      try calibration(section, PlanRequest(samples: 3, sequenceLength: 7))
        == CalibrationPlan(samples: 3, sequenceLength: 7)
    )
    #expect(try calibration(section, PlanRequest(samples: 3))?.tokens == 3 * 64)
  }

  @Test func whatOnlyExecutionLacksIsANoteToWhoChecksAndAnErrorToWhoPlans() throws {
    let model = try BundledModel()
    let modifiers = """
      {SpinQuantModifier: {rotations: [R1, R3]}, AutoRoundModifier: {scheme: W8A8, ignore: [lm_head]}}
      """
    let checked = try model.check(modifiers)
    #expect(!checked.diagnostics.hasErrors)
    #expect(checked.layout?.members.count == 28)
    let gaps = checked.diagnostics.filter { $0.code.name == "not-yet-executable" }
    #expect(gaps.map(\.severity) == [.note, .note])
    let planned = try model.plan(modifiers)
    #expect(planned.value == nil)
    let errors = planned.diagnostics.filter { $0.severity == .error }
    #expect(errors.map(\.code.name) == ["not-yet-executable", "not-yet-executable"])
    #expect(zip(errors, ["SpinQuantModifier", "AutoRoundModifier"]).allSatisfy { $0.message.contains($1) })
  }

  @Test func aCheckNamesWhoReadsDataUntilTheRecipeNamesSome() throws {
    let recipe = "quant_stage: {quant_modifiers: {GPTQModifier: {scheme: W4A16, ignore: [lm_head]}}}\n"
    let silent = try BundledModel().check(SourceFile(name: "r.yaml", text: recipe)).diagnostics
    #expect(silent.map(\.code.name) == ["calibration-needed"])
    let told = try BundledModel().check(SourceFile(name: "r.yaml", text: recipe + "calibration: {dataset: d.jsonl}\n"))
    #expect(told.diagnostics.isEmpty)
  }

  @Test func theObserverSearchesAsItsTableEntrySaysUnlessTheRecipeSaysOtherwise() throws {
    func search(_ arguments: String) throws -> WeightObserver? {
      let group = "{targets: ['re:.*o_proj$'], weights: {num_bits: 4, group_size: 64, observer: mse\(arguments)}}"
      return try BundledModel().plan("QuantizationModifier", "config_groups: {all: \(group)}").value?.assignments.first?
        .observer
    }
    var expected = RangeSearch(candidateCount: 20, patience: 5, stepCount: 100, power: 2.4)
    #expect(try search("") == .shrunkRange(expected))
    expected.patience = 3
    expected.power = 2
    #expect(try search(", observer_kwargs: {patience: 3, norm: 2}") == .shrunkRange(expected))
  }

  @Test func layersThatShareAnInputShareTheirSecondMoments() throws {
    func operations(_ target: String) throws -> Double {
      let plan = try BundledModel().plan("GPTQModifier", "scheme: W4A16, targets: ['\(target)']").value
      return try #require(plan).costs.momentOperations
    }
    let one = try operations("re:model.layers.0.self_attn.q_proj$")
    #expect(one > 0)
    #expect(try operations("re:model.layers.0.self_attn.[qkv]_proj$") == one)
    #expect(try operations("re:model.layers.0.self_attn.[qo]_proj$") == 2 * one)
  }

  @Test func aTiedHeadThatIsQuantizedGetsWeightsOfItsOwn() throws {
    let checked = try BundledModel().plan("QuantizationModifier", "scheme: FP8_DYNAMIC, targets: [Linear]")
    #expect(checked.diagnostics.map(\.code.name) == ["head-is-quantized"])
    #expect(checked.diagnostics.map(\.severity) == [.warning])
    let plan = try #require(checked.value)
    #expect(plan.untiesHead)
    #expect(plan.assignments.last?.source == "model.embed_tokens.weight")
    let names = plan.outputs.map(\.description.name)
    #expect(names.contains("model.embed_tokens.weight"))
    #expect(Array(names.suffix(2)) == ["lm_head.weight_scale", "lm_head.weight"])
    #expect(plan.outputs.suffix(2).map(\.description.shape) == [[1024, 1], [1024, 128]])
  }

  @Test func whoNamesTheHeadIsNotWarned() throws {
    let checked = try BundledModel().plan("QuantizationModifier", "scheme: FP8_DYNAMIC, targets: [Linear, lm_head]")
    #expect(checked.diagnostics.isEmpty)
    #expect(checked.value?.untiesHead == true)
  }

  @Test func anIgnoredHeadStaysTied() throws {
    let plan = try BundledModel().plan("QuantizationModifier", "scheme: FP8_DYNAMIC, ignore: ['re:.*head']").value
    #expect(plan?.untiesHead == false)
    #expect(plan?.keptModules == ["lm_head"])
  }

  @Test func twoModifiersWithDisjointTargetsMakeTwoGroupsInModuleOrder() throws {
    let plan = try #require(
      try BundledModel().plan(
        """
        {QuantizationModifier: {scheme: FP8_DYNAMIC, targets: ['re:.*mlp.*_proj$']}, \
        GPTQModifier: {scheme: W4A16, targets: ['re:.*self_attn.*_proj$']}}
        """
      ).value
    )
    #expect(plan.stages.map(\.modifier) == ["QuantizationModifier", "GPTQModifier"])
    #expect(plan.stages.map(\.moduleCount) == [12, 16])
    // Attention comes first in a block, so its group does, although its modifier is the second.
    #expect(plan.groups.map(\.preset) == ["W4A16", "FP8_DYNAMIC"])
    #expect(plan.groups.map(\.format) == [.packQuantized, .floatQuantized])
    #expect(plan.groups.map(\.moduleCount) == [16, 12])
    let modules = try BundledModel().outline().modules.map(\.name)
    let places = plan.assignments.compactMap { modules.firstIndex(of: $0.layer.name) }
    #expect(places.count == 28)
    #expect(places == places.sorted())
    for assignment in plan.assignments {
      let isAttention = assignment.layer.name.contains("self_attn")
      #expect(assignment.usesMoments == isAttention)
      #expect(assignment.group == (isAttention ? 0 : 1))
    }
  }

  @Test func columnsThatDoNotDivideAreReportedWithTheirModules() throws {
    let group = "{targets: [Linear], weights: {num_bits: 4, strategy: group, group_size: 256}}"
    let checked = try BundledModel().plan(
      "QuantizationModifier",
      "config_groups: {all: \(group)}, ignore: [lm_head, 're:.*layers.[1-3]']"
    )
    let diagnostic = try #require(checked.diagnostics.first)
    #expect(checked.diagnostics.map(\.code.name) == ["group-size-does-not-divide"])
    // 256 divides neither 128 nor 384: all seven layers of the block, the first by its name.
    #expect(
      diagnostic.message == "group_size 256 exceeds the 128 columns of 6 modules and does not divide the 384 of 1"
    )
    #expect(diagnostic.notes.first?.contains("model.layers.0.self_attn.q_proj") == true)
    #expect(diagnostic.fixIts.map(\.edits) == [[TextEdit(try #require(diagnostic.span), "128")]])
    #expect(checked.value == nil)
  }

  @Test func anUnknownArchitectureIsQuantizedWithoutData() throws {
    let fields = "scheme: W8A8, targets: [Linear], ignore: ['re:.*down_proj$']"
    let checked = try BundledModel.unknown().plan("QuantizationModifier", fields)
    #expect(checked.diagnostics.map(\.code.name) == ["unknown-architecture"])
    let plan = try #require(checked.value)
    #expect(plan.assignments.count == 28 - 4)
    #expect(!plan.untiesHead)
    let known = try #require(try BundledModel().plan("QuantizationModifier", fields).value)
    #expect(
      Set(plan.outputs.map(\.description)).isSubset(of: known.outputs.map(\.description)),
      "the layers of the blocks come out alike"
    )
  }
}
