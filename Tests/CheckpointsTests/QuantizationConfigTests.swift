import Checkpoints
import JSONDocuments
import Testing
import Vocabulary

@Suite struct QuantizationConfigTests {
  /// Configs as one would set them up from a recipe, with no observer named unless the preset names one.
  static let configs: [String: QuantizationConfig] = {
    let channel8 = QuantizationArguments(strategy: .channel)
    let token8 = QuantizationArguments(strategy: .token, dynamic: .on)
    let group4 = QuantizationArguments(bitWidth: 4, strategy: .group, groupSize: 128)
    var float8 = channel8
    float8.numberKind = .float
    var floatToken8 = token8
    floatToken8.numberKind = .float
    var asymmetric4 = group4
    asymmetric4.isSymmetric = false
    var ordered4 = group4
    ordered4.activationOrder = .static
    var ordered8 = channel8
    ordered8.activationOrder = .static
    let tensor8 = QuantizationArguments(numberKind: .float)
    var staticTensor8 = tensor8
    staticTensor8.observer = "static_minmax"
    var microscaling4 = QuantizationArguments(bitWidth: 4, numberKind: .float, strategy: .group, groupSize: 32)
    microscaling4.scaleType = .uint8
    var microscalingInput4 = microscaling4
    microscalingInput4.dynamic = .on
    let nvfp4 = QuantizationArguments(
      bitWidth: 4,
      numberKind: .float,
      strategy: .tensorGroup,
      groupSize: 16,
      scaleType: .float8E4M3
    )
    var cached = one(QuantizationScheme(weights: float8, inputActivations: floatToken8))
    cached.keyValueCache = QuantizationArguments(numberKind: .float, strategy: .attentionHead)
    return [
      "fp8": one(QuantizationScheme(weights: tensor8, inputActivations: staticTensor8)),
      "fp8_dynamic": one(QuantizationScheme(weights: float8, inputActivations: floatToken8)),
      "kv_fp8_w": cached,
      "mxfp4": one(QuantizationScheme(weights: microscaling4, inputActivations: microscalingInput4)),
      "nvfp4a16": one(QuantizationScheme(weights: nvfp4)),
      "w4a16_asym_rtn": one(QuantizationScheme(weights: asymmetric4)),
      "w4a16_gptq": one(QuantizationScheme(weights: ordered4)),
      "w8a8": one(QuantizationScheme(weights: ordered8, inputActivations: token8)),
    ]
  }()

  private static func one(_ scheme: QuantizationScheme) -> QuantizationConfig {
    QuantizationConfig(
      groups: [.init(name: "group_0", targets: ["Linear"], scheme: scheme)],
      ignored: ["lm_head"]
    )
  }

  @Test(arguments: configs.keys.sorted())
  func configsAreThoseOfLLMCompressor(name: String) throws {
    let config = try #require(Self.configs[name])
    let source = try JSON.parse(try Fixture.bytes("base_untied/config.json"))
    #expect(config.document(extending: source) == (try Fixture.text("out/\(name)/config.json")))
  }

  @Test(arguments: configs.keys.sorted())
  func whatIsWrittenIsReadBack(name: String) throws {
    let golden = try JSON.parse(try Fixture.bytes("out/\(name)/config.json"))
    let read = try #require(try QuantizationConfig.read(from: golden))
    let written = try #require(Self.configs[name])
    #expect(read.format == written.format)
    #expect(read.ignored == ["lm_head"])
    #expect(read.groups.map(\.name) == ["group_0"])
    #expect(read.groups.map(\.targets) == [["Linear"]])
    // Reading finds the observers and formats that writing filled in; all else is as it was.
    #expect(read.document(extending: golden) == written.document(extending: golden))
    var scheme = try #require(read.groups.first).scheme
    let expected = try #require(written.groups.first).scheme
    #expect(scheme.format == expected.resolvedFormat)
    scheme.format = nil
    scheme.weights?.observer = expected.weights?.observer
    scheme.weights?.zeroPointType = nil
    #expect(scheme == expected)
    #expect(read.keyValueCache == written.keyValueCache)
  }

  @Test func aConfigOfAnotherVersionIsUnderstood() throws {
    // Keys left out as 0.20 does, more keys than any, aliases, a channel as group size −1.
    let text = #"""
      {"quantization_config": {"quant_method": "compressed-tensors", "format": "pack-quantized", "moe_sparsity_config": null,
       "new": {"a": [1]}, "ignore": [], "config_groups": {"group.0": {"targets": ["re:.*mlp.*", "Linear"], "weights":
       {"num_bits": 4, "group_size": -1, "actorder": "weight", "observer_kwargs": {"averaging_constant": 0.01, "n": 3},
        "symmetric": false, "zp_dtype": "torch.int8"}}}}}
      """#
    let config = try #require(try QuantizationConfig.read(from: JSON.parse(Array(text.utf8))))
    let group = try #require(config.groups.first)
    #expect(group.name == "group.0")
    #expect(group.targets == ["re:.*mlp.*", "Linear"])
    #expect(group.scheme.format == .packQuantized)
    #expect(group.scheme.inputActivations == nil)
    #expect(
      group.scheme.weights
        == QuantizationArguments(
          bitWidth: 4,
          isSymmetric: false,
          strategy: .channel,
          activationOrder: .static,
          zeroPointType: .int8,
          observerArguments: [
            ObserverArgument(name: "averaging_constant", value: .number(0.01)),
            ObserverArgument(name: "n", value: .integer(3)),
          ]
        )
    )
  }

  @Test func aConfigMayStandInThreePlaces() throws {
    let inner = #"{"quant_method":"compressed-tensors","config_groups":{},"format":"dense","ignore":[]}"#
    for text in [
      #"{"quantization_config":\#(inner)}"#, #"{"text_config":{"quantization_config":\#(inner)}}"#,
      #"{"compression_config":\#(inner),"quantization_config":null}"#,
    ] {
      let config = try #require(try QuantizationConfig.read(from: JSON.parse(Array(text.utf8))))
      #expect(config == QuantizationConfig(groups: [], ignored: []))
      #expect(config.format == .dense)
    }
    #expect(try QuantizationConfig.read(from: .object([])) == nil)
  }

  @Test(
    arguments: [
      (#""num_bits": "4""#, "num_bits", .malformed),
      (#""num_bits": 0"#, "num_bits", .malformed),
      (#""num_bits": 1e30"#, "num_bits", .malformed),
      (#""type": "complex""#, "type", .unknown("complex")),
      (#""strategy": "row""#, "strategy", .unknown("row")),
      (#""strategy": "group""#, "group_size", .missing),
      (#""group_size": -2"#, "group_size", .malformed),
      (#""group_size": 0"#, "group_size", .malformed),
      (#""group_size": 64, "strategy": "channel""#, "group_size", .malformed),
      (#""strategy": "block""#, "block_structure", .missing),
      (#""strategy": "block", "block_structure": [0, 128]"#, "block_structure", .malformed),
      (#""strategy": "block", "block_structure": [128]"#, "block_structure", .malformed),
      (#""dynamic": "global""#, "dynamic", .unknown("global")),
      (#""symmetric": 1"#, "symmetric", .malformed),
      (#""actorder": "random""#, "actorder", .unknown("random")),
      (#""scale_dtype": "torch.int3""#, "scale_dtype", .unknown("torch.int3")),
      (#""observer_kwargs": {"a": []}"#, "observer_kwargs.a", .malformed),
    ] as [(String, String, ConfigFault)]
  )
  func aMemberThatCannotBeUnderstoodIsNamed(member: String, path: String, fault: ConfigFault) throws {
    let text = #"""
      {"quantization_config": {"quant_method": "compressed-tensors", "config_groups":
       {"g": {"targets": ["Linear"], "weights": {\#(member)}}}}}
      """#
    let config = try JSON.parse(Array(text.utf8))
    #expect(
      throws: CheckpointError.quantizationConfig(
        member: "quantization_config.config_groups.g.weights.\(path)",
        fault
      )
    ) { try QuantizationConfig.read(from: config) }
  }

  @Test(
    arguments: [
      (#"[]"#, "quantization_config", .malformed),
      (#"{}"#, "quantization_config.quant_method", .missing),
      (#"{"quant_method":"gptq"}"#, "quantization_config.quant_method", .unknown("gptq")),
      (
        #"{"quant_method":"compressed-tensors","format":"marlin-24"}"#, "quantization_config.format",
        .unknown("marlin-24")
      ),
      (
        #"{"quant_method":"compressed-tensors","config_groups":{"g":{}}}"#,
        "quantization_config.config_groups.g.targets", .missing
      ),
      (
        #"{"quant_method":"compressed-tensors","ignore":[1]}"#, "quantization_config.ignore[0]", .malformed
      ),
    ] as [(String, String, ConfigFault)]
  )
  func aConfigOfAnotherKindIsRefused(value: String, path: String, fault: ConfigFault) throws {
    let config = try JSON.parse(Array(#"{"quantization_config":\#(value)}"#.utf8))
    #expect(throws: CheckpointError.quantizationConfig(member: path, fault)) {
      try QuantizationConfig.read(from: config)
    }
  }
}
