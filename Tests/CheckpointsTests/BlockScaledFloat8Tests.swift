import Checkpoints
import JSONDocuments
import Tensors
import TestSupport
import Testing
import Vocabulary

/// Float8 with a factor for each block, shown as bfloat16.
@Suite struct BlockScaledFloat8Tests {
  @Test(arguments: ["tall", "wide", "small"])
  func productsAreThoseOfDeepSeek(weight: String) throws {
    let folder = try TemporaryFolder()
    try folder.write("model.safetensors", Fixture.bytes("inputs/blocks.safetensors"))
    try folder.write("config.json", Self.config(block: 128))
    let checkpoint = try Checkpoint.open(folder.path)
    let decoded = try checkpoint.tensor("\(weight).weight")
    let expected = try checkpoint.tensor("\(weight).bfloat16")
    #expect(decoded.description.elementType == .bfloat16)
    #expect(decoded.description.shape == expected.description.shape)
    #expect(decoded.elements(as: UInt16.self) == expected.elements(as: UInt16.self))
    #expect(try decoded.matrix() == expected.matrix())
    #expect(checkpoint.tensorIfPresent("\(weight).weight_scale_inv") == nil)
    decoded.willNeed()
    decoded.dontNeed()
    #expect(try decoded.floats() == expected.floats())
  }

  @Test func theModelIsThatWhichIsPlain() throws {
    let float8 = try Checkpoint.open(Fixture.path("inputs/llama_fp8"))
    let plain = try Checkpoint.open(Fixture.path("inputs/llama_bf16"))
    #expect(float8.headers.blockScaledFloat8?.blockShape == BlockShape(rows: 128, columns: 128))
    #expect(plain.headers.blockScaledFloat8 == nil)
    #expect(float8.headers.config == plain.headers.config)
    #expect(Set(float8.headers.tensors) == Set(plain.headers.tensors))
    #expect(float8.headers.tensorByteCount == plain.headers.tensorByteCount)
    for name in plain.headers.tensorNames {
      let isEqual = try float8.tensor(name).withBytes { first in
        try plain.tensor(name).withBytes { second in first.elementsEqual(second) }
      }
      #expect(isEqual, "\(name)")
    }
  }

  @Test func weightAndFactorsMayLieInTwoFiles() throws {
    let folder = try TemporaryFolder()
    let (first, second) = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    try folder.write(first, Self.file([Self.weight]))
    try folder.write(second, Self.file([Self.factors]))
    let map = #"{"\#(Self.weight.name)":"\#(first)","\#(Self.factors.name)":"\#(second)"}"#
    try folder.write("model.safetensors.index.json", #"{"weight_map":\#(map)}"#)
    try folder.write("config.json", Self.config())
    let checkpoint = try Checkpoint.open(folder.path)
    #expect(checkpoint.headers.tensorNames == ["w"])
    #expect(try checkpoint.tensor("w").matrix().elements == Self.product)
  }

  @Test func anIndexAloneShowsNoFactors() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "model.safetensors.index.json",
      #"{"weight_map":{"w":"a.safetensors","w_scale_inv":"a.safetensors"}}"#
    )
    try folder.write("config.json", Self.config())
    let index = try #require(try CheckpointOutside.read(folder.path).index)
    #expect(index.tensorNames == ["w"])
    #expect(index.config["quantization_config"] == nil)
  }

  @Test func whatIsSaidOfATextModelIsTakenAway() throws {
    let folder = try Self.model([Self.weight, Self.factors])
    let said = try JSON.parse(Array(Self.config().utf8))
    var config = JSON.object([.init("text_config", said)])
    try folder.write("config.json", config.serialized(.pretty))
    let headers = try Checkpoint.headers(folder.path)
    config["text_config"] = .object([])
    #expect(headers.config == config)
    #expect(headers.description(of: "w")?.elementType == .bfloat16)
  }

  // MARK: What is refused

  @Test(
    arguments: [
      ([weight], .missingTensor("w_scale_inv")),
      ([factors], .missingTensor("w")),
      (
        [.init(name: "w", elementType: .bfloat16, shape: [2, 3]), factors],
        .elementType(tensor: "w", found: .bfloat16, expected: [.float8E4M3])
      ),
      (
        [.init(name: "w", elementType: .float8E5M2, shape: [2, 3]), factors],
        .elementType(tensor: "w", found: .float8E5M2, expected: [.float8E4M3])
      ),
      (
        [weight, .init(name: "w_scale_inv", elementType: .float32, shape: [2, 1])],
        .shape(tensor: "w_scale_inv", found: [2, 1], expected: [1, 2])
      ),
      (
        [weight, .init(name: "w_scale_inv", elementType: .float32, shape: [])],
        .shape(tensor: "w_scale_inv", found: [], expected: [1, 2])
      ),
      (
        [weight, .init(name: "w_scale_inv", elementType: .float8E8M0, shape: [1, 2])],
        .elementType(tensor: "w_scale_inv", found: .float8E8M0, expected: [.float32, .bfloat16, .float16])
      ),
      (
        [.init(name: "w", elementType: .float8E4M3, shape: [1, 2, 3]), factors],
        .shape(tensor: "w", found: [1, 2, 3], expected: [nil, nil])
      ),
    ] as [([TensorDescription], CheckpointError)]
  )
  func tensorsThatDoNotFitAreNamed(tensors: [TensorDescription], error: CheckpointError) throws {
    let folder = try Self.model(tensors)
    #expect(throws: error) { try Checkpoint.headers(folder.path) }
  }

  @Test(
    arguments: [
      (#""fmt":"e5m2""#, "fmt", .unknown("e5m2")),
      (#""activation_scheme":"static""#, "activation_scheme", .unknown("static")),
      (#""weight_block_size":[128]"#, "weight_block_size", .malformed),
      (#""weight_block_size":[0,128]"#, "weight_block_size", .malformed), (#""fmt":8"#, "fmt", .malformed),
    ] as [(String, String, ConfigFault)]
  )
  func otherFormsOfFloat8AreRefused(member: String, name: String, fault: ConfigFault) throws {
    let folder = try Self.model([Self.weight, Self.factors])
    let block = name == "weight_block_size" ? "" : #""weight_block_size":[2,2],"#
    try folder.write("config.json", #"{"quantization_config":{"quant_method":"fp8",\#(block)\#(member)}}"#)
    #expect(throws: CheckpointError.quantizationConfig(member: "quantization_config.\(name)", fault)) {
      try Checkpoint.headers(folder.path)
    }
  }

  @Test func float8WithoutBlocksIsShownAsItIs() throws {
    let folder = try Self.model([Self.weight])
    try folder.write("config.json", #"{"quantization_config":{"quant_method":"fp8","weight_block_size":null}}"#)
    let headers = try Checkpoint.headers(folder.path)
    #expect(headers.tensors == [Self.weight])
    #expect(headers.config["quantization_config"] != nil)
  }

  @Test(arguments: [(0, UInt8(0x7F)), (4, 0xFF)])
  func aCodeThatIsNoNumberIsFoundWhereItIs(place: Int, code: UInt8) throws {
    var codes = Self.codes
    codes[place] = code
    let folder = try Self.model([Self.weight, Self.factors], codes: codes)
    let tensor = try Checkpoint.open(folder.path).tensor("w")
    #expect(throws: CheckpointError.notFinite(tensor: "w", position: [place / 3, place % 3])) { try tensor.matrix() }
  }

  @Test(arguments: [Float.infinity, .nan, 0x1p127])
  func aFactorThatMakesNoNumberIsFoundWhereItActs(factor: Float) throws {
    let folder = try Self.model([Self.weight, Self.factors], factors: [1, factor])
    let tensor = try Checkpoint.open(folder.path).tensor("w")
    #expect(throws: CheckpointError.notFinite(tensor: "w", position: [0, 2])) { try tensor.matrix() }
  }

  // MARK: A weight of two blocks

  private static let weight = TensorDescription(name: "w", elementType: .float8E4M3, shape: [2, 3])
  private static let factors = TensorDescription(name: "w_scale_inv", elementType: .float32, shape: [1, 2])
  private static let codes: [UInt8] = [0x38, 0xB8, 0x40, 0x01, 0x80, 0x7E]
  /// The codes' values 1, −1, 2, 2⁻⁹, −0 and 448 by the factors 0.5 and 3.
  private static let product: [Float] = [0.5, -0.5, 6, 0x1p-10, -0, 1344]

  private static func config(block: Int = 2) -> String {
    let members =
      #""quant_method":"fp8","fmt":"e4m3","activation_scheme":"dynamic","weight_block_size":[\#(block),\#(block)]"#
    return #"{"quantization_config":{\#(members)}}"#
  }

  private static func model(
    _ tensors: [TensorDescription],
    codes: [UInt8] = codes,
    factors: [Float] = [0.5, 3]
  ) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write("model.safetensors", file(tensors, codes: codes, factors: factors))
    try folder.write("config.json", config())
    return folder
  }

  /// A file of these tensors, in which only codes and factors are not zero.
  private static func file(
    _ tensors: [TensorDescription],
    codes: [UInt8] = codes,
    factors: [Float] = [0.5, 3]
  ) throws -> [UInt8] {
    let file = try #require(try SafetensorsLayout(tensors: tensors).files.first)
    return file.tensors.reduce(into: file.header) { bytes, tensor in
      switch tensor.description {
      case weight: bytes += codes
      case Self.factors: bytes += factors.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }
      default: bytes += [UInt8](repeating: 0, count: tensor.description.byteCount)
      }
    }
  }
}
