import Models
import Planning
import Testing

/// Plans of models that no test could hold: counts and bytes that follow from published numbers by hand.
@Suite struct GiantPlanTests {
  private static func part(_ plan: Plan, _ part: ModuleCensus.Part) -> [Int] {
    plan.census.filter { $0.part == part }.flatMap { [$0.moduleCount, $0.parameterCount, $0.changedCount] }
  }

  @Test func llama405BTakesTwoHundredAndFifteenGigabytesInFourBits() throws {
    let plan = try ConfiguredModel.llama405B.plan("GPTQModifier", "scheme: W4A16, ignore: [lm_head]")
    let attention = 126 * (2 * 16384 * 16384 + 2 * 1024 * 16384)
    let feedForward = 126 * 3 * 53248 * 16384
    let table = 128_256 * 16384
    let norms = 253 * 16384
    #expect(plan.assignments.count == 882)
    #expect(Self.part(plan, .attention) == [504, attention, 504])
    #expect(Self.part(plan, .feedForward) == [378, feedForward, 378])
    #expect(Self.part(plan, .embedding) == [1, table, 0])
    #expect(Self.part(plan, .head) == [1, table, 0])
    #expect(Self.part(plan, .norm) == [253, norms, 0])
    #expect(plan.census.map(\.parameterCount).reduce(0, +) == 405_853_388_800)
    let quantized = attention + feedForward
    #expect(
      plan.bytesByClass.map(\.bytes) == [quantized / 2, quantized / 128 * 2, 882 * 16, 2 * (2 * table + norms)]
    )
    #expect(plan.costs.inputBytes == 811_706_777_600)
    #expect(plan.costs.outputBytes == plan.bytesByClass.map(\.bytes).reduce(0, +))
    // 53248 columns on 32 devices are 13 groups each, and on 64 six and a half.
    let parallelism = try #require(plan.tensorParallel.first)
    #expect(parallelism.degrees == [1, 2, 4, 8, 16, 32])
    #expect(
      parallelism.limit
        == .obstacle(
          degree: 64,
          .share(layer: "model.layers.0.mlp.down_proj", .columns, size: 832, multiple: 128, .groups)
        )
    )
  }

  @Test func deepSeekV3HasFortyFourThousandExpertLayers() throws {
    let plan = try ConfiguredModel.deepSeekV3.plan(
      "QuantizationModifier",
      "scheme: FP8_BLOCK, ignore: [lm_head, 're:.*mlp.gate$']"
    )
    let expert = 3 * 7168 * 2048
    let attention =
      1536 * 7168 + 128 * 192 * 1536 + (512 + 64) * 7168 + 128 * 256 * 512 + 7168 * 128 * 128
    #expect(plan.assignments.count == 61 * 5 + 3 * 3 + 58 * 257 * 3)
    #expect(Self.part(plan, .attention) == [305, 61 * attention, 305])
    #expect(Self.part(plan, .feedForward) == [9, 9 * 18432 * 7168, 9])
    #expect(Self.part(plan, .expert) == [58 * 256 * 3, 58 * 256 * expert, 58 * 256 * 3])
    #expect(Self.part(plan, .sharedExpert) == [174, 58 * expert, 174])
    #expect(Self.part(plan, .router) == [58, 58 * 256 * 7168, 0])
    // Each layer's own norms, two before parts and two of latents, and the last.
    #expect(Self.part(plan, .norm) == [4 * 61 + 1, 61 * (2 * 7168 + 1536 + 512) + 7168, 0])
    // The published 671 billion, but for the vectors that are added to scores.
    #expect(plan.census.map(\.parameterCount).reduce(0, +) == 671_026_404_352)
    let codes = 61 * attention + 9 * 18432 * 7168 + 58 * 257 * expert
    #expect(plan.bytesByClass.first.map { [$0.count, $0.bytes] } == [45032, codes])
    #expect(plan.costs.operations == 0)
    #expect(plan.costs.scratchBytes == 0)
    // 18432 rows on 16 devices are nine blocks of 128 each, and on 32 four and a half.
    let parallelism = try #require(plan.tensorParallel.first)
    #expect(parallelism.degrees == [1, 2, 4, 8, 16])
    #expect(
      parallelism.limit
        == .obstacle(
          degree: 32,
          .share(layer: "model.layers.0.mlp.gate_proj", .rows, size: 576, multiple: 128, .blocks)
        )
    )
  }
}
