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

/// What the methods promise of the outputs of layers, on the bundled model and the text it is calibrated on.
struct TheoryTests {
  private static let blocks = "['re:.*layers.*_proj$']"
  private static let firstBlock = "['re:.*layers.0.*_proj$']"

  /// What reaches each layer of the dense model.
  private static let dense = Result {
    try RecordedWalk(
      Checkpoint.open(BundledText.model.path),
      windows: BundledText.calibration(count: 16),
      asking: .moments
    )
  }

  /// The squared error of each layer's outputs as a share of their energy, by the layer's name.
  private static func errors(_ modifier: String) throws -> [String: Double] {
    let trial = try BundledText.run("work_stage: {work_modifiers: {\(modifier)}}\n")
    defer { trial.cleanUp() }
    let written = try Checkpoint.open(trial.destination)
    let processor = Processor(threadCount: 2)
    let walk = try dense.get()
    var errors: [String: Double] = [:]
    for (block, statistics) in zip(walk.decoder.blocks, walk.statistics) {
      for step in block.steps {
        let moments = try #require(statistics[step.kind]?.moments).symmetric()
        for linear in step.linears {
          let weight: Matrix
          if let assignment = trial.plan.assignment(of: linear.name) {
            weight = try trial.weight(of: assignment)
          } else if trial.plan.pruning(of: linear.name) != nil {
            weight = try written.tensor("\(linear.name).weight").matrix()
          } else {
            continue
          }
          let plain = try trial.checkpoint.tensor("\(linear.name).weight").matrix()
          let nothing = Matrix(rowCount: plain.rowCount, columnCount: plain.columnCount)
          errors[linear.name] =
            processor.outputError(of: plain, and: weight, moments: moments)
            / processor.outputError(of: plain, and: nothing, moments: moments)
        }
      }
    }
    return errors
  }

  private static func sum(_ errors: [String: Double]) -> Double { errors.values.reduce(0, +) }

  private static func quantization(
    _ modifier: String,
    _ targets: String,
    bits: Int,
    group: Int? = nil,
    order: String = ""
  ) -> String {
    let strategy = group.map { "strategy: group, group_size: \($0)" } ?? "strategy: channel"
    let weights = "{num_bits: \(bits), type: int, symmetric: true, \(strategy)}"
    return "\(modifier): {config_groups: {all: {targets: \(targets), weights: \(weights)}}\(order)}"
  }

  @Test(arguments: [nil, 32] as [Int?]) func errorCorrectionLosesLessThanRounding(group: Int?) throws {
    let rounded = try Self.errors(Self.quantization("QuantizationModifier", Self.blocks, bits: 4, group: group))
    let corrected = try Self.errors(Self.quantization("GPTQModifier", Self.blocks, bits: 4, group: group))
    #expect(rounded.count == 28 && Set(corrected.keys) == Set(rounded.keys))
    for (layer, error) in corrected where layer.hasPrefix("model.layers.0.") {
      let other = try #require(rounded[layer])
      #expect(error < other, "\(layer): \(error), rounded \(other)")
    }
    #expect(Self.sum(corrected) < 0.8 * Self.sum(rounded))
  }

  @Test func whoKnowsMoreOfTheInputsHarmsOutputsLess() throws {
    let corrected = try Self.errors("SparseGPTModifier: {sparsity: 0.5, targets: \(Self.blocks)}")
    let weighted = try Self.errors("WandaPruningModifier: {sparsity: 0.5, targets: \(Self.blocks)}")
    let plain = try Self.errors(
      "MagnitudePruningModifier: {init_sparsity: 0, final_sparsity: 0.5, targets: \(Self.blocks)}"
    )
    #expect(corrected.count == 28 && weighted.count == 28 && plain.count == 28)
    #expect(Self.sum(corrected) < 0.8 * Self.sum(weighted))
    #expect(Self.sum(weighted) < Self.sum(plain))
  }

  @Test(arguments: ["QuantizationModifier", "GPTQModifier"])
  func everyBitLessLosesMore(modifier: String) throws {
    let sums = try (2...8).map {
      Self.sum(try Self.errors(Self.quantization(modifier, Self.firstBlock, bits: $0)))
    }
    for (fewer, more) in zip(sums, sums.dropFirst()) {
      // A bit less is a step twice as wide, four times the error; at two bits there is little left to lose.
      #expect(fewer > 1.5 * more, "\(sums)")
    }
  }

  @Test(arguments: [(4, 32), (3, nil)] as [(Int, Int?)])
  func visitingColumnsByEnergyIsNoWorse(bits: Int, group: Int?) throws {
    func errors(_ order: String) throws -> [String: Double] {
      try Self.errors(
        Self.quantization("GPTQModifier", Self.blocks, bits: bits, group: group, order: ", actorder: \(order)")
      )
    }
    let (byEnergy, natural) = (try errors("static"), try errors("null"))
    #expect(byEnergy != natural && byEnergy.count == 28)
    let ratios = byEnergy.compactMap { layer, error in natural[layer].map { error / $0 } }
    #expect(ratios.reduce(0, +) / Double(ratios.count) <= 1.01)
  }
}
