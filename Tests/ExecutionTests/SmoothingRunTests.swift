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

/// Smoothing alone, of models whose weights nothing rounds: what the model computes stays.
struct SmoothingRunTests {
  /// A model in float32, and whether its head is the embedding.
  struct Model: Sendable, CustomTestStringConvertible {
    let name: String
    let isTied: Bool
    var testDescription: String { isTied ? "\(name), tied" : name }

    var folder: URL {
      name == "bundled" ? BundledText.model : Places.fixtures(of: "Inference").appending(path: "models/\(name)")
    }

    func windows() throws -> [[Int32]] {
      name == "bundled"
        ? try BundledText.calibration(count: 4) : ExecutionTests.windows(count: 6, length: 24, vocabulary: 64)
    }
  }

  static let models = [
    Model(name: "bundled", isTied: true), Model(name: "llama", isTied: false), Model(name: "mistral", isTied: true),
    Model(name: "mistral", isTied: false), Model(name: "qwen2", isTied: true), Model(name: "qwen2", isTied: false),
  ]

  /// The mapping of each kind of place.
  private static let mappings: [SmoothingSite.Kind: String] = [
    .attentionInput: "[['re:.*q_proj$', 're:.*k_proj$', 're:.*v_proj$'], 're:.*input_layernorm$']",
    .attentionOutput: "[['re:.*o_proj$'], 're:.*v_proj$']",
    .feedForwardInput: "[['re:.*gate_proj$', 're:.*up_proj$'], 're:.*post_attention_layernorm$']",
    .feedForwardOutput: "[['re:.*down_proj$'], 're:.*up_proj$']",
    .headInput: "[[lm_head], model.norm]",
  ]

  static let places = models.flatMap { model in
    mappings.keys.sorted { $0.rank < $1.rank }.filter { $0 != .headInput || !model.isTied }.map { (model, $0) }
  }

  /// What rounding in float32 may add, relative to the largest of its kind.
  private static let tolerance: Float = 1e-5

  @Test func everyKindOfPlaceHasAMapping() {
    #expect(Self.mappings.count == 5)
    #expect(Self.places.count == 6 * 4 + 3)
  }

  private static func trial(_ made: MadeCheckpoint, _ mapping: String, _ windows: [[Int32]]) throws -> Trial {
    try Trial(
      recipe: """
        smoothing_stage:
          smoothing_modifiers:
            SmoothQuantModifier: {smoothing_strength: 0.6, mappings: [\(mapping)]}
        """,
      model: made.folder,
      request: PlanRequest(samples: windows.count, sequenceLength: windows[0].count)
    )
  }

  @Test(arguments: places)
  func whatIsComputedStays(model: Model, kind: SmoothingSite.Kind) throws {
    let made = try MadeCheckpoint(float32: model.folder, isTied: model.isTied)
    let windows = try model.windows()
    let trial = try Self.trial(made, try #require(Self.mappings[kind]), windows)
    defer { trial.cleanUp() }
    let report = try trial.run(windows: windows)
    let blocks = try #require(trial.outline.decoder).blocks
    #expect(report.smoothings.count == (kind == .headInput ? 1 : blocks.count))
    #expect(report.smoothings.allSatisfy { $0.leastFactor < $0.largestFactor })
    let written = try Checkpoint.open(trial.destination)
    let before = try RecordedWalk(trial.checkpoint, windows: windows, asking: .moments)
    let after = try RecordedWalk(written, windows: windows, asking: .moments)
    let largest = before.logits.reduce(0) { max($0, $1.magnitude) }
    let distance = zip(before.logits, after.logits).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(distance <= Self.tolerance * largest, "\(distance / largest)")
    for smoothing in trial.plan.smoothings {
      let factors = try Self.factors(
        smoothing.site,
        dimension: before.decoder.configuration.headDimension,
        trial.checkpoint,
        written
      )
      #expect(Set(factors).count > 1)
      try Self.expectStatistics(smoothing.site, divided: factors, before, after)
    }
  }

  /// What each channel that a place's readers see was divided by, as the producer's weights have it.
  private static func factors(
    _ site: SmoothingSite,
    dimension: Int,
    _ before: Checkpoint,
    _ after: Checkpoint
  ) throws -> [Float] {
    let name = "\(site.producer).weight"
    let (old, new) = (try before.tensor(name), try after.tensor(name))
    guard old.description.shape.count == 2 else { return zip(try old.floats(), try new.floats()).map { $0 / $1 } }
    let (dense, smoothed) = (try old.matrix(), try new.matrix())
    let rows = (0..<dense.rowCount).map { row in
      // The largest of a row has the least to lose by rounding.
      let place = (0..<dense.columnCount).max { dense[row, $0].magnitude < dense[row, $1].magnitude } ?? 0
      return dense[row, place] / smoothed[row, place]
    }
    guard site.kind == .attentionOutput else { return rows }
    // Query heads that share a value head read the same channels.
    return (0..<rows.count * site.repetition).map { channel in
      let head = channel / dimension / site.repetition
      return rows[head * dimension + channel % dimension]
    }
  }

  private static func expectStatistics(
    _ site: SmoothingSite,
    divided factors: [Float],
    _ before: RecordedWalk,
    _ after: RecordedWalk
  ) throws {
    guard let block = site.block else {
      let largest = before.headInput.reduce(0) { max($0, $1.magnitude) }
      let distance = after.headInput.indices.reduce(Float(0)) {
        max($0, abs(after.headInput[$1] * factors[$1 % factors.count] - before.headInput[$1]))
      }
      #expect(distance <= tolerance * largest)
      return
    }
    let steps: [SmoothingSite.Kind: BlockStep.Kind] = [
      .attentionInput: .attentionInput, .attentionOutput: .attentionOutput, .feedForwardInput: .feedForwardInput,
      .feedForwardOutput: .feedForwardOutput,
    ]
    let smoothed = try #require(steps[site.kind])
    for step in BlockStep.Kind.ofPlainBlocks {
      let old = try #require(before.statistics[block][step])
      let expected = try #require((step == smoothed ? old.dividing(by: factors) : old).moments)
      let found = try #require(after.statistics[block][step]?.moments)
      let largest = expected.diagonal.reduce(0, max)
      let (one, other) = (expected.symmetric(), found.symmetric())
      let distance = (0..<one.count).reduce(Float(0)) { max($0, abs(one.start[$1] - other.start[$1])) }
      #expect(distance <= tolerance * largest, "\(step): \(distance / largest)")
    }
  }
}
