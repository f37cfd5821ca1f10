import Checkpoints
import JSONDocuments
import TestSupport
import Testing
import Vocabulary

@Suite struct SafetensorsLayoutTests {
  @Test(arguments: ["base_untied"] + Fixture.compressedNames.map { "out/\($0)" })
  func headersAreThoseOfTheReferenceWriter(folder: String) throws {
    let bytes = try Fixture.bytes(folder + "/model.safetensors")
    let header = try SafetensorsHeader.parse(bytes, fileByteCount: bytes.count)
    var generator = SeededGenerator(seed: 3)
    let tensors = header.tensors.map(\.description).shuffled(using: &generator)
    let layout = try SafetensorsLayout(tensors: tensors)
    let file = try #require(layout.files.first)
    #expect(layout.files.count == 1)
    #expect(file.name == "model.safetensors")
    #expect(file.header == Array(bytes.prefix(header.dataStart)))
    #expect(file.tensors == header.tensors)
    #expect(file.byteCount == bytes.count)
    #expect(layout.index == nil)
  }

  @Test func wideTypesComeFirstAndNamesAreOrderedByBytes() throws {
    let layout = try SafetensorsLayout(tensors: [
      TensorDescription(name: "b", elementType: .uint8, shape: [1]),
      TensorDescription(name: "b", elementType: .uint8, shape: [1]).named("é"),
      TensorDescription(name: "z", elementType: .int64, shape: []),
      TensorDescription(name: "a", elementType: .float8E4M3, shape: [3]),
      TensorDescription(name: "Z", elementType: .uint8, shape: [2]),
      TensorDescription(name: #"q"\"#, elementType: .int8, shape: [0, 4]),
    ])
    let text = try #require(layout.files.first).header.dropFirst(8)
    #expect(
      String(decoding: text, as: UTF8.self).trimmingSuffix(" ")
        == #"{"__metadata__":{"format":"pt"},"z":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"#
        + #""a":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[8,11]},"#
        + #""q\"\\":{"dtype":"I8","shape":[0,4],"data_offsets":[11,11]},"#
        + #""Z":{"dtype":"U8","shape":[2],"data_offsets":[11,13]},"#
        + #""b":{"dtype":"U8","shape":[1],"data_offsets":[13,14]},"#
        + #""é":{"dtype":"U8","shape":[1],"data_offsets":[14,15]}}"#
    )
    #expect(text.count.isMultiple(of: 8))
  }

  @Test func shardsFillInTheOrderGivenAndGiantsStandAlone() throws {
    let sizes = [("a", 6), ("b", 4), ("c", 1), ("giant", 11), ("d", 9), ("e", 1)]
    let tensors = sizes.map { TensorDescription(name: $0.0, elementType: .uint8, shape: [$0.1]) }
    let layout = try SafetensorsLayout(tensors: tensors, shardByteLimit: 10)
    #expect(
      layout.files.map(\.name) == (1...4).map { "model-0000\($0)-of-00004.safetensors" }
    )
    // The giant is closed at once while the shard of c stays open, to be filled by d.
    #expect(layout.files.map { $0.tensors.map(\.description.name) } == [["a", "b"], ["giant"], ["c", "d"], ["e"]])
    #expect(layout.tensorByteCount == 32)
    #expect(layout.parameterCount == 32)
    let index = try #require(layout.index)
    #expect(
      index == """
        {
          "metadata": {
            "total_parameters": 32,
            "total_size": 32
          },
          "weight_map": {
            "a": "model-00001-of-00004.safetensors",
            "b": "model-00001-of-00004.safetensors",
            "c": "model-00003-of-00004.safetensors",
            "d": "model-00003-of-00004.safetensors",
            "e": "model-00004-of-00004.safetensors",
            "giant": "model-00002-of-00004.safetensors"
          }
        }

        """
    )
    let place = try #require(layout.location(of: "d"))
    #expect(place.file == 2)
    #expect(place.entry.byteRange.count == 9)
  }

  @Test func twoTensorsOfOneNameHaveNoLayout() {
    let tensor = TensorDescription(name: "a", elementType: .uint8, shape: [1])
    #expect(throws: CheckpointError.duplicateTensor("a", files: ["model.safetensors", "model.safetensors"])) {
      try SafetensorsLayout(tensors: [tensor, tensor])
    }
  }

  @Test func whatIsLaidOutIsReadBack() throws {
    var generator = SeededGenerator(seed: 11)
    for round in 0..<40 {
      let tensors = (0..<round).map { index in
        TensorDescription(
          name: "tensor\(index)\n\u{1F600}",
          elementType: ElementType.allCases.filter { $0.bitWidth >= 8 }.randomElement(using: &generator) ?? .uint8,
          shape: (0..<Int.random(in: 0...4, using: &generator)).map { _ in Int.random(in: 0...5, using: &generator) }
        )
      }
      for file in try SafetensorsLayout(tensors: tensors, shardByteLimit: 2000).files {
        let header = try SafetensorsHeader.parse(file.header, fileByteCount: file.byteCount)
        // Tensors without bytes may share a place, so their order is not told by it.
        #expect(Set(header.tensors) == Set(file.tensors))
        #expect(header.dataStart == file.header.count)
      }
    }
  }
}

extension TensorDescription {
  fileprivate func named(_ name: String) -> TensorDescription {
    TensorDescription(name: name, elementType: elementType, shape: shape)
  }
}

extension String {
  fileprivate func trimmingSuffix(_ character: Character) -> String {
    String(reversed().drop { $0 == character }.reversed())
  }
}
