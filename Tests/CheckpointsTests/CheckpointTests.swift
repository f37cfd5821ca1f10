import Checkpoints
import Foundation
import JSONDocuments
import Tensors
import TestSupport
import Testing
import Vocabulary

@Suite struct CheckpointTests {
  @Test func aFolderWithOneFileIsRead() throws {
    let checkpoint = try Checkpoint.open(Fixture.path("base_untied"))
    #expect(checkpoint.headers.config["model_type"]?.string == "llama")
    #expect(checkpoint.headers.generationConfig != nil)
    #expect(checkpoint.headers.files.map(\.name) == ["model.safetensors"])
    #expect(checkpoint.headers.tensorNames.count == 21)
    let norm = try checkpoint.tensor("model.norm.weight")
    #expect(norm.description == TensorDescription(name: "model.norm.weight", elementType: .bfloat16, shape: [256]))
    #expect(try norm.floats().count == 256)
    let embedding = try checkpoint.tensor("model.embed_tokens.weight").matrix()
    #expect(embedding.rowCount == 512)
    #expect(embedding.columnCount == 256)
    norm.willNeed()
    norm.dontNeed()
    #expect(try norm.floats().count == 256)
    #expect(throws: CheckpointError.missingTensor("lm_head.bias")) { try checkpoint.tensor("lm_head.bias") }
    #expect(checkpoint.tensorIfPresent("lm_head.bias") == nil)
  }

  @Test func headersNeedNoBytesBehindThem() throws {
    let folder = try TemporaryFolder()
    let tensor = TensorDescription(name: "w", elementType: .bfloat16, shape: [1 << 20, 1 << 18])
    let file = try #require(try SafetensorsLayout(tensors: [tensor]).files.first)
    try folder.write("config.json", "{}")
    try folder.write("model.safetensors", file.header)
    #expect(throws: CheckpointError.self) { try Checkpoint.headers(folder.path) }
    // Half a terabyte of nothing: the file is sparse.
    guard truncate(folder.path("model.safetensors"), file.byteCount) == 0 else {
      print("this file system holds no sparse file of half a terabyte: the rest of the test is left out")
      return
    }
    let headers = try Checkpoint.headers(folder.path)
    #expect(headers.description(of: "w") == tensor)
    #expect(headers.tensorByteCount == 1 << 39)
  }

  @Test func floatsOfEveryWidthAreReadExactly() throws {
    let folder = try TemporaryFolder()
    let header =
      #"{"u":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"f":{"dtype":"F32","shape":[2],"data_offsets":[1,9]},"#
      + #""h":{"dtype":"F16","shape":[2],"data_offsets":[9,13]},"b":{"dtype":"BF16","shape":[1,2],"data_offsets":[13,17]}}"#
    let data: [UInt8] = [9, 0, 0, 0x80, 0x3F, 1, 0, 0, 0, 0x00, 0x3C, 0x01, 0x80, 0x80, 0x3F, 0x00, 0xC0]
    try folder.write("model.safetensors", SafetensorsFile.bytes(Array(header.utf8), data: data))
    try folder.write("config.json", "{}")
    let checkpoint = try Checkpoint.open(folder.path)
    #expect(try checkpoint.tensor("f").floats() == [1, Float.leastNonzeroMagnitude])
    #expect(try checkpoint.tensor("h").floats() == [1, -0x1p-24])
    #expect(try checkpoint.tensor("b").matrix().elements == [1, -2])
    #expect(try checkpoint.tensor("u").elements(as: UInt8.self) == [9])
    #expect(
      throws: CheckpointError.elementType(tensor: "u", found: .uint8, expected: [.float32, .bfloat16, .float16])
    ) { try checkpoint.tensor("u").floats() }
    #expect(throws: CheckpointError.shape(tensor: "f", found: [2], expected: [nil, nil])) {
      try checkpoint.tensor("f").matrix()
    }
  }

  @Test(arguments: [[0x7F80, 0], [0x7FC1, 1], [0xFF80, 5]] as [[Int]])
  func whatIsNotFiniteIsFoundWhereItIs(patternAndPlace: [Int]) throws {
    let (pattern, place) = (patternAndPlace[0], patternAndPlace[1])
    let folder = try TemporaryFolder()
    var data = [UInt8](repeating: 0, count: 12)
    data[2 * place] = UInt8(pattern & 0xFF)
    data[2 * place + 1] = UInt8(pattern >> 8)
    let header = #"{"w":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]}}"#
    try folder.write("model.safetensors", SafetensorsFile.bytes(Array(header.utf8), data: data))
    try folder.write("config.json", "{}")
    let tensor = try Checkpoint.open(folder.path).tensor("w")
    #expect(throws: CheckpointError.notFinite(tensor: "w", position: [place / 3, place % 3])) { try tensor.matrix() }
  }

  @Test func aFolderWithoutItsFilesIsNamed() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CheckpointError.missingFile(path: folder.path("none"))) {
      try Checkpoint.open(folder.path("none"))
    }
    #expect(throws: CheckpointError.missingFile(path: folder.path("config.json"))) {
      try Checkpoint.open(folder.path)
    }
    try folder.write("config.json", "{}")
    #expect(throws: CheckpointError.missingFile(path: folder.path("model.safetensors"))) {
      try Checkpoint.open(folder.path)
    }
    try folder.makeFolder("model.safetensors")
    #expect(throws: CheckpointError.notARegularFile(path: folder.path("model.safetensors"))) {
      try Checkpoint.open(folder.path)
    }
  }

  @Test func aFolderOfOtherWeightsIsSaidToBeOne() throws {
    let folder = try TemporaryFolder()
    for name in ["README.md", "model.gguf", "training_args.bin"] { try folder.write(name, "") }
    #expect(throws: CheckpointError.otherWeights(folder: folder.path, file: "model.gguf")) {
      try Checkpoint.headers(folder.path)
    }
    try folder.write("config.json", "{}")
    try folder.write("model.safetensors", SafetensorsFile.small)
    #expect(try Checkpoint.headers(folder.path).tensorNames == ["a", "b", "c"])
  }

  @Test(arguments: ["", "{", "[]", "null", "{}x", "\u{FEFF}{}"])
  func aConfigThatIsNoObjectIsRefused(text: String) throws {
    let folder = try TemporaryFolder()
    try folder.write("config.json", text)
    try folder.write("model.safetensors", SafetensorsFile.small)
    #expect(throws: CheckpointError.self) { try Checkpoint.headers(folder.path) }
    try folder.write("config.json", "{}")
    #expect(try Checkpoint.headers(folder.path).tensorNames == ["a", "b", "c"])
    try folder.write("generation_config.json", text)
    #expect(throws: CheckpointError.self) { try Checkpoint.headers(folder.path) }
  }

  @Test func aPipeIsNotWaitedFor() throws {
    let folder = try TemporaryFolder()
    try folder.write("config.json", "{}")
    #expect(mkfifo(folder.path("model.safetensors"), 0o600) == 0)
    #expect(throws: CheckpointError.notARegularFile(path: folder.path("model.safetensors"))) {
      try Checkpoint.open(folder.path)
    }
  }
}
