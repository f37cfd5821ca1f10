import Checkpoints
import JSONDocuments
import Tensors
import TestSupport
import Testing
import Vocabulary

/// Experts that share tensors, shown one by one.
@Suite struct FusedExpertsTests {
  @Test(arguments: ["qwen3_moe", "mixtral"])
  func expertsAreThoseThatTransformersSavesOneByOne(family: String) throws {
    let single = try Checkpoint.open(Fixture.path("inputs/\(family)"))
    let fused = try Checkpoint.open(Fixture.path("inputs/\(family)_fused"))
    #expect(Set(fused.headers.tensors) == Set(single.headers.tensors))
    #expect(fused.headers.tensorByteCount == single.headers.tensorByteCount)
    #expect(fused.headers.files[0].header.tensors.count < single.headers.tensors.count)
    for name in single.headers.tensorNames {
      let isEqual = try fused.tensor(name).withBytes { first in
        try single.tensor(name).withBytes { second in first.elementsEqual(second) }
      }
      #expect(isEqual, "\(name)")
    }
  }

  @Test(arguments: ["gpt_oss", "llama4_text", "qwen3_vl_moe_text", "kangaroo"])
  func otherFamiliesAreLeftAlone(modelType: String) throws {
    let model = try Self.model(modelType)
    let headers = try Checkpoint.headers(model.path)
    #expect(Set(headers.tensorNames) == [Self.gateAndUp, Self.down])
    #expect(headers.description(of: Self.down)?.shape == [2, 2, 1])
  }

  @Test func rowsOfAnExpertAreGateThenUp() throws {
    for suffix in ["", ".weight"] {
      let model = try Self.model("qwen2_moe", suffix: suffix)
      let checkpoint = try Checkpoint.open(model.path)
      #expect(checkpoint.headers.tensorNames.count == 6)
      #expect(try checkpoint.tensor("\(Self.experts).0.gate_proj.weight").matrix().elements == [0, 1])
      #expect(try checkpoint.tensor("\(Self.experts).0.up_proj.weight").matrix().elements == [2, 3])
      #expect(try checkpoint.tensor("\(Self.experts).1.gate_proj.weight").matrix().elements == [4, 5])
      #expect(try checkpoint.tensor("\(Self.experts).1.up_proj.weight").matrix().elements == [6, 7])
      let down = try checkpoint.tensor("\(Self.experts).1.down_proj.weight").matrix()
      #expect(down.rowCount == 2)
      #expect(down.elements == [2, 3])
    }
  }

  @Test func numbersOfAModelThatAlsoSeesStandInItsTextConfig() throws {
    let model = try Self.model("qwen3_5_moe")
    let text = JSON.object([
      .init("hidden_size", .integer(2)), .init("moe_intermediate_size", .integer(1)), .init("num_experts", .integer(2)),
    ])
    let config = JSON.object([
      .init("model_type", .string("qwen3_5_moe")), .init("hidden_size", .integer(7)), .init("text_config", text),
    ])
    try model.write("config.json", config.serialized(.pretty))
    #expect(try Checkpoint.headers(model.path).tensorNames.count == 6)
  }

  @Test(
    arguments: [
      (["hidden_size": 3], [2, 3, 1]), (["moe_intermediate_size": 2], [2, 2, 2]), (["num_experts": 3], [3, 2, 1]),
    ] as [([String: Int], [Int?])]
  )
  func shapesThatTheConfigDeniesAreRefused(numbers: [String: Int], expected: [Int?]) throws {
    let model = try Self.model("qwen3_moe", numbers: numbers)
    #expect(throws: CheckpointError.shape(tensor: Self.down, found: [2, 2, 1], expected: expected)) {
      try Checkpoint.headers(model.path)
    }
  }

  @Test func whatIsNoFloatIsNotSplit() throws {
    let model = try Self.model("qwen3_moe", elementType: .int32)
    #expect(
      throws: CheckpointError.elementType(
        tensor: Self.down,
        found: .int32,
        expected: [.float32, .bfloat16, .float16]
      )
    ) { try Checkpoint.headers(model.path) }
  }

  @Test func anExpertThatIsThereTwiceIsRefused() throws {
    let twin = TensorDescription(name: "\(Self.experts).1.up_proj.weight", elementType: .float32, shape: [1, 2])
    let model = try Self.model("qwen3_moe", besides: [twin])
    #expect(
      throws: CheckpointError.duplicateTensor(twin.name, files: ["model.safetensors", "model.safetensors"])
    ) { try Checkpoint.headers(model.path) }
  }

  @Test func anIndexAloneShowsExpertsToo() throws {
    let folder = try TemporaryFolder()
    try folder.write("config.json", Self.config("deepseek_v3", ["n_routed_experts": 2]).serialized(.pretty))
    let map =
      #"{"\#(Self.down)":"model-00001-of-00001.safetensors","model.norm.weight":"model-00001-of-00001.safetensors"}"#
    try folder.write("model.safetensors.index.json", #"{"weight_map":\#(map)}"#)
    let index = try #require(try CheckpointOutside.read(folder.path).index)
    #expect(
      index.tensorNames == [
        "\(Self.experts).0.down_proj.weight", "\(Self.experts).1.down_proj.weight", "model.norm.weight",
      ]
    )
  }

  @Test func aClaimOfEndlessExpertsIsNotBelieved() throws {
    let folder = try TemporaryFolder()
    try folder.write("config.json", Self.config("qwen3_moe", ["num_experts": 1 << 50]).serialized(.pretty))
    try folder.write("model.safetensors.index.json", #"{"weight_map":{"\#(Self.down)":"a.safetensors"}}"#)
    #expect(try CheckpointOutside.read(folder.path).index?.tensorNames == [Self.down])
  }

  // MARK: Two experts of one row

  private static let experts = "model.layers.0.mlp.experts"
  private static let gateAndUp = "\(experts).gate_up_proj"
  private static let down = "\(experts).down_proj"

  private static func config(_ modelType: String, _ numbers: [String: Int]) -> JSON {
    .object(
      [.init("model_type", .string(modelType))]
        + numbers.sorted { $0.key < $1.key }.map { .init($0.key, .integer(Int64($0.value))) }
    )
  }

  /// A model of nothing but experts, whose elements count from zero in each tensor.
  private static func model(
    _ modelType: String,
    numbers: [String: Int] = [:],
    suffix: String = "",
    elementType: ElementType = .float32,
    besides: [TensorDescription] = []
  ) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let shapes = [(gateAndUp + suffix, [2, 2, 2]), (down + suffix, [2, 2, 1])]
    let tensors = shapes.map { TensorDescription(name: $0, elementType: elementType, shape: $1) } + besides
    let layout = try SafetensorsLayout(tensors: tensors)
    let file = try #require(layout.files.first)
    let data = file.tensors.flatMap { tensor in
      (0..<tensor.description.elementCount).flatMap { index in
        withUnsafeBytes(of: Float(index).bitPattern.littleEndian) { Array($0) }
      }
    }
    try folder.write("model.safetensors", file.header + data)
    let usual = ["hidden_size": 2, "moe_intermediate_size": 1, "intermediate_size": 9, "num_experts": 2]
    try folder.write("config.json", config(modelType, usual.merging(numbers) { $1 }).serialized(.pretty))
    return folder
  }
}
