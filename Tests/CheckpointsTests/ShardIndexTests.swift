import Checkpoints
import TestSupport
import Testing

@Suite struct ShardIndexTests {
  private static let indexName = "model.safetensors.index.json"
  private static let first = "model-00001-of-00002.safetensors"
  private static let second = "model-00002-of-00002.safetensors"

  @Test func tensorsAreFoundInTheirShards() throws {
    let folder = try twoShards(map: #"{"a":"\#(Self.first)","b":"\#(Self.second)"}"#)
    let checkpoint = try Checkpoint.open(folder.path)
    #expect(checkpoint.headers.files.map(\.name) == [Self.first, Self.second])
    #expect(try checkpoint.tensor("a").elements(as: UInt8.self) == [1])
    #expect(try checkpoint.tensor("b").elements(as: UInt8.self) == [2])
    #expect(checkpoint.headers.tensorByteCount == 2)
  }

  @Test(
    arguments: [
      (#"{"a":"../\#(first)","b":"\#(second)"}"#, .fileName(tensor: "a", file: "../" + first)),
      (#"{"a":"/etc/passwd"}"#, .fileName(tensor: "a", file: "/etc/passwd")),
      (#"{"a":""}"#, .fileName(tensor: "a", file: "")),
      (#"{"a":".."}"#, .fileName(tensor: "a", file: "..")),
      (#"{"a":"x\u0000"}"#, .fileName(tensor: "a", file: "x\0")),
      (#"{"a":1}"#, .malformedWeightMap),
      (#"[]"#, .malformedWeightMap),
      (#"{"a":"\#(first)","a":"\#(second)"}"#, .repeatedTensor("a")),
      (#"{"a":"\#(first)","b":"\#(second)","c":"none.safetensors"}"#, .missingShard(file: "none.safetensors")),
      (#"{"a":"\#(first)","b":"\#(second)","c":"\#(second)"}"#, .missingTensor("c", file: second)),
      (#"{"a":"\#(first)","c":"\#(second)"}"#, .unlistedTensor("b", file: second)),
      (#"{"a":"\#(second)","b":"\#(first)"}"#, .unlistedTensor("a", file: first)),
      (#"{"a":"\#(first)"}"#, .unlistedShard(file: second)),
      (#"{}"#, .unlistedShard(file: first)),
    ] as [(String, IndexFault)]
  )
  func anIndexThatContradictsTheFolderIsRefused(map: String, fault: IndexFault) throws {
    let folder = try twoShards(map: map)
    #expect(throws: CheckpointError.index(file: Self.indexName, fault)) { try Checkpoint.headers(folder.path) }
  }

  @Test func anIndexWithoutAMapIsRefused() throws {
    let folder = try twoShards(map: "{}")
    for text in ["{}", #"{"weight_map":null}"#, #"{"weight_map":{},"weight_map":{}}"#] {
      try folder.write(Self.indexName, text)
      #expect(throws: CheckpointError.index(file: Self.indexName, .malformedWeightMap)) {
        try Checkpoint.headers(folder.path)
      }
    }
  }

  @Test func filesBesideTheShardsAreLeftAlone() throws {
    let folder = try twoShards(map: #"{"a":"\#(Self.first)","b":"\#(Self.second)"}"#)
    for name in ["consolidated.safetensors", "pytorch_model.bin", "training_args.bin"] {
      try folder.write(name, "none")
    }
    #expect(try Checkpoint.open(folder.path).headers.files.map(\.name) == [Self.first, Self.second])
  }

  @Test func aModelThatIsThereTwiceIsRefused() throws {
    let folder = try twoShards(map: #"{"a":"\#(Self.first)","b":"\#(Self.second)"}"#)
    try folder.write("model.safetensors", SafetensorsFile.small)
    #expect(throws: CheckpointError.index(file: Self.indexName, .fileBesideShards(file: "model.safetensors"))) {
      try Checkpoint.headers(folder.path)
    }
  }

  @Test func anIndexWhoseShardsAreGoneIsNotFollowed() throws {
    let folder = try TemporaryFolder()
    try folder.write("config.json", "{}")
    try folder.write(Self.indexName, #"{"weight_map":{"a":"\#(Self.first)"}}"#)
    try folder.write("model.safetensors", SafetensorsFile.small)
    #expect(try CheckpointOutside.read(folder.path).index == nil)
    #expect(try Checkpoint.headers(folder.path).tensorNames == ["a", "b", "c"])
  }

  @Test func anIndexMayKnowTheOneFile() throws {
    let folder = try TemporaryFolder()
    try folder.write("config.json", "{}")
    try folder.write(
      Self.indexName,
      #"{"weight_map":{"a":"model.safetensors","b":"model.safetensors","c":"model.safetensors"}}"#
    )
    try folder.write("model.safetensors", SafetensorsFile.small)
    #expect(try Checkpoint.headers(folder.path).tensorNames == ["a", "b", "c"])
  }

  @Test func noTensorIsInTwoShards() throws {
    let folder = try twoShards(map: #"{"a":"\#(Self.first)","b":"\#(Self.second)"}"#)
    try folder.write(Self.second, Self.file(tensor: "a", value: 2))
    #expect(throws: CheckpointError.duplicateTensor("a", files: [Self.first, Self.second])) {
      try Checkpoint.headers(folder.path)
    }
  }

  @Test func aDamagedIndexNeverCrashes() throws {
    let folder = try TemporaryFolder()
    let text = #"{"weight_map":{"a":"\#(Self.first)","b":"\#(Self.second)"}}"#
    try folder.write("config.json", "{}")
    try folder.write(Self.first, Self.file(tensor: "a", value: 1))
    try folder.write(Self.second, Self.file(tensor: "b", value: 2))
    var generator = SeededGenerator(seed: 5)
    var acceptedCount = 0
    for _ in 0..<500 {
      var bytes = Array(text.utf8)
      bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      try folder.write(Self.indexName, bytes)
      do throws(CheckpointError) {
        #expect(try Checkpoint.headers(folder.path).tensorNames == ["a", "b"])
        acceptedCount += 1
      } catch {
        // Any typed error will do; what counts is that there is one.
      }
    }
    // Only a byte that was replaced by itself leaves an index that fits.
    #expect(acceptedCount < 50)
  }

  private func twoShards(map: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write("config.json", "{}")
    try folder.write(Self.indexName, #"{"metadata":{"total_size":2},"weight_map":\#(map)}"#)
    try folder.write(Self.first, Self.file(tensor: "a", value: 1))
    try folder.write(Self.second, Self.file(tensor: "b", value: 2))
    return folder
  }

  private static func file(tensor: String, value: UInt8) -> [UInt8] {
    SafetensorsFile.bytes(
      Array(#"{"\#(tensor)":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#.utf8),
      data: [value]
    )
  }
}
