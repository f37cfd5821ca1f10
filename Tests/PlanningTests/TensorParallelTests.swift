import Diagnostics
import Planning
import Testing

/// On how many devices vLLM can serve what plans make, worked out by hand.
@Suite struct TensorParallelTests {
  private func parallelism(_ model: ConfiguredModel, _ fields: String) throws -> TensorParallelism {
    let plan = try model.plan("QuantizationModifier", "\(fields), ignore: [lm_head]")
    #expect(plan.tensorParallel.map(\.runtime) == ["vllm"])
    return try #require(plan.tensorParallel.first)
  }

  private static let llama8B = ConfiguredModel.llama(
    hidden: 4096,
    blocks: 2,
    heads: 32,
    keyHeads: 8,
    inner: 14336,
    vocabulary: 128_256
  )
  private static let fourteenHeads = ConfiguredModel.llama(
    hidden: 896,
    blocks: 2,
    heads: 14,
    keyHeads: 2,
    inner: 4864,
    vocabulary: 151_936
  )

  @Test func aGroupIsNeverCut() throws {
    // 14336 columns on 16 devices are seven groups of 128 each, and on 32 three and a half.
    let found = try parallelism(Self.llama8B, "scheme: W4A16")
    #expect(found.degrees == [1, 2, 4, 8, 16])
    #expect(
      found.limit
        == .obstacle(
          degree: 32,
          .share(layer: "model.layers.0.mlp.down_proj", .columns, size: 448, multiple: 128, .groups)
        )
    )
    #expect(found.groups.map(\.largest) == [16])
  }

  @Test func channelsGoAsFarAsHeadsDo() throws {
    // With more devices than key heads each of those goes to several.
    let found = try parallelism(Self.llama8B, "scheme: FP8_DYNAMIC")
    #expect(found.degrees == [1, 2, 4, 8, 16, 32])
    #expect(found.limit == .queryHeads(32))
  }

  @Test func keyHeadsDivideOrAreDivided() throws {
    // Seven devices divide 14 query heads and neither divide two key heads nor are divided by them.
    let found = try parallelism(Self.fourteenHeads, "scheme: FP8_DYNAMIC")
    #expect(found.degrees == [1, 2])
    #expect(found.limit == .obstacle(degree: 7, .keyHeads(2)))
  }

  @Test func anOddCountOfGroupsStaysOnOneDevice() throws {
    // 896 columns are seven groups.
    let found = try parallelism(Self.fourteenHeads, "scheme: W4A16")
    #expect(found.degrees == [1])
    #expect(
      found.limit
        == .obstacle(
          degree: 2,
          .share(layer: "model.layers.0.self_attn.o_proj", .columns, size: 448, multiple: 128, .groups)
        )
    )
  }

  @Test func theVocabularyIsPaddedBeforeItIsDivided() throws {
    // 100 rows become 128, which three devices cannot share.
    let model = ConfiguredModel.llama(hidden: 96, blocks: 1, heads: 6, keyHeads: 6, inner: 192, vocabulary: 100)
    let found = try parallelism(model, "scheme: FP8_DYNAMIC")
    #expect(found.degrees == [1, 2])
    #expect(found.limit == .obstacle(degree: 3, .rows(layer: "model.embed_tokens", 128)))
  }

  @Test func aBlockIsNeverCut() throws {
    // Key heads of 64 rows: two to a block.
    let model = ConfiguredModel.llama(hidden: 2048, blocks: 1, heads: 32, keyHeads: 8, inner: 8192, vocabulary: 128)
    let found = try parallelism(model, "scheme: FP8_BLOCK")
    #expect(found.degrees == [1, 2, 4])
    #expect(
      found.limit
        == .obstacle(
          degree: 8,
          .share(layer: "model.layers.0.self_attn.k_proj", .rows, size: 64, multiple: 128, .blocks)
        )
    )
  }

  @Test func aWordOfCodesIsNeverCut() throws {
    let model = ConfiguredModel.llama(hidden: 64, blocks: 1, heads: 4, keyHeads: 4, inner: 72, vocabulary: 128)
    let weights = "weights: {num_bits: 4, strategy: channel}"
    let found = try parallelism(model, "config_groups: {all: {targets: [Linear], \(weights)}}")
    #expect(found.degrees == [1])
    #expect(
      found.limit
        == .obstacle(degree: 2, .share(layer: "model.layers.0.mlp.down_proj", .columns, size: 36, multiple: 8, .words))
    )
  }

  @Test func aWordOfZeroPointsIsNeverCut() throws {
    // Two key heads of four rows.
    let model = ConfiguredModel.llama(
      hidden: 64,
      blocks: 1,
      heads: 4,
      keyHeads: 2,
      headDimension: 4,
      inner: 64,
      vocabulary: 128
    )
    let weights = "weights: {num_bits: 4, strategy: channel, symmetric: false}"
    let found = try parallelism(model, "config_groups: {all: {targets: [Linear], \(weights)}}")
    #expect(found.degrees == [1])
    #expect(
      found.limit
        == .obstacle(
          degree: 2,
          .share(layer: "model.layers.0.self_attn.k_proj", .rows, size: 4, multiple: 8, .zeroPoints)
        )
    )
  }

  @Test func theKernelsTilesHoldForEachDevice() throws {
    // NVFP4 takes columns in groups of 16 and so does its kernel: 48 columns are three groups.
    let model = ConfiguredModel.llama(
      hidden: 64,
      blocks: 1,
      heads: 2,
      keyHeads: 2,
      headDimension: 32,
      inner: 48,
      vocabulary: 128
    )
    let found = try parallelism(model, "scheme: NVFP4A16")
    #expect(found.degrees == [1])
    #expect(
      found.limit
        == .obstacle(
          degree: 2,
          .share(layer: "model.layers.0.mlp.down_proj", .columns, size: 24, multiple: 16, .groups)
        )
    )
  }

  @Test func eachGroupHasALimitOfItsOwn() throws {
    let plan = try Self.llama8B.plan(
      "QuantizationModifier",
      """
      config_groups: {fine: {targets: ['re:.*mlp.*'], weights: {num_bits: 4, strategy: group, group_size: 128}}, \
      coarse: {targets: ['re:.*self_attn.*'], weights: {num_bits: 8, strategy: channel}}}
      """
    )
    let found = try #require(plan.tensorParallel.first)
    #expect(plan.groups.map(\.moduleCount) == [8, 6])
    #expect(found.groups.map(\.largest) == [32, 16])
    #expect(found.degrees.last == 16)
  }

  @Test func nobodyKnowsHowAnUnknownModelIsDivided() throws {
    let plan = try BundledModel.unknown().plan("QuantizationModifier", "scheme: W8A8, ignore: ['re:.*head']").value
    #expect(try #require(plan).tensorParallel.isEmpty)
  }
}
