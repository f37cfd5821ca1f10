import Checkpoints
import JSONDocuments
import Tensors
import TestSupport
import Testing
import Vocabulary

/// Configs and tensors that contradict each other in ways nobody thought of.
@Suite struct HostileConfigTests {
  private static let words = [
    "int", "float", "tensor", "channel", "group", "block", "token", "tensor_group", "attn_head", "local", "torch.uint8",
    "torch.int8", "static", "", "pack-quantized", "int-quantized", "float-quantized", "naive-quantized",
    "nvfp4-pack-quantized", "mxfp4-pack-quantized", "mxfp8-quantized", "dense", "mixed-precision", "128x128",
  ]
  private static let integers: [Int64] = [.min, -1, 0, 1, 2, 3, 4, 7, 8, 16, 17, 32, 64, 1 << 31, 1 << 62, .max]

  /// Every tensor that any format looks for, of the shapes that a weight of `[4, 64]` has in one of them.
  private static let tensors: [(suffix: String, type: ElementType, shapes: [[Int]])] = [
    ("weight", .int8, [[4, 64], [64], [0, 64]]),
    ("weight", .float8E4M3, [[4, 64], [4, 0]]),
    ("weight", .bfloat16, [[4, 64], []]),
    ("weight_packed", .int32, [[4, 8], [4, 16], [4, 6], [0, 8]]),
    ("weight_packed", .uint8, [[4, 32], [4, 31]]),
    ("weight_scale", .bfloat16, [[4, 1], [4, 2], [4, 4], [1], [], [1, 1]]),
    ("weight_scale", .uint8, [[4, 2]]),
    ("weight_scale", .float8E4M3, [[4, 4]]),
    ("weight_zero_point", .int32, [[1, 1], [1, 2], [1, 4]]),
    ("weight_zero_point", .int8, [[4, 1], [1]]),
    ("weight_shape", .int64, [[2], [1]]),
    ("weight_global_scale", .float32, [[1]]),
  ]

  @Test func noConfigAndNoTensorsCrash() throws {
    var generator = SeededGenerator(seed: 99)
    var weightCount = 0
    var refusalCount = 0
    let goldens = try Fixture.compressedNames.map { name in
      try #require(try JSON.parse(try Fixture.bytes("out/\(name)/config.json"))[QuantizationConfig.key])
    }
    for _ in 0..<60 {
      let module = try module(using: &generator)
      for _ in 0..<60 {
        var config = try #require(goldens.randomElement(using: &generator))
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
          config = mutated(config, using: &generator)
        }
        do throws(CheckpointError) {
          let read = try QuantizationConfig.read(from: .object([JSON.Member(QuantizationConfig.key, config)]))
          for group in read?.groups ?? [] {
            let weight = try module.checkpoint.decompressedWeight(of: "m", scheme: group.scheme)
            weightCount += weight.elements.count
          }
        } catch {
          refusalCount += 1
        }
      }
    }
    // Some combinations fit and some do not, else nothing was tried.
    #expect(weightCount > 0)
    #expect(refusalCount > 0)
  }

  private func module(using generator: inout SeededGenerator) throws -> OneModule {
    var chosen: [String: (type: ElementType, shape: [Int])] = [:]
    for tensor in Self.tensors.shuffled(using: &generator) where Int.random(in: 0..<8, using: &generator) > 0 {
      chosen[tensor.suffix] = (tensor.type, tensor.shapes.randomElement(using: &generator) ?? [])
    }
    return try OneModule(
      chosen.keys.sorted().map { suffix in
        let (type, shape) = chosen[suffix] ?? (.uint8, [])
        let count = TensorDescription.byteCount(of: shape, elementType: type) ?? 0
        let honest: [UInt8] = [4, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0]
        let bytes =
          suffix == "weight_shape" && Bool.random(using: &generator)
          ? Array(honest.prefix(count)) : (0..<count).map { _ in UInt8.random(in: 0...0x3F, using: &generator) }
        return (suffix, type, shape, bytes)
      }
    )
  }

  /// Replaces or removes one value at a random depth.
  private func mutated(_ value: JSON, using generator: inout SeededGenerator) -> JSON {
    switch value {
    case .object(var members) where !members.isEmpty && Int.random(in: 0..<10, using: &generator) > 0:
      let index = members.indices.randomElement(using: &generator) ?? 0
      if Int.random(in: 0..<12, using: &generator) == 0 {
        members.remove(at: index)
      } else {
        members[index].value = mutated(members[index].value, using: &generator)
      }
      return .object(members)
    case .array(var elements) where !elements.isEmpty && Int.random(in: 0..<10, using: &generator) > 0:
      let index = elements.indices.randomElement(using: &generator) ?? 0
      elements[index] = mutated(elements[index], using: &generator)
      return .array(elements)
    default:
      return replacement(using: &generator)
    }
  }

  private func replacement(using generator: inout SeededGenerator) -> JSON {
    switch Int.random(in: 0..<7, using: &generator) {
    case 0: .null
    case 1: .boolean(Bool.random(using: &generator))
    case 2, 3: .integer(Self.integers.randomElement(using: &generator) ?? 0)
    case 4: .array([.integer(Self.integers.randomElement(using: &generator) ?? 0), .integer(2)])
    default: .string(Self.words.randomElement(using: &generator) ?? "")
    }
  }
}
