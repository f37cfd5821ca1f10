import JSONDocuments
import Models
import Testing

@Suite struct ModelConfigurationTests {
  @Test func numbersComeFromTheConfig() throws {
    let numbers = try RecordedModel("llama").configuration()
    #expect((numbers.hiddenSize, numbers.feedForwardSize, numbers.vocabularySize) == (32, 48, 40))
    #expect((numbers.blockCount, numbers.queryHeads, numbers.keyHeads, numbers.headDimension) == (2, 4, 2, 8))
    #expect(numbers.normEpsilon == 1e-6)
    #expect(numbers.positionLimit == 64)
    #expect(numbers.slidingWindow == nil)
    #expect(!numbers.tiesEmbeddings)
    #expect(numbers.rotaries[0].theta == 10000)
    #expect(numbers.rotaries[0].scaling == .none)
  }

  @Test func keyHeadsAndHeadDimensionFollowFromOthersWhenTheyAreAbsent() throws {
    let architecture = try #require(Architecture.named(byModelType: "llama"))
    let config = try RecordedModel("llama").with(["num_key_value_heads": .null, "head_dim": nil]).config
    let numbers = try ModelConfiguration(config: config, architecture: architecture)
    #expect(numbers.keyHeads == 4)
    #expect(numbers.headDimension == 8)
  }

  @Test func aHeadDimensionOfItsOwnWins() throws {
    #expect(try RecordedModel("mistral").configuration().headDimension == 16)
  }

  @Test func mistralHasAWindowWhereTheConfigNamesOne() throws {
    let mistral = try RecordedModel("mistral")
    #expect(try mistral.configuration().slidingWindow == 24)
    #expect(try mistral.with(["sliding_window": .null]).configuration().slidingWindow == nil)
    #expect(try mistral.with(["sliding_window": nil]).configuration().slidingWindow == nil)
  }

  @Test func qwen2HasAWindowOnlyWhereItSaysThatItUsesIt() throws {
    #expect(try RecordedModel("qwen2-window").configuration().slidingWindow != nil)
    let unused = try RecordedModel("qwen2").with(["sliding_window": .integer(24), "layer_types": nil])
    #expect(try unused.configuration().slidingWindow == nil)
    // Its max_window_layers is 28, and of its two blocks none has a window.
    let used = unused.with(["use_sliding_window": .boolean(true)])
    #expect(try used.configuration().slidingWindow == nil)
    #expect(try used.with(["max_window_layers": .integer(1)]).configuration().slidingWindow == 24)
  }

  @Test func rotaryScalingOfLlama31ReadsInBothSpellings() throws {
    let expected = RotaryEmbedding.Scaling.llama3(
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalPositions: 32
    )
    let current = try RecordedModel("llama-3.1")
    #expect(try current.configuration().rotaries[0].scaling == expected)
    #expect(try current.configuration().rotaries[0].theta == 500_000)

    var scaling = try #require(current.config["rope_parameters"])
    scaling["rope_theta"] = nil
    let old = current.with(["rope_parameters": nil, "rope_scaling": scaling, "rope_theta": .number(500_000)])
    #expect(try old.configuration() == current.configuration())
  }

  @Test func olderConfigsCallTheKindOfScalingType() throws {
    let scaling = JSON.object([.init("type", .string("linear")), .init("factor", .number(2.5))])
    let model = try RecordedModel("llama").with([
      "rope_parameters": nil, "rope_scaling": scaling, "rope_theta": .integer(20000),
    ])
    #expect(try model.configuration().rotaries[0].scaling == .linear(factor: 2.5))
    #expect(try model.configuration().rotaries[0].theta == 20000)
  }

  @Test func aConfigWithoutAnyWordOfRotaryEmbeddingHasTheStandardOne() throws {
    let model = try RecordedModel("llama").with(["rope_parameters": nil, "rope_scaling": .null, "rope_theta": nil])
    #expect(try model.configuration().rotaries[0].theta == 10000)
    #expect(try model.configuration().rotaries[0].scaling == .none)
  }

  @Test func aKindOfScalingThatTheForwardPassLacksIsRefused() throws {
    let spiral = JSON.object([.init("rope_type", .string("spiral")), .init("factor", .integer(4))])
    let model = try RecordedModel("llama").with(["rope_parameters": spiral])
    let known = ["default", "dynamic", "linear", "llama3", "longrope", "yarn"]
    #expect(throws: ModelError.unsupported(key: "rope_type", value: "spiral", known: known)) { try model.outline() }
  }

  @Test func scalingWithoutItsNumbersIsRefused() throws {
    let parameters = JSON.object([.init("rope_type", .string("llama3")), .init("factor", .integer(8))])
    let model = try RecordedModel("llama").with(["rope_parameters": parameters])
    #expect(
      throws: ModelError.malformedValue(key: "rope_parameters.low_freq_factor", expected: "a positive number")
    ) { try model.outline() }
  }

  @Test func anActivationThatTheForwardPassLacksIsRefused() throws {
    let model = try RecordedModel("llama").with(["hidden_act": .string("mish")])
    let known = ["silu", "gelu", "gelu_pytorch_tanh", "relu", "gelu_fast", "gelu_new", "swish"]
    #expect(throws: ModelError.unsupported(key: "hidden_act", value: "mish", known: known)) { try model.outline() }
  }

  @Test(arguments: [
    "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size", "rms_norm_eps",
  ])
  func aMissingKeyIsNamedWithTheFamily(key: String) throws {
    for absent in [nil, JSON.null] {
      let model = try RecordedModel("qwen2").with([key: absent])
      #expect(throws: ModelError.missingKey(key, family: "qwen2")) { try model.outline() }
    }
  }

  @Test(arguments: [
    ("hidden_size", JSON.integer(0), "a positive integer"), ("hidden_size", .integer(.max), "a positive integer"),
    ("num_hidden_layers", .string("2"), "a positive integer"), ("vocab_size", .number(40.5), "a positive integer"),
    ("rms_norm_eps", .integer(0), "a positive number"), ("rms_norm_eps", .string("1e-6"), "a positive number"),
    ("num_key_value_heads", .integer(3), "a divisor of num_attention_heads"),
    ("head_dim", .integer(7), "an even number"),
  ])
  func aMalformedValueIsNamedWithWhatIsExpected(key: String, value: JSON, expected: String) throws {
    let model = try RecordedModel("llama").with([key: value])
    #expect(throws: ModelError.malformedValue(key: key, expected: expected)) { try model.outline() }
  }
}
