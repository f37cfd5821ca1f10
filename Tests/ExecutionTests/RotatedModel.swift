import Checkpoints
import Diagnostics
import Foundation
import Inference
import Kernels
import Models
import Modifiers
import Planning
import Recipes
import Tensors
import TestSupport
import Testing

/// A whole model in memory whose weights a rotation plan may change.
struct RotatedModel {
  let outline: ModelOutline
  let decoder: DecoderOutline
  private let processor = Processor(threadCount: 2)
  private var table: Matrix
  private var norms: [String: NormLayer] = [:]
  private var layers: [String: LinearLayer] = [:]
  /// Transforms at run time, by the layer's name.
  private(set) var online: [String: OnlineTransforms] = [:]

  init(_ folder: URL) throws {
    let checkpoint = try Checkpoint.open(folder.path(percentEncoded: false))
    outline = try ModelOutline(
      config: checkpoint.headers.config,
      tensors: checkpoint.headers.tensors
    )
    decoder = try #require(outline.decoder)
    let reader = try WeightReader(checkpoint, outline: outline, processor: processor)
    table = try reader.matrix("\(decoder.embedding).weight")
    for linear in decoder.blocks.flatMap(\.linears) { layers[linear.name] = try reader.layer(linear) }
    layers[decoder.headName] = try reader.head(of: decoder)
    for norm in decoder.norms { norms[norm.tensor] = try reader.norm(norm) }
  }

  /// The plan of a modifier on this model.
  func plan(_ modifier: String) throws -> RotationPlan {
    let file = SourceFile(name: "recipe.yaml", text: "rotation_stage: {rotation_modifiers: {\(modifier)}}\n")
    let checked = Recipe.check(file)
    let graph = try #require(checked.value, "\(checked.diagnostics.rendered())").stageGraph()
    let stage = try #require(graph.rotation.first)
    return try #require(RotationPlan.resolve(stage, on: outline))
  }

  /// Does what a plan says: folds, merges, and keeps what remains for run time.
  mutating func rotate(by plan: RotationPlan, seed: UInt64 = 42) throws {
    let processor = processor
    let rotations = try plan.matrices.map { matrix in
      try #require(
        OrthogonalRotation.drawn(
          matrix.kind,
          size: matrix.size,
          seed: RotationSeed(run: seed, name: matrix.seedName),
          on: processor
        )
      )
    }
    for norm in plan.foldedNorms {
      let gain = try #require(norms[norm.tensor]).weight
      norms[norm.tensor]?.weight = Array(repeating: 1, count: gain.count)
      for reader in norm.readers {
        try change(reader) { weight, _ in NormFolding.fold(gain, into: &weight, on: processor) }
      }
    }
    for merge in plan.merges {
      let rotation = rotations[merge.matrix]
      switch merge.side {
      case .table:
        #expect(merge.module == decoder.embedding)
        rotation.rotateTable(&table, on: processor)
      case .inputs: try change(merge.module) { weight, _ in rotation.rotateInputs(of: &weight, on: processor) }
      case .outputs:
        try change(merge.module) { weight, bias in rotation.rotateOutputs(of: &weight, bias: &bias, on: processor) }
      }
      let group = plan.matrices[merge.matrix].group
      guard plan.transforms.groups.contains(where: { $0.name == group }) else { continue }
      if merge.side == .inputs { online[merge.module, default: OnlineTransforms()].input = rotation.transform }
      if merge.side == .outputs { online[merge.module, default: OnlineTransforms()].output = rotation.inverse }
    }
  }

  /// The weight of a layer as it is now.
  func weight(of module: String) throws -> Matrix { try #require(layers[module]).weight }

  private mutating func change(_ module: String, _ body: (inout Matrix, inout [Float]?) -> Void) throws {
    let layer = try #require(layers[module])
    var (weight, bias) = (layer.weight, layer.bias)
    body(&weight, &bias)
    layers[module] = LinearLayer(weight: weight, bias: bias)
  }

  /// The scores at each position of a sequence, `[ids, vocabulary]`, run-time transforms included if wanted.
  func logits(_ ids: [Int32], isTransformed: Bool = true) throws -> [Float] {
    let width = decoder.configuration.hiddenSize
    let hidden = FloatBuffer(count: ids.count * width)
    for (place, id) in ids.enumerated() {
      for (channel, value) in table[row: Int(id)].enumerated() { hidden.start[place * width + channel] = value }
    }
    let walk = BlockWalk(decoder, sequences: [ids.count], processor: processor)
    for block in decoder.blocks {
      var weights = BlockWeights(block, norms: block.norms.compactMapValues { norms[$0.tensor] }, layers: [:])
      for step in block.steps {
        weights.layers[step.kind] = try step.linears.map { try effective($0.name, isTransformed: isTransformed) }
      }
      walk.advance(hidden, through: weights)
    }
    let head = Head(
      norm: try #require(norms[decoder.finalNorm]),
      layer: try effective(decoder.headName, isTransformed: isTransformed),
      configuration: decoder.configuration,
      processor: processor
    )
    var logits: [Float] = []
    head.forEachLogits(of: hidden.start, tokens: ids.count) { _, count, scores in
      logits += Array(UnsafeBufferPointer(start: scores, count: count * head.vocabularySize))
    }
    return logits
  }

  /// The layer that a transformed one is in effect: `Vᵀ` and `Uᵀ` are merged into it after all.
  private func effective(_ module: String, isTransformed: Bool) throws -> LinearLayer {
    let layer = try #require(layers[module])
    guard isTransformed, let transforms = online[module] else { return layer }
    var (weight, bias) = (layer.weight, layer.bias)
    if let input = transforms.input { weight.transformRows(by: input.transposed, on: processor) }
    if let output = transforms.output {
      weight.transformColumns(by: output, on: processor)
      if let values = bias {
        var row = Matrix(rowCount: 1, columnCount: values.count, elements: values)
        row.transformRows(by: output, on: processor)
        bias = row.elements
      }
    }
    return LinearLayer(weight: weight, bias: bias)
  }
}
