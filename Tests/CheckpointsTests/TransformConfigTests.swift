import Checkpoints
import JSONDocuments
import Testing
import Vocabulary

@Suite struct TransformConfigTests {
  typealias Application = TransformConfig.Application
  typealias Group = TransformConfig.Group

  /// What `tools/oracles/checkpoints/record_transforms.py` asked llm-compressor for.
  static let configs: [String: TransformConfig] = {
    func sides(_ name: String, _ matrix: RotationMatrix, ignored: [String] = ["lm_head"], block: Int? = nil) -> Group {
      func application(_ location: TransformConfig.Location, _ isInverse: Bool) -> Application {
        Application(targets: ["Linear"], location: location, isInverse: isInverse, ignored: ignored)
      }
      return Group(
        name: name,
        matrix: matrix,
        applications: name == "v"
          ? [application(.input, false), application(.weightInput, true)]
          : [application(.weightOutput, false), application(.output, true)],
        blockSize: block
      )
    }
    func patterns(_ parts: String...) -> [String] { parts.map { "re:.*\($0)$" } }
    func residual(_ matrix: RotationMatrix, block: Int?) -> Group {
      Group(
        name: "R1",
        matrix: matrix,
        applications: [
          Application(targets: patterns("embed_tokens", "o_proj", "down_proj"), location: .weightOutput),
          Application(
            targets: patterns("q_proj", "k_proj", "v_proj", "up_proj", "gate_proj") + ["lm_head"],
            location: .weightInput,
            isInverse: true
          ),
        ],
        blockSize: block
      )
    }
    func values(_ matrix: RotationMatrix) -> Group {
      Group(
        name: "R2",
        matrix: matrix,
        applications: [
          Application(targets: patterns("v_proj"), location: .weightOutput),
          Application(targets: patterns("o_proj"), location: .weightInput, isInverse: true),
        ],
        blockSize: 64
      )
    }
    let down = Group(
      name: "R4",
      matrix: .randomHadamard,
      applications: [
        Application(targets: patterns("down_proj"), location: .input),
        Application(targets: patterns("down_proj"), location: .weightInput, isInverse: true),
      ],
      blockSize: 64
    )
    let attention = Group(
      name: "R3",
      matrix: .hadamard,
      applications: [
        Application(targets: patterns("self_attn"), location: .queries),
        Application(targets: patterns("self_attn"), location: .keyCache),
      ],
      blockSize: 64,
      precision: .float32
    )
    let ignored = ["lm_head", "re:.*down_proj$"]
    return [
      "quip-v": TransformConfig(groups: [sides("v", .hadamard)]),
      "quip-u": TransformConfig(groups: [sides("u", .randomHadamard, block: 32)]),
      "quip-vu": TransformConfig(
        groups: [sides("v", .randomMatrix, ignored: ignored), sides("u", .randomMatrix, ignored: ignored)]
      ),
      "spinquant-r1-r2": TransformConfig(groups: [residual(.hadamard, block: nil), values(.hadamard)]),
      "spinquant-r1-r2-r4": TransformConfig(
        groups: [residual(.randomHadamard, block: 64), values(.randomHadamard), down]
      ),
      "spinquant-r3": TransformConfig(groups: [attention]),
      "quip-v-w4a16": TransformConfig(groups: [sides("v", .hadamard)]),
    ]
  }()

  private static func config(_ name: String) throws -> QuantizationConfig {
    var groups: [QuantizationConfig.Group] = []
    if name.hasSuffix("w4a16") {
      let weights = QuantizationArguments(bitWidth: 4, strategy: .group, groupSize: 128)
      groups = [.init(name: "group_0", targets: ["Linear"], scheme: QuantizationScheme(weights: weights))]
    }
    let transforms = try #require(configs[name])
    return QuantizationConfig(groups: groups, ignored: groups.isEmpty ? [] : ["lm_head"], transforms: transforms)
  }

  @Test(arguments: configs.keys.sorted())
  func configsAreThoseOfLLMCompressor(name: String) throws {
    let source = try JSON.parse(try Fixture.bytes("base_untied/config.json"))
    let text = try Self.config(name).document(extending: source)
    #expect(text == (try Fixture.text("transforms/\(name)/config.json")))
  }

  @Test(arguments: configs.keys.sorted())
  func whatIsWrittenIsReadBack(name: String) throws {
    let written = try JSON.parse(try Fixture.bytes("transforms/\(name)/config.json"))
    let read = try #require(try QuantizationConfig.read(from: written))
    let expected = try #require(Self.configs[name])
    #expect(read.transforms.groups == expected.groups.sorted { $0.name < $1.name })
    #expect(read.groups.count == (name.hasSuffix("w4a16") ? 1 : 0))
  }

  @Test(arguments: configs.keys.sorted())
  func tensorsOfRunTimeTransformsAreNamedForTheirPlace(name: String) throws {
    let config = try #require(Self.configs[name])
    let table = try Fixture.text("transforms/\(name)/tensors.tsv")
    let lines = table.split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(config.groups.contains(where: \.hasOnlinePart) == !lines.isEmpty)
    let names = config.groups.flatMap { group in
      group.applications.map(\.location).filter(\.isOnline).map { group.tensorName(of: "", at: $0) }
    }
    for line in lines {
      #expect(names.contains { line[0].hasSuffix($0) }, "\(line[0])")
      #expect(line[1] == (config.groups[0].precision == .float32 ? "F32" : "F64"))
    }
  }

  @Test func whatIsLeftOutHasADefault() throws {
    let text = #"""
      {"quantization_config": {"quant_method": "compressed-tensors", "transform_config": {"config_groups":
       {"x": {"type": "hadamard", "apply": [{"targets": "Linear", "location": "input", "ignore": "lm_head"}]}, "y":
       {"type": "random-matrix"}}}}}
      """#
    let read = try #require(try QuantizationConfig.read(from: JSON.parse(Array(text.utf8))))
    let application = Application(targets: ["Linear"], location: .input, ignored: ["lm_head"])
    #expect(
      read.transforms.groups == [
        Group(name: "x", matrix: .hadamard, applications: [application], precision: .float32),
        Group(name: "y", matrix: .randomMatrix, applications: [], precision: .float32),
      ]
    )
  }

  @Test(
    arguments: [
      (#"{"apply": []}"#, "type", .missing),
      (#"{"type": "rotation"}"#, "type", .unknown("rotation")),
      (#"{"type": "hadamard", "head_dim": 0}"#, "head_dim", .malformed),
      (#"{"type": "hadamard", "precision": "torch.float7"}"#, "precision", .unknown("torch.float7")),
      (#"{"type": "hadamard", "apply": {}}"#, "apply", .malformed),
      (#"{"type": "hadamard", "apply": [{"location": "input"}]}"#, "apply[0].targets", .missing),
      (#"{"type": "hadamard", "apply": [{"targets": [1], "location": "input"}]}"#, "apply[0].targets[0]", .malformed),
      (
        #"{"type": "hadamard", "apply": [{"targets": [], "location": "weight"}]}"#, "apply[0].location",
        .unknown("weight")
      ),
    ] as [(String, String, ConfigFault)]
  )
  func aMemberThatCannotBeUnderstoodIsNamed(group: String, path: String, fault: ConfigFault) throws {
    let text = #"""
      {"quantization_config": {"quant_method": "compressed-tensors", "transform_config": {"config_groups":
       {"g": \#(group)}}}}
      """#
    let config = try JSON.parse(Array(text.utf8))
    let member = "quantization_config.transform_config.config_groups.g.\(path)"
    #expect(throws: CheckpointError.quantizationConfig(member: member, fault)) {
      try QuantizationConfig.read(from: config)
    }
  }
}
