import Checkpoints
import Foundation
import Inference
import Kernels
import Models
import Tensors
import TestSupport
import Testing
import Vocabulary

/// Transforms at run time against what compressed-tensors computes with them.
struct OnlineTransformsTests {
  /// How far logits may be off, relative to the largest: weights were rounded to float32 after they were transformed.
  private static let relativeBudget: Float = 1e-4

  private static func folder(_ name: String) -> URL {
    Places.fixtures(of: "Inference").appending(path: "transforms/\(name)")
  }

  private static func transforms(of model: LoadedModel) throws -> [String: OnlineTransforms] {
    let config = try QuantizationConfig.read(from: model.reader.checkpoint.headers.config)
    return try OnlineTransforms.read(
      try #require(config).transforms,
      from: model.reader.checkpoint,
      modules: model.outline.modules
    )
  }

  /// Logits with the transforms, or with none.
  private static func logits(_ name: String, isTransformed: Bool = true) throws -> [Float] {
    let model = try LoadedModel(folder(name))
    let ids = try RecordedLogits.read(in: folder(name)).ids
    let hidden = try model.reader.embed([ids], of: model.decoder)
    let walk = BlockWalk(
      model.decoder,
      sequences: [ids.count],
      processor: model.processor
    )
    for block in model.decoder.blocks {
      var weights = try model.reader.block(block)
      if !isTransformed {
        weights.layers = weights.layers.mapValues { $0.map { LinearLayer(weight: $0.weight, bias: $0.bias) } }
      }
      walk.advance(hidden, through: weights)
    }
    var logits: [Float] = []
    let head = try model.head()
    head.forEachLogits(of: hidden.start, tokens: ids.count) { _, count, scores in
      logits += Array(UnsafeBufferPointer(start: scores, count: count * head.vocabularySize))
    }
    return logits
  }

  private static func distance(_ logits: [Float], _ name: String) throws -> Float {
    let expected = try RecordedLogits.read(in: folder(name)).rows.flatMap(\.self)
    #expect(logits.count == expected.count)
    let largest = try #require(expected.map(\.magnitude).max())
    return (zip(logits, expected).map { abs($0 - $1) }.max() ?? .infinity) / largest
  }

  @Test(arguments: ["quip", "quip-matrix", "spinquant"])
  func transformedModelsSpeakAsCompressedTensorsLetsThem(name: String) throws {
    #expect(try Self.distance(Self.logits(name), name) <= Self.relativeBudget)
    #expect(try Self.distance(Self.logits(name, isTransformed: false), name) > 0.1, "the transforms matter")
  }

  @Test func eachTransformedLayerIsFound() throws {
    let quip = try Self.transforms(of: LoadedModel(Self.folder("quip")))
    #expect(quip.count == 14 && quip["lm_head"] == nil)
    #expect(quip.values.allSatisfy { $0.input != nil && $0.output != nil })
    let down = try #require(quip["model.layers.1.mlp.down_proj"])
    #expect(down.input?.size == 48 && down.output?.size == 32)
    let spin = try Self.transforms(of: LoadedModel(Self.folder("spinquant")))
    #expect(spin.keys.sorted() == (0..<2).map { "model.layers.\($0).mlp.down_proj" })
    #expect(spin.values.allSatisfy { $0.input?.size == 16 && $0.output == nil && !$0.isEmpty })
    let matrix = try Self.transforms(of: LoadedModel(Self.folder("quip-matrix")))
    #expect(matrix.count == 12 && matrix["model.layers.0.self_attn.v_proj"] == nil)
  }

  /// A place of the model `quip` whose transform cannot be followed, and why.
  static let faults: [(TransformConfig.Group, CheckpointError)] = {
    func group(
      _ name: String,
      _ matrix: RotationMatrix,
      targets: [String] = ["Linear"],
      block: Int? = nil,
      isRandomized: Bool = false,
      repeated: Bool = false
    ) -> TransformConfig.Group {
      let application = TransformConfig.Application(targets: targets, location: .input, ignored: ["lm_head"])
      return TransformConfig.Group(
        name: name,
        matrix: matrix,
        applications: repeated ? [application, application] : [application],
        blockSize: block,
        isRandomized: isRandomized
      )
    }
    let path = "quantization_config.transform_config.config_groups"
    let query = "model.layers.0.self_attn.q_proj"
    return [
      (group("w", .randomHadamard), .missingTensor("\(query).w_input.weight")),
      (
        group("v", .randomHadamard, block: 16),
        .shape(tensor: "\(query).v_input.weight", found: [32, 32], expected: [16, 16])
      ),
      (group("v", .hadamard, block: 5), .unevenGroups(columns: 32, groupSize: 5)),
      (
        group("v", .hadamard, block: 16, isRandomized: true),
        .quantizationConfig(member: "\(path).v.randomize", .unknown("true"))
      ),
      (
        group("v", .hadamard, block: 16, repeated: true),
        .quantizationConfig(member: "\(path).v.apply", .unknown("input of \(query)"))
      ),
    ]
  }()

  @Test(arguments: faults.indices) func aTransformThatCannotBeFollowedIsNamed(index: Int) throws {
    let (group, error) = Self.faults[index]
    let model = try LoadedModel(Self.folder("quip"))
    #expect(throws: error) {
      try OnlineTransforms.read(
        TransformConfig(groups: [group]),
        from: model.reader.checkpoint,
        modules: model.outline.modules
      )
    }
  }

  @Test func nothingIsTransformedWithoutTransforms() {
    let none = OnlineTransforms()
    #expect(none.isEmpty)
    let x = FloatBuffer(count: 6)
    for place in 0..<6 { x.start[place] = Float(place) }
    none.transformInputs(x.start, tokens: 2, columns: 3, on: Processor(threadCount: 1))
    none.transformOutputs(x.start, tokens: 3, rows: 2, on: Processor(threadCount: 1))
    #expect(Array(x[0..<6]) == [0, 1, 2, 3, 4, 5])
  }
}
