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

/// One sweep for the whole recipe, or one for each kind of work.
struct PassTests {
  private static let perStage = "calibration: {recalibrate: per-stage}\n"
  private static let smoothing = "SmoothQuantModifier: {smoothing_strength: 0.5}"
  private static let twoOfFour =
    "SparseGPTModifier: {sparsity: 0.5, mask_structure: '2:4', targets: ['re:.*layers.*_proj$']}"
  private static let magnitude =
    "MagnitudePruningModifier: {init_sparsity: 0, final_sparsity: 0.5, mask_structure: '2:4', "
    + "targets: ['re:.*layers.*_proj$']}"
  private static let gptq = "GPTQModifier: {scheme: W8A8, targets: [Linear], ignore: [lm_head]}"
  private static let rounding = "QuantizationModifier: {scheme: W8A8, targets: [Linear], ignore: [lm_head]}"

  private static func recipe(_ modifiers: String...) -> String {
    "quant_stage:\n  quant_modifiers:\n" + modifiers.map { "    \($0)\n" }.joined()
  }

  private static func plan(_ recipe: String) throws -> Plan {
    let trial = try Trial(
      recipe: recipe,
      model: BundledText.model,
      request: PlanRequest(samples: 16, sequenceLength: 128)
    )
    defer { trial.cleanUp() }
    return trial.plan
  }

  /// Every tensor of a result as bytes.
  private static func bytes(_ trial: Trial) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: trial.destination + "/model.safetensors"))
  }

  private static func expectPattern(_ trial: Trial) throws {
    #expect(trial.plan.assignments.count == 28)
    for assignment in trial.plan.assignments {
      let weight = try trial.weight(of: assignment).elements
      let broken = stride(from: 0, to: weight.count, by: 4).count { weight[$0..<$0 + 4].count { $0 == 0 } < 2 }
      #expect(broken == 0, "\(assignment.layer.name)")
    }
  }

  /// Modifiers, and the kinds of work of each pass where every kind is calibrated anew.
  static let passes: [([String], [Set<StageKind>])] = [
    ([smoothing, twoOfFour, gptq], [[.smoothing], [.pruning], [.quantization]]),
    ([twoOfFour, gptq], [[.smoothing, .pruning], [.quantization]]),
    ([smoothing, gptq], [[.smoothing], [.pruning, .quantization]]),
    ([smoothing, magnitude, gptq], [[.smoothing], [.pruning, .quantization]]),
    ([smoothing, rounding], [[.smoothing], [.pruning, .quantization]]),
    ([smoothing], [[.smoothing]]),
    ([twoOfFour], [[.smoothing, .pruning]]),
    ([smoothing, magnitude], [[.smoothing], [.pruning, .quantization]]),
  ]

  @Test(arguments: passes)
  func eachKindThatReadsDataHasAPass(modifiers: [String], passes: [Set<StageKind>]) throws {
    let text = "quant_stage:\n  quant_modifiers:\n" + modifiers.map { "    \($0)\n" }.joined()
    let anew = try Self.plan(Self.perStage + text)
    #expect(anew.passes.map(\.kinds) == passes)
    #expect(anew.costs.productCount == 28 * passes.count)
    let once = try Self.plan(text)
    #expect(once.passes.map(\.kinds) == [[.smoothing, .pruning, .quantization]])
    #expect(once.costs.productCount == 28 && once.costs.lookAheadCount == 0)
  }

  @Test func nothingRunsBehindTheLastLayerThatNeedsData() throws {
    for last in 0..<4 {
      let targets = "targets: ['re:.*layers.[0-\(last)].*_proj$']"
      let plan = try Self.plan(Self.recipe("GPTQModifier: {scheme: W4A16, \(targets)}"))
      #expect(plan.costs.productCount == 7 * (last + 1) && plan.costs.lookAheadCount == 0)
    }
  }

  @Test func awqLooksAheadTwiceABlockAndNothingElseRunsAgain() throws {
    let plan = try Self.plan(
      Self.recipe("AWQModifier: {}", "QuantizationModifier: {scheme: W4A16, targets: [Linear], ignore: [lm_head]}")
    )
    #expect(plan.costs.lookAheadCount == 2 * 4)
    // Query, key and value, then gate and up.
    #expect(plan.costs.productCount == 28 + 4 * (3 + 2))
  }

  @Test func calibratingAnewKeepsThePatternAndThePerplexity() throws {
    let text = Self.recipe(Self.smoothing, Self.twoOfFour, Self.gptq)
    let anew = try BundledText.run(Self.perStage + text)
    defer { anew.cleanUp() }
    try Self.expectPattern(anew)
    let once = try BundledText.run(text)
    defer { once.cleanUp() }
    let (one, other) = (try BundledText.perplexity(of: anew), try BundledText.perplexity(of: once))
    #expect(one != other && abs(one / other - 1) < 0.03, "\(one), once \(other)")
  }

  @Test(arguments: [smoothing, twoOfFour])
  func aSingleKindOfWorkIsTheSameEitherWay(modifier: String) throws {
    let anew = try BundledText.run(Self.perStage + Self.recipe(modifier))
    defer { anew.cleanUp() }
    let once = try BundledText.run(Self.recipe(modifier))
    defer { once.cleanUp() }
    #expect(try Self.bytes(anew) == Self.bytes(once))
    #expect(try Self.bytes(anew) != Data(contentsOf: BundledText.model.appending(path: "model.safetensors")))
  }

  @Test func pruningThatReadsNoDataIsDoneBetweenPasses() throws {
    let trial = try BundledText.run(Self.perStage + Self.recipe(Self.smoothing, Self.magnitude, Self.gptq))
    defer { trial.cleanUp() }
    try Self.expectPattern(trial)
    let pruned = try BundledText.run(Self.perStage + Self.recipe(Self.smoothing, Self.magnitude))
    defer { pruned.cleanUp() }
    let written = try Checkpoint.open(pruned.destination)
    for pruning in pruned.plan.prunings {
      let weight = try written.tensor(pruning.source).floats()
      #expect(weight.count { $0 == 0 } >= weight.count / 2, "\(pruning.layer.name)")
    }
  }
}
