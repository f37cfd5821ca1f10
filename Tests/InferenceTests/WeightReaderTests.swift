import Checkpoints
import Foundation
import Inference
import JSONDocuments
import Kernels
import Models
import Tensors
import TestSupport
import Testing
import Vocabulary

struct WeightReaderTests {
  static let compressedNames = ["fp8_dynamic", "mxfp4", "nvfp4a16", "w4a16_asym_rtn", "w4a16_gptq", "w8a8"]

  @Test(arguments: LogitsTests.smallModels) func denseWeightsAreReadAsTheyAre(name: String) throws {
    let model = try LoadedModel.small(name)
    for block in model.decoder.blocks {
      let weights = try model.reader.block(block)
      for step in block.steps {
        let layers = try #require(weights.layers[step.kind])
        #expect(layers.count == step.linears.count)
        for (layer, linear) in zip(layers, step.linears) {
          #expect(model.reader.scheme(of: linear.name) == nil)
          let stored = try model.reader.checkpoint.tensor(model.outline.storedName(of: "\(linear.name).weight"))
            .matrix()
          #expect(layer.weight == (linear.isTransposed ? stored.transposed() : stored))
          #expect(layer.bias?.count == (linear.hasBias ? linear.rows : nil))
          #expect(layer.inputRounding == nil)
        }
      }
    }
    for norm in model.decoder.norms {
      let layer = try model.reader.norm(norm)
      let stored = try model.reader.checkpoint.tensor(model.outline.storedName(of: norm.tensor)).floats()
      #expect(layer.weight == stored.map { $0 + norm.offset } && layer.weight.count == norm.width)
      #expect((layer.bias != nil) == norm.hasBias)
    }
  }

  @Test(arguments: LogitsTests.smallModels) func embeddingsAreTheRowsOfTheirTokens(name: String) throws {
    let model = try LoadedModel.small(name)
    func table(_ module: String) throws -> Matrix {
      try model.reader.checkpoint.tensor(model.outline.storedName(of: "\(module).weight")).matrix()
    }
    let rows = try table(model.decoder.embedding)
    let factor = model.decoder.configuration.embeddingFactor
    let sequences: [[Int32]] = [[63, 0, 5], [5, 17]]
    let hidden = try model.reader.embed(sequences, of: model.decoder)
    var expected = sequences.joined().flatMap { rows[row: Int($0)].map { $0 * factor } }
    if let positions = model.decoder.positions {
      let learned = try table(positions.name)
      let places = [0, 1, 2, 0, 1].map { $0 + positions.first }
      expected = zip(expected, places.flatMap { learned[row: $0] }).map { $0 + $1 }
    }
    #expect(Array(hidden[0..<hidden.count]) == expected)
    #expect(try model.reader.embed([[]], of: model.decoder).count == 0)
  }

  @Test func aTiedHeadIsTheEmbedding() throws {
    let tied = try LoadedModel.small("llama-tied")
    #expect(tied.decoder.head == nil)
    #expect(try tied.reader.head(of: tied.decoder).weight == tied.reader.matrix("model.embed_tokens.weight"))
    let untied = try LoadedModel.small("llama")
    #expect(try untied.reader.head(of: untied.decoder).weight == untied.reader.matrix("lm_head.weight"))
  }

  @Test(arguments: compressedNames) func compressedWeightsAreReadAsTheNumbersTheyStandFor(name: String) throws {
    let model = try LoadedModel.compressed(name)
    for linear in model.decoder.blocks.flatMap(\.linears) {
      let scheme = try #require(model.reader.scheme(of: linear.name))
      let layer = try model.reader.layer(linear)
      #expect(try layer.weight == model.reader.checkpoint.decompressedWeight(of: linear.name, scheme: scheme))
      let rounding: ActivationRounding? =
        switch name {
        case "w8a8": ActivationRounding(QuantizationArguments(bitWidth: 8, strategy: .token, dynamic: .on), stored: nil)
        case "fp8_dynamic":
          ActivationRounding(
            QuantizationArguments(bitWidth: 8, numberKind: .float, strategy: .token, dynamic: .on),
            stored: nil
          )
        case "mxfp4":
          ActivationRounding(
            QuantizationArguments(
              bitWidth: 4,
              numberKind: .float,
              strategy: .group,
              groupSize: 32,
              dynamic: .on,
              scaleType: .uint8
            ),
            stored: nil
          )
        default: nil
        }
      #expect(layer.inputRounding == rounding)
    }
    #expect(model.reader.scheme(of: "lm_head") == nil)
    #expect(model.reader.scheme(of: "model.norm") == nil)
  }

  @Test(arguments: compressedNames) func compressedModelsComputeNearlyWhatTheDenseOneDoes(name: String) throws {
    let dense = try LoadedModel(Places.fixtures(of: "Checkpoints").appending(path: "base_untied"))
    let compressed = try LoadedModel.compressed(name)
    let ids: [Int32] = [1, 5, 9, 30, 2, 77, 4]
    let (one, other) = (try dense.hidden([ids]), try compressed.hidden([ids]))
    let pairs = zip(one[0..<one.count], other[0..<other.count])
    let error = pairs.reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    let energy = one[0..<one.count].reduce(0.0) { $0 + Double($1 * $1) }
    // Rounding each weight to four bits moves outputs of random layers by about a tenth, rounding each input too by twice
    // that; one wrong scale, by all.
    let share = (error / energy).squareRoot()
    #expect(error > 0 && share < (name == "mxfp4" ? 0.4 : 0.25), "\(share)")
  }

  // MARK: Which scheme

  /// A group of a config: what it claims, and the bits it stands out by.
  private struct Group {
    let targets: [String]
    let bits: Int
  }

  private static func reader(groups: [Group], ignored: [String]) throws -> LoadedModel {
    let copy = try TemporaryCheckpoint(of: Places.fixtures(of: "Inference").appending(path: "models/llama"))
    let config = QuantizationConfig(
      groups: groups.enumerated().map { index, group in
        QuantizationConfig.Group(
          name: "group_\(index)",
          targets: group.targets,
          scheme: QuantizationScheme(
            weights: QuantizationArguments(bitWidth: group.bits, strategy: .channel),
            format: .packQuantized
          )
        )
      },
      ignored: ignored
    )
    let bytes = try Array(Data(contentsOf: copy.folder.appending(path: "config.json")))
    try copy.writeConfig(config.document(extending: JSON.parse(bytes)))
    return try LoadedModel(copy.folder)
  }

  private static func bits(_ model: LoadedModel, _ name: String) -> Int? {
    model.reader.scheme(of: name)?.weights?.bitWidth
  }

  @Test func aClassClaimsItsLinearLayers() throws {
    let model = try Self.reader(groups: [Group(targets: ["Linear"], bits: 4)], ignored: [])
    let linears = model.decoder.blocks.flatMap(\.linears).map(\.name) + ["lm_head"]
    #expect(linears.count == 15 && linears.allSatisfy { Self.bits(model, $0) == 4 })
    #expect(Self.bits(model, "model.embed_tokens") == nil)
    #expect(Self.bits(model, "model.layers.0.mlp") == nil)
  }

  @Test func ignoredModulesKeepTheirWeights() throws {
    let model = try Self.reader(
      groups: [Group(targets: ["Linear"], bits: 4), Group(targets: ["model.layers.1.mlp.down_proj"], bits: 8)],
      ignored: ["lm_head", "re:.*v_proj", "model.layers.1.mlp.down_proj"]
    )
    #expect(Self.bits(model, "lm_head") == nil)
    #expect(Self.bits(model, "model.layers.0.self_attn.v_proj") == nil)
    #expect(Self.bits(model, "model.layers.1.mlp.down_proj") == nil)
    #expect(Self.bits(model, "model.layers.0.mlp.down_proj") == 4)
  }

  @Test(arguments: [false, true]) func aNameWinsOverAPatternAndAPatternOverAClass(isReversed: Bool) throws {
    let groups = [
      Group(targets: ["Linear"], bits: 4),
      Group(targets: ["re:.*down_proj"], bits: 8),
      Group(targets: ["model.layers.1.mlp.down_proj"], bits: 3),
    ]
    let model = try Self.reader(groups: isReversed ? groups.reversed() : groups, ignored: [])
    #expect(Self.bits(model, "model.layers.0.mlp.up_proj") == 4)
    #expect(Self.bits(model, "model.layers.0.mlp.down_proj") == 8)
    #expect(Self.bits(model, "model.layers.1.mlp.down_proj") == 3)
  }

  // MARK: What cannot be read

  @Test func aWeightThatIsNotFiniteIsNamed() throws {
    let copy = try TemporaryCheckpoint(of: Places.fixtures(of: "Inference").appending(path: "models/mistral"))
    let name = "model.layers.1.mlp.up_proj.weight"
    try copy.fill(name, with: 0xFF, count: 2)
    let model = try LoadedModel(copy.folder)
    #expect(throws: CheckpointError.notFinite(tensor: name, position: [0, 0])) {
      try model.reader.block(model.decoder.blocks[1])
    }
    #expect(throws: CheckpointError.notFinite(tensor: name, position: [0, 0])) {
      try WeightReader.checkFinite(model.reader.checkpoint.tensor(name), on: model.processor)
    }
    // The rows behind the first are sound.
    let rows = try #require(try model.reader.checkpoint.tensor(name).rows(1..<4))
    try WeightReader.checkFinite(rows, on: model.processor)
    _ = try model.reader.block(model.decoder.blocks[0])
  }

  @Test func anEmbeddingThatIsNotFiniteIsNamedWhereItIsRead() throws {
    let copy = try TemporaryCheckpoint(of: Places.fixtures(of: "Inference").appending(path: "models/mistral"))
    let name = "model.embed_tokens.weight"
    try copy.fill(name, with: 0xFF, count: 2)
    let model = try LoadedModel(copy.folder)
    #expect(throws: CheckpointError.notFinite(tensor: name, position: [0, 0])) {
      try model.reader.embed([[3, 0]], of: model.decoder)
    }
    #expect(try model.reader.embed([[3, 1]], of: model.decoder).count == 64)
  }
}
