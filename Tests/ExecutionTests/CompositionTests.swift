import Checkpoints
import Execution
import Foundation
import Kernels
import Models
import Planning
import Tensors
import TestSupport
import Testing
import Vocabulary

/// Modifiers that work on one model together, on the bundled model.
struct CompositionTests {
  private static let attention = "['re:.*self_attn.*_proj$']"
  private static let feedForward = "['re:.*mlp.*_proj$']"
  private static let twoOfFour =
    "SparseGPTModifier: {sparsity: 0.5, mask_structure: '2:4', targets: ['re:.*layers.*_proj$']}"
  private static let smoothing = "SmoothQuantModifier: {smoothing_strength: 0.5}"

  private static func recipe(_ modifiers: String...) -> String {
    "quant_stage:\n  quant_modifiers:\n" + modifiers.map { "    \($0)\n" }.joined()
  }

  private static func linears(_ modifier: String, _ scheme: String) -> String {
    "\(modifier): {scheme: \(scheme), targets: [Linear], ignore: [lm_head]}"
  }

  private static func dense() throws -> Double {
    try BundledText.perplexity(of: Checkpoint.open(BundledText.model.path))
  }

  /// The number of whole runs of `size` columns with fewer than `zeros` zeros.
  private static func broken(_ weight: Matrix, zeros: Int, size: Int) -> Int {
    stride(from: 0, to: weight.elements.count, by: size)
      .count { first in weight.elements[first..<first + size].count { $0 == 0 } < zeros }
  }

  private static func expectPattern(_ trial: Trial, zeros: Int, of size: Int) throws {
    #expect(trial.plan.assignments.count == 28)
    for assignment in trial.plan.assignments {
      let weight = try trial.weight(of: assignment)
      #expect(broken(weight, zeros: zeros, size: size) == 0, "\(assignment.layer.name)")
    }
  }

  @Test func smoothingLeavesItsLayersToErrorCorrection() throws {
    let trial = try BundledText.run(Self.recipe(Self.smoothing, Self.linears("GPTQModifier", "W8A8")))
    defer { trial.cleanUp() }
    let written = try Checkpoint.open(trial.destination)
    let config = try #require(try QuantizationConfig.read(from: written.headers.config))
    #expect(config.groups.map(\.scheme.resolvedFormat) == [.intQuantized])
    #expect(trial.plan.smoothings.count == 8 && trial.plan.assignments.count == 28)
    for smoothing in trial.plan.smoothings {
      let norm = "\(smoothing.site.producer).weight"
      #expect(try written.tensor(norm).floats() != trial.checkpoint.tensor(norm).floats(), "\(norm)")
    }
    let (dense, compressed) = (try Self.dense(), try BundledText.perplexity(of: written))
    #expect(compressed < 1.02 * dense, "\(dense) became \(compressed)")
  }

  @Test func partsOfABlockMayHaveMethodsOfTheirOwn() throws {
    let mappings = """
      [{smooth_layer: 're:.*post_attention_layernorm$', balance_layers: ['re:.*gate_proj$', 're:.*up_proj$']}, \
      {smooth_layer: 're:.*up_proj$', balance_layers: ['re:.*down_proj$']}]
      """
    func rounding(_ modifier: String, _ targets: String, _ scheme: String) -> String {
      "\(modifier): {targets: \(targets), scheme: \(scheme)}"
    }
    let trial = try BundledText.run(
      Self.recipe(
        "AWQModifier: {mappings: \(mappings)}",
        rounding("QuantizationModifier", Self.feedForward, "W4A16_ASYM"),
        rounding("GPTQModifier", Self.attention, "W4A16")
      )
    )
    defer { trial.cleanUp() }
    #expect(trial.plan.smoothings.count == 8 && trial.plan.groups.count == 2)
    for assignment in trial.plan.assignments {
      let isCorrected = assignment.layer.name.contains("self_attn")
      #expect(assignment.usesMoments == isCorrected && assignment.arguments.isSymmetric == isCorrected)
    }
    let plain = try BundledText.run(
      Self.recipe(
        "QuantizationModifier: {config_groups: {a: {targets: \(Self.feedForward), "
          + "weights: {num_bits: 4, strategy: group, group_size: 128, symmetric: false}}, b: {targets: \(Self.attention), "
          + "weights: {num_bits: 4, strategy: group, group_size: 128}}}}"
      )
    )
    defer { plain.cleanUp() }
    let (rounded, found) = (try BundledText.perplexity(of: plain), try BundledText.perplexity(of: trial))
    #expect(found < rounded, "\(rounded) became \(found)")
  }

  /// Schemes, and the share of round-to-nearest's perplexity that error correction may leave.
  static let jointSchemes = [("W4A16", 1), ("W3A16", 0.98)]

  @Test(arguments: jointSchemes)
  func errorCorrectionKeepsThePatternAndHelps(scheme: String, share: Double) throws {
    // On half as much text what pruning costs drowns what four bits do.
    func run(_ method: String) throws -> Double {
      let trial = try BundledText.run(Self.recipe(Self.twoOfFour, Self.linears(method, scheme)), samples: 32)
      defer { trial.cleanUp() }
      try Self.expectPattern(trial, zeros: 2, of: 4)
      return try BundledText.perplexity(of: trial)
    }
    let (joint, rounded) = (try run("GPTQModifier"), try run("QuantizationModifier"))
    #expect(joint < share * rounded, "\(joint), rounded \(rounded)")
  }

  @Test func smoothingPruningAndQuantizationGoTogether() throws {
    let trial = try BundledText.run(
      Self.recipe(Self.smoothing, Self.twoOfFour, Self.linears("GPTQModifier", "W8A8"))
    )
    defer { trial.cleanUp() }
    try Self.expectPattern(trial, zeros: 2, of: 4)
    let pruned = try BundledText.run(Self.recipe(Self.twoOfFour))
    defer { pruned.cleanUp() }
    let (one, other) = (try BundledText.perplexity(of: trial), try BundledText.perplexity(of: pruned))
    // Eight bits cost next to nothing beside half of the weights.
    #expect(one < 1.03 * other, "\(other) became \(one)")
  }

  @Test func stagesOnDisjointTargetsMakeOneMixedCheckpoint() throws {
    let trial = try BundledText.run(
      """
      first_stage:
        first_modifiers:
          GPTQModifier: {targets: \(Self.attention), scheme: W8A8}
      second_stage:
        second_modifiers:
          QuantizationModifier: {targets: \(Self.feedForward), scheme: FP8_DYNAMIC}
      """
    )
    defer { trial.cleanUp() }
    let written = try Checkpoint.open(trial.destination)
    let config = try #require(try QuantizationConfig.read(from: written.headers.config))
    #expect(config.format == .mixedPrecision)
    #expect(config.groups.map(\.scheme.resolvedFormat) == [.intQuantized, .floatQuantized])
    #expect(config.ignored == ["lm_head"])
    let types = Dictionary(grouping: trial.plan.assignments) { assignment in
      written.headers.description(of: "\(assignment.layer.name).weight")?.elementType
    }
    #expect(types.mapValues(\.count) == [.int8: 16, .float8E4M3: 12])
    let (dense, compressed) = (try Self.dense(), try BundledText.perplexity(of: written))
    #expect(compressed < 1.02 * dense, "\(dense) became \(compressed)")
  }

  @Test func aPatternOfEightSurvivesErrorCorrection() throws {
    let trial = try BundledText.run(
      Self.recipe(
        "WandaPruningModifier: {sparsity: 0.5, mask_structure: '4:8', targets: ['re:.*layers.*_proj$']}",
        Self.linears("GPTQModifier", "W4A16")
      )
    )
    defer { trial.cleanUp() }
    try Self.expectPattern(trial, zeros: 4, of: 8)
  }

  @Test func zerosOfAnEarlierRunAreKept() throws {
    // Far fewer zeros than anyone would take for a mask without being told.
    let pruned = try BundledText.run(
      Self.recipe("WandaPruningModifier: {sparsity: 0.25, targets: ['re:.*layers.*_proj$']}")
    )
    defer { pruned.cleanUp() }
    func zeros(keeping: Bool) throws -> (kept: Int, before: Int) {
      let constant = "ConstantPruningModifier: {targets: ['re:.*layers.*_proj$']}"
      let quantization = Self.linears("GPTQModifier", "W8A16")
      let trial = try Trial(
        recipe: keeping ? Self.recipe(constant, quantization) : Self.recipe(quantization),
        model: URL(fileURLWithPath: pruned.destination),
        request: PlanRequest(samples: 16, sequenceLength: 128)
      )
      defer { trial.cleanUp() }
      try trial.run(windows: BundledText.calibration(count: 16))
      var counts = (kept: 0, before: 0)
      for assignment in trial.plan.assignments {
        let before = try trial.checkpoint.tensor(assignment.source).matrix().elements
        let after = try trial.weight(of: assignment).elements
        counts.before += before.count { $0 == 0 }
        counts.kept += zip(before, after).count { $0 == 0 && $1 == 0 }
      }
      return counts
    }
    let kept = try zeros(keeping: true)
    #expect(kept.before > 100_000 && kept.kept == kept.before)
    let moved = try zeros(keeping: false)
    // Most errors are too small to lift a zero to the next step.
    #expect(moved.before == kept.before && moved.kept < moved.before - 1000)
  }
}
