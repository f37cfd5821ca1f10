import Foundation
import JSONDocuments
import Testing

/// The tensors of a small safetensors file, to be changed and written again.
struct WeightFile {
  var tensors: [Tensor]

  struct Tensor {
    let name: String
    let type: String
    let shape: JSON
    var bytes: [UInt8]

    /// Sets one element of 16 bits.
    mutating func set(_ bits: UInt16, at index: Int) {
      bytes[2 * index] = UInt8(truncatingIfNeeded: bits)
      bytes[2 * index + 1] = UInt8(truncatingIfNeeded: bits >> 8)
    }
  }

  private static let prefixCount = 8

  init(_ bytes: [UInt8]) throws {
    let count = bytes[..<Self.prefixCount].reversed().reduce(0) { $0 << 8 | Int($1) }
    let data = bytes[(Self.prefixCount + count)...]
    let header = try JSON.parse(Array(bytes[Self.prefixCount..<Self.prefixCount + count]))
    tensors = try #require(header.object).filter { $0.key != "__metadata__" }.map { member in
      let range = try #require(member.value["data_offsets"]?.array).compactMap(\.int)
      return Tensor(
        name: member.key,
        type: try #require(member.value["dtype"]?.string),
        shape: try #require(member.value["shape"]),
        bytes: Array(data[(data.startIndex + range[0])..<(data.startIndex + range[1])])
      )
    }
  }

  /// The file's bytes; the tensors stand in the order of the list.
  var bytes: [UInt8] {
    var members: [JSON.Member] = []
    var data: [UInt8] = []
    for tensor in tensors {
      let end = data.count + tensor.bytes.count
      let offsets = JSON.array([.integer(Int64(data.count)), .integer(Int64(end))])
      members.append(
        .init(
          tensor.name,
          .object([.init("dtype", .string(tensor.type)), .init("shape", tensor.shape), .init("data_offsets", offsets)])
        )
      )
      data += tensor.bytes
    }
    let header = Array(JSON.object(members).serialized(.compact).utf8)
    return (0..<Self.prefixCount).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + data
  }

  /// Changes a tensor.
  mutating func change(_ name: String, _ change: (inout Tensor) -> Void) throws {
    let index = try #require(tensors.firstIndex { $0.name == name })
    change(&tensors[index])
  }
}

extension Workspace {
  /// Copies the bundled model, without its texts, to `model`.
  func copyBundledModel() throws {
    try makeFolder("model")
    for name in ["config.json", "model.safetensors", "tokenizer.json"] {
      try copy(Self.bundledModel.appending(path: name), to: "model/\(name)")
    }
  }

  /// Copies a folder of files.
  func copyFolder(_ name: String, to copy: String) throws { try self.copy(url(name), to: copy) }

  /// Changes a JSON file whose value is an object.
  func changeJSON(_ name: String, _ change: (inout JSON) -> Void) throws {
    var document = try JSON.parse(read(name))
    change(&document)
    try write(name, document.serialized(.prettyInOrder))
  }

  /// Changes the weights of `model`.
  func changeWeights(_ change: (inout WeightFile) throws -> Void) throws {
    var file = try WeightFile(read("model/model.safetensors"))
    try change(&file)
    try write("model/model.safetensors", file.bytes)
  }
}
