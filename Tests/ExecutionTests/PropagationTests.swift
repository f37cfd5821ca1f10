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

/// Statistics behind settled layers of a block, or on the block as it was.
struct PropagationTests {
  private static let block = "calibration: {propagation: block}\n"
  private static let gptq = "    GPTQModifier: {scheme: W4A16, targets: [Linear], ignore: [lm_head]}\n"
  private static let smoothing = "    SmoothQuantModifier: {smoothing_strength: 0.5}\n"
  private static let awq =
    "    AWQModifier: {}\n    QuantizationModifier: {scheme: W4A16_ASYM, targets: [Linear], ignore: [lm_head]}\n"
  private static let twoOfFour =
    "    SparseGPTModifier: {sparsity: 0.5, mask_structure: '2:4', targets: ['re:.*layers.*_proj$']}\n"
  private static let stage = "quant_stage:\n  quant_modifiers:\n"

  /// Recipes, and how often the layers of a block run.
  static let recipes: [(name: String, text: String)] = [
    ("GPTQ", stage + gptq),
    ("SmoothQuant, SparseGPT and GPTQ", stage + smoothing + twoOfFour + gptq),
    ("AWQ", stage + awq),
    ("GPTQ, a pass for each kind", "calibration: {recalibrate: per-stage}\n" + stage + smoothing + gptq),
    ("GPTQ by the block", block + stage + gptq),
    ("AWQ by the block", block + stage + awq),
    ("rounding alone", stage + "    QuantizationModifier: {scheme: W4A16, targets: [Linear], ignore: [lm_head]}\n"),
  ]

  @Test(arguments: recipes.map(\.name), ProductType.allCases)
  func aRunComputesTheProductsThatItsPlanCounts(name: String, products: ProductType) throws {
    let text = try #require(Self.recipes.first { $0.name == name }).text
    let processor = Processor(threadCount: 2, products: products)
    let trial = try BundledText.run(text, samples: 4, processor: processor)
    defer { trial.cleanUp() }
    #expect(2 * Double(processor.multiplyAdds) == trial.plan.costs.productOperations)
  }

  @Test func aBlockRunsTwiceWhereItIsCalibratedAsItWas() throws {
    let request = PlanRequest(samples: 4, sequenceLength: 128)
    func costs(_ text: String) throws -> PlanCosts {
      let trial = try Trial(recipe: text, model: BundledText.model, request: request)
      defer { trial.cleanUp() }
      return trial.plan.costs
    }
    let (once, twice) = (try costs(Self.stage + Self.gptq), try costs(Self.block + Self.stage + Self.gptq))
    #expect(twice.productCount == 2 * once.productCount && once.productCount == 28)
    #expect(twice.momentOperations == once.momentOperations)
    #expect(twice.memory.peak > once.memory.peak)
  }

  /// The first step of the first block reads the same either way; what follows reads what GPTQ has made of it, or not.
  @Test func whatFollowsSettledLayersDiffers() throws {
    let sequential = try BundledText.run(Self.stage + Self.gptq)
    defer { sequential.cleanUp() }
    let block = try BundledText.run(Self.block + Self.stage + Self.gptq)
    defer { block.cleanUp() }
    for assignment in sequential.plan.assignments where assignment.layer.name.contains("layers.0.") {
      let isFirst = ["q_proj", "k_proj", "v_proj"].contains { assignment.layer.name.hasSuffix($0) }
      #expect(try (sequential.weight(of: assignment) == block.weight(of: assignment)) == isFirst)
    }
    let (one, other) = (try BundledText.perplexity(of: sequential), try BundledText.perplexity(of: block))
    #expect(abs(one / other - 1) < 0.03, "\(one), by the block \(other)")
  }

  /// Smoothing leaves what a block computes as it is, so its statistics are those of the smoothed block before any layer of it is
  /// settled.
  @Test(arguments: [smoothing + gptq, awq]) func smoothingGoesWithIt(modifiers: String) throws {
    let sequential = try BundledText.run(Self.stage + modifiers)
    defer { sequential.cleanUp() }
    let block = try BundledText.run(Self.block + Self.stage + modifiers)
    defer { block.cleanUp() }
    let (one, other) = (try BundledText.perplexity(of: sequential), try BundledText.perplexity(of: block))
    #expect(one != other && abs(one / other - 1) < 0.03, "\(one), by the block \(other)")
  }
}
