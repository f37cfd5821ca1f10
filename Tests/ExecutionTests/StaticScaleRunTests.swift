import Checkpoints
import Execution
import Foundation
import Inference
import Kernels
import Models
import Planning
import Tensors
import TestSupport
import Testing
import Vocabulary

/// Scales that calibration finds: those of what flows through the model that is written.
struct StaticScaleRunTests {
  private static let sampleCount = 24
  private static let windowLength = 128
  private static let inputs: Set<BlockFlow> = Set(BlockStep.Kind.ofPlainBlocks.map { .input($0) })
  private static let float8 = "num_bits: 8, type: float, symmetric: true, dynamic: false, observer: static_minmax"

  private static func recipe(_ fields: String) -> String {
    "quant_stage: {quant_modifiers: {QuantizationModifier: {\(fields)}}}\n"
  }

  private static func run(_ fields: String) throws -> Trial {
    try BundledText.run(recipe(fields), samples: sampleCount)
  }

  private static func walk(_ checkpoint: Checkpoint, observing flows: Set<BlockFlow> = []) throws -> RecordedWalk {
    try RecordedWalk(checkpoint, windows: BundledText.calibration(count: sampleCount), observing: flows)
  }

  /// The least and the largest of some floats, zero among them.
  private static func range(_ values: some Sequence<Float>) -> (low: Float, high: Float) {
    values.reduce((0, 0)) { (min($0.0, $1), max($0.1, $1)) }
  }

  private static func magnitude(_ values: some Sequence<Float>) -> Float {
    let range = range(values)
    return max(-range.low, range.high)
  }

  private static func rounded(_ value: Float) -> Float { BFloat16.decode(BFloat16.encode(value)) }

  /// Channels of one head, out of heads that lie side by side.
  private static func head(_ index: Int, of heads: Int, _ values: [Float], dimension: Int) -> [Float] {
    stride(from: index * dimension, to: values.count, by: heads * dimension).flatMap { values[$0..<$0 + dimension] }
  }

  /// Calls `body` with each layer's name and the inputs that reach it in the model that was written.
  private static func forEachInput(_ trial: Trial, _ body: (String, [Float], Checkpoint) throws -> Void) throws {
    let written = try Checkpoint.open(trial.destination)
    let walk = try walk(written, observing: inputs)
    var count = 0
    for (block, flows) in zip(walk.decoder.blocks, walk.flows) {
      for step in block.steps {
        let values = try #require(flows[.input(step.kind)])
        #expect(values.count == step.width * sampleCount * windowLength)
        for linear in step.linears {
          try body(linear.name, values, written)
          count += 1
        }
      }
    }
    #expect(count == 28)
  }

  private static func expectCloseToDense(_ trial: Trial, share: Double) throws {
    let dense = try BundledText.perplexity(of: trial.checkpoint)
    let compressed = try BundledText.perplexity(of: trial)
    #expect(compressed < (1 + share) * dense, "\(dense) became \(compressed)")
  }

  @Test func float8InputsHaveTheScaleOfTheirLargestMagnitude() throws {
    let trial = try Self.run("scheme: FP8, targets: [Linear], ignore: [lm_head]")
    defer { trial.cleanUp() }
    try Self.forEachInput(trial) { name, values, written in
      let scale = try written.tensor("\(name).input_scale")
      #expect(scale.description.shape == [1] && scale.description.elementType == .bfloat16)
      #expect(try scale.floats() == [Self.rounded(Self.magnitude(values) / 448)], "\(name)")
    }
    try Self.expectCloseToDense(trial, share: 0.03)
  }

  @Test func asymmetricIntegerInputsUseTheWholeRange() throws {
    let trial = try Self.run(
      """
      ignore: [lm_head], config_groups: {all: {targets: [Linear], weights: {num_bits: 8, strategy: channel}, \
      input_activations: {num_bits: 8, strategy: tensor, symmetric: false, dynamic: false, observer: static_minmax}}}
      """
    )
    defer { trial.cleanUp() }
    try Self.forEachInput(trial) { name, values, written in
      let (low, high) = Self.range(values)
      let scale = Self.rounded((high - low) / 255)
      #expect(try written.tensor("\(name).input_scale").floats() == [scale], "\(name)")
      let zeroPoint = try written.tensor("\(name).input_zero_point")
      #expect(zeroPoint.description.shape == [1] && zeroPoint.description.elementType == .int8)
      let expected = min(max((-128 - low / scale).rounded(.toNearestOrEven), -128), 127)
      #expect(zeroPoint.elements(as: Int8.self) == [Int8(expected)], "\(name)")
    }
    try Self.expectCloseToDense(trial, share: 0.05)
  }

  @Test func localScalesHaveAGlobalOneOfTheLargestMagnitude() throws {
    let trial = try Self.run("scheme: NVFP4, targets: [Linear], ignore: [lm_head]")
    defer { trial.cleanUp() }
    try Self.forEachInput(trial) { name, values, written in
      let scale = try written.tensor("\(name).input_global_scale")
      #expect(scale.description.shape == [1] && scale.description.elementType == .float32)
      // The formula is rounded to bfloat16 once or twice on the way, depending on whom one follows.
      let ratio = try scale.floats()[0] * Self.magnitude(values) / (448 * 6)
      #expect(abs(ratio - 1) < 1 / 128, "\(name): \(ratio)")
    }
    try Self.expectCloseToDense(trial, share: 0.3)
  }

  @Test(arguments: ["tensor", "attn_head"])
  func aCacheAloneLeavesEveryWeight(strategy: String) throws {
    let trial = try Self.run("kv_cache_scheme: {\(Self.float8), strategy: \(strategy)}")
    defer { trial.cleanUp() }
    let written = try Checkpoint.open(trial.destination)
    for name in trial.headers.tensorNames {
      let equal = try written.tensor(name).withBytes { first in
        try trial.checkpoint.tensor(name).withBytes { second in first.elementsEqual(second) }
      }
      #expect(equal, "\(name)")
    }
    #expect(written.headers.tensorNames.count == trial.headers.tensorNames.count + 2 * 4)
    let walk = try Self.walk(written, observing: [.key, .value])
    for (block, flows) in zip(walk.decoder.blocks, walk.flows) {
      for (suffix, flow) in [("k_scale", BlockFlow.key), ("v_scale", .value)] {
        try Self.expectScales(
          "\(block.attention.name).\(suffix)",
          of: try #require(flows[flow]),
          heads: strategy == "tensor" ? nil : 2,
          in: written
        )
      }
    }
    try Self.expectCloseToDense(trial, share: 0.03)
  }

  /// Expects one scale, or one for each head, to be that of the largest magnitude.
  private static func expectScales(_ name: String, of values: [Float], heads: Int?, in written: Checkpoint) throws {
    let scale = try written.tensor(name)
    let expected =
      heads.map { heads in
        (0..<heads).map { rounded(magnitude(head($0, of: heads, values, dimension: 32)) / 448) }
      } ?? [rounded(magnitude(values) / 448)]
    #expect(scale.description.shape == (heads.map { [$0, 1, 1] } ?? [1]) && scale.description.elementType == .bfloat16)
    #expect(try scale.floats() == expected, "\(name)")
  }

  @Test func attentionHasScalesOfQueriesToo() throws {
    let group = "targets: ['re:.*self_attn$'], input_activations: {\(Self.float8), strategy: attn_head}"
    let trial = try Self.run("config_groups: {all: {\(group)}}")
    defer { trial.cleanUp() }
    let written = try Checkpoint.open(trial.destination)
    let walk = try Self.walk(written, observing: [.query, .key, .value])
    for (block, flows) in zip(walk.decoder.blocks, walk.flows) {
      for (side, flow, heads) in [("q", BlockFlow.query, 4), ("k", .key, 2), ("v", .value, 2)] {
        let name = "\(block.attention.name).\(side)"
        try Self.expectScales("\(name)_scale", of: try #require(flows[flow]), heads: heads, in: written)
        let zeroPoint = try written.tensor("\(name)_zero_point")
        #expect(zeroPoint.description.elementType == .float8E4M3 && zeroPoint.description.shape == [heads, 1, 1])
        #expect(zeroPoint.elements(as: UInt8.self).allSatisfy { $0 == 0 })
      }
    }
    try Self.expectCloseToDense(trial, share: 0.05)
  }

  @Test func aHeadIsObservedSequenceBySequence() throws {
    // The default observer averages over sequences, so that what counts as one matters.
    let activations = "{num_bits: 8, type: int, strategy: tensor, symmetric: true, dynamic: false, observer: minmax}"
    let trial = try Self.run(
      """
      config_groups: {all: {targets: [lm_head], weights: {num_bits: 8, strategy: channel}, \
      input_activations: \(activations), output_activations: \(activations)}}
      """
    )
    defer { trial.cleanUp() }
    let written = try Checkpoint.open(trial.destination)
    let walk = try Self.walk(written)
    for (suffix, values) in [("input_scale", walk.headInput), ("output_scale", walk.logits)] {
      let count = values.count / Self.sampleCount
      let ranges = (0..<Self.sampleCount).map { Self.range(values[$0 * count..<($0 + 1) * count]) }
      let mean = ranges.dropFirst().reduce(ranges[0]) { old, new in
        (old.low * 0.99 + new.low * 0.01, old.high * 0.99 + new.high * 0.01)
      }
      let stored = try written.tensor("lm_head.\(suffix)").floats()
      #expect(stored.count == 1)
      // A rounding of the average may be another bfloat16.
      #expect(abs(stored[0] * 127.5 / max(-mean.low, mean.high) - 1) < 1 / 128, "\(suffix)")
      let last = try #require(ranges.last)
      #expect(abs(max(-last.low, last.high) / max(-mean.low, mean.high) - 1) > 1 / 128, "a trivial case")
    }
  }
}
