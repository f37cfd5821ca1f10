import Foundation
import Models
import Planning
import Tensors
import TestSupport
import Testing

/// Rotations change weights and not what a model computes.
struct RotationInvarianceTests {
  /// How far float32 may be off, relative to the largest logit.
  private static let budget: Float = 1e-5

  private static let bundled = Places.inRepository("models/tiny-stories")
  /// Small random models: one with biases, one whose value heads are shared by two.
  private static func small(_ name: String) -> URL {
    Places.fixtures(of: "Inference").appending(path: "models/\(name)")
  }

  private static func distance(_ logits: [Float], _ expected: [Float]) throws -> Float {
    let largest = try #require(expected.map(\.magnitude).max())
    #expect(logits.count == expected.count)
    return (zip(logits, expected).map { abs($0 - $1) }.max() ?? .infinity) / largest
  }

  /// How far the logits of a rotated model are from its own before, and from those without its run-time part.
  private static func change(
    _ modifier: String,
    _ folder: URL,
    seed: UInt64 = 42
  ) throws -> (whole: Float, bare: Float) {
    let plain = try RotatedModel(folder)
    let vocabulary = plain.decoder.configuration.vocabularySize
    let ids = try #require(windows(count: 1, length: 48, vocabulary: vocabulary).first)
    let expected = try plain.logits(ids)
    var rotated = plain
    try rotated.rotate(by: plain.plan(modifier), seed: seed)
    return (
      try distance(rotated.logits(ids), expected), try distance(rotated.logits(ids, isTransformed: false), expected)
    )
  }

  @Test(arguments: [
    "SpinQuantModifier: {rotations: [R1]}",
    "SpinQuantModifier: {rotations: [R2]}",
    "SpinQuantModifier: {rotations: [R1, R2], transform_type: random-hadamard}",
    "SpinQuantModifier: {rotations: [R1, R2], transform_block_size: 64}",
    "SpinQuantModifier: {rotations: [R1, R2], transform_type: random-matrix}",
  ])
  func mergedRotationsLeaveTheBundledModelsLogits(modifier: String) throws {
    let change = try Self.change(modifier, Self.bundled)
    #expect(change.whole <= Self.budget, "\(change.whole)")
    #expect(change.bare == change.whole, "nothing is left for run time")
  }

  @Test(arguments: [
    "QuIPModifier: {rotations: [v]}",
    "QuIPModifier: {rotations: [u]}",
    "QuIPModifier: {rotations: [v, u], ignore: []}",
    "QuIPModifier: {rotations: [v, u], transform_type: hadamard, transform_block_size: 32}",
    "QuIPModifier: {rotations: [v], transform_type: random-matrix}",
    "SpinQuantModifier: {rotations: [R1, R2, R4], transform_type: random-hadamard}",
  ])
  func runTimeRotationsUndoWhatWasMerged(modifier: String) throws {
    let change = try Self.change(modifier, Self.bundled)
    #expect(change.whole <= Self.budget, "\(change.whole)")
    #expect(change.bare > 0.1, "\(change.bare) without the run-time part")
  }

  @Test(arguments: ["llama", "llama-tied", "mistral", "qwen2"])
  func biasesAndSharedHeadsAreRotatedToo(name: String) throws {
    for modifier in [
      "SpinQuantModifier: {rotations: [R1, R2], transform_type: random-hadamard}",
      "QuIPModifier: {rotations: [v, u], transform_type: random-matrix}",
    ] {
      let change = try Self.change(modifier, Self.small(name), seed: 3)
      #expect(change.whole <= Self.budget, "\(modifier): \(change.whole)")
    }
  }

  @Test(arguments: RotatedModel.merged) func mergedWeightsAreOthers(modifier: String, layer: String) throws {
    let plain = try RotatedModel(Self.bundled)
    var rotated = plain
    try rotated.rotate(by: plain.plan(modifier))
    let (before, after) = (try plain.weight(of: layer).elements, try rotated.weight(of: layer).elements)
    #expect(try Self.distance(after, before) > 0.1)
    #expect(rotated.online.isEmpty)
  }
}

extension RotatedModel {
  /// Merged rotations, each with a layer that it changes.
  static let merged = [
    ("SpinQuantModifier: {rotations: [R1]}", "model.layers.1.self_attn.q_proj"),
    ("SpinQuantModifier: {rotations: [R1]}", "model.layers.3.mlp.down_proj"),
    ("SpinQuantModifier: {rotations: [R2]}", "model.layers.0.self_attn.v_proj"),
  ]
}
