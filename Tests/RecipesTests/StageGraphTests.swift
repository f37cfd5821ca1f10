import Diagnostics
import Recipes
import Testing
import Vocabulary

@Suite struct StageGraphTests {
  /// The graph of a recipe whose modifiers are given.
  private func graph(_ modifiers: String, sections: String = "") throws -> StageGraph {
    let indented = modifiers.split(separator: "\n").map { "    \($0)\n" }.joined()
    let text = "q_stage:\n  q_modifiers:\n\(indented)\(sections)"
    let checked = Recipe.check(SourceFile(name: "a.yaml", text: text))
    return try #require(checked.value, "\(checked.diagnostics.rendered())").stageGraph()
  }

  @Test func aPresetIsOneGroupWithEveryDefaultFilledIn() throws {
    let graph = try graph("GPTQModifier:\n  scheme: w4a16\n  ignore: [lm_head, 're:.*gate$']\n")
    let stage = try #require(graph.quantization.first)
    #expect(graph.quantization.count == 1)
    #expect(stage.method == .gptq(GPTQParameters(blockSize: 128, dampeningFraction: 0.01)))
    #expect(stage.ignored.map(\.value) == [.name("lm_head"), .pattern(".*gate$")])
    #expect(stage.needsCalibration)
    let group = try #require(stage.groups.first)
    #expect(group.name == "group_0" && group.preset == "W4A16" && group.targets.map(\.value) == [.name("Linear")])
    #expect(
      group.scheme.value.weights
        == QuantizationArguments(
          bitWidth: 4,
          strategy: .group,
          groupSize: 128,
          activationOrder: .static,
          observer: "memoryless_minmax"
        )
    )
  }

  @Test func aMappingOfPresetsIsOneGroupForEach() throws {
    let stage = try graph(
      "QuantizationModifier:\n  scheme: {W8A8: 're:.*attn.*', FP8_DYNAMIC: [a, b]}\n  weight_observer: mse\n"
    ).quantization[0]
    #expect(stage.method == .roundToNearest && !stage.needsCalibration)
    #expect(stage.groups.map(\.name) == ["group_0", "group_1"])
    #expect(stage.groups.map(\.preset) == ["W8A8", "FP8_DYNAMIC"])
    #expect(stage.groups[0].targets.map(\.value) == [.pattern(".*attn.*")])
    #expect(stage.groups.map(\.scheme.value.weights?.observer) == ["mse", "mse"])
    #expect(stage.groups[0].scheme.value.inputActivations?.observer == nil)
  }

  @Test(
    arguments: [
      ("{}", Strategy.tensor, nil), ("{group_size: 64}", .group, 64), ("{group_size: -1}", .channel, nil),
      ("{strategy: CHANNEL, group_size: -1}", .channel, nil),
      ("{strategy: block, block_structure: 128x64}", .block, nil),
    ] as [(String, Strategy, Int?)]
  )
  func theStrategyFollowsFromTheGroupSize(weights: String, strategy: Strategy, size: Int?) throws {
    let text = "QuantizationModifier:\n  config_groups:\n    g:\n      targets: [Linear]\n      weights: \(weights)\n"
    let group = try graph(text).quantization[0].groups[0]
    #expect(group.scheme.value.weights?.strategy == strategy && group.scheme.value.weights?.groupSize == size)
    #expect(group.name == "g" && group.preset == nil)
  }

  @Test(
    arguments: [
      ("", "null", ActivationOrder.static), ("actorder: null", "null", nil), ("actorder: weight", "static", .static),
      ("actorder: false", "null", nil), ("", "static", .static), ("actorder: Static", "null", .static),
    ] as [(String, String, ActivationOrder?)]
  )
  func theColumnOrderIsResolved(field: String, own: String, order: ActivationOrder?) throws {
    let text = """
      GPTQModifier:
        \(field)
        config_groups:
          g:
            targets: [Linear]
            weights: {num_bits: 4, group_size: 128, actorder: \(own)}
      """
    #expect(try graph(text).quantization[0].groups[0].scheme.value.weights?.activationOrder == order)
  }

  @Test func aModifierWithoutGroupsTakesOverThoseBeforeIt() throws {
    let text = "QuantizationModifier:\n  scheme: W4A16\n  ignore: [lm_head]\nGPTQModifier:\n  block_size: 64\n"
    let stages = try graph(text).quantization
    #expect(stages.count == 1)
    #expect(stages[0].modifier.value == "GPTQModifier" && stages[0].needsCalibration)
    #expect(stages[0].method == .gptq(GPTQParameters(blockSize: 64, dampeningFraction: 0.01)))
    #expect(stages[0].ignored.map(\.value) == [.name("lm_head")])
    #expect(stages[0].groups[0].scheme.value.weights?.activationOrder == nil)
  }

  @Test(arguments: [
    ("scheme: W4A16", false), ("scheme: FP8_DYNAMIC", false), ("scheme: FP8", true), ("scheme: NVFP4", true),
    ("scheme: MXFP4", false), ("scheme: W4A16\n  weight_observer: imatrix_mse", true),
    ("kv_cache_scheme: {num_bits: 8, type: float}", true),
  ])
  func calibrationIsNeededExactlyWhereSomethingReadsIt(fields: String, needs: Bool) throws {
    let stage = try graph("QuantizationModifier:\n  \(fields)\n").quantization[0]
    #expect(stage.needsCalibration == needs)
    let told = try graph("QuantizationModifier:\n  \(fields)\n  requires_calibration_data: \(needs)\n").quantization[0]
    #expect(told.needsCalibration == needs)
  }

  @Test func theCacheAndTheCalibrationSectionAreInTheGraph() throws {
    let graph = try graph(
      "QuantizationModifier:\n  kv_cache_scheme: {num_bits: 8, type: float, strategy: attn_head, observer: minmax}\n",
      sections: "calibration:\n  dataset: texts.jsonl\n  samples: '64'\n  sequence_length: 256\n"
    )
    let cache = try #require(graph.quantization[0].keyValueCache)
    #expect(cache.value.strategy == .attentionHead && cache.value.numberKind == .float)
    #expect(graph.quantization[0].groups.isEmpty)
    #expect(graph.calibration.dataset?.value == "texts.jsonl" && graph.calibration.samples?.value == 64)
    #expect(graph.calibration.sequenceLength?.value == 256 && graph.calibration.textColumn == nil)
  }

  @Test func whatToolsWriteOutIsNoContradiction() throws {
    let text = """
      GPTQModifier:
        targets: [Linear]
        ignore: [lm_head]
        config_groups:
          group_0:
            targets: [Linear]
            weights: {num_bits: 4, type: int, symmetric: false, group_size: 128, strategy: group, block_structure: null,
              dynamic: false, actorder: static, scale_dtype: null, zp_dtype: torch.int8, observer: memoryless_minmax,
              observer_kwargs: {}}
            input_activations: null
            output_activations: null
            format: null
        bypass_divisibility_checks: true
        requires_calibration_data: true
        batched_quantization: auto
      """
    let stage = try graph(text).quantization[0]
    #expect(stage.groups[0].scheme.value.weights?.zeroPointType == .int8)
  }
}
