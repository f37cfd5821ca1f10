import Checkpoints
import Execution
import Foundation
import Inference
import JSONDocuments
import Kernels
import Models
import Modifiers
import Planning
import Tensors
import TestSupport
import Testing
import Vocabulary

/// Recipes that only prune, on the bundled model.
struct PruningRunTests {
  private static let layers = "['re:.*layers.*_proj$']"
  /// Blocks, whose linear layers are pruned alike.
  private static let blocks = "['re:.*layers.[0-9]+$']"

  private static func recipe(_ modifier: String) -> String {
    "sparse_stage: {sparse_modifiers: {\(modifier)}}\n"
  }

  private static func run(_ modifier: String) throws -> Trial { try BundledText.run(recipe(modifier)) }

  private static func pruned(_ trial: Trial) throws -> [(layer: String, weight: Matrix)] {
    let written = try Checkpoint.open(trial.destination)
    return try trial.plan.prunings.map { ($0.layer.name, try written.tensor("\($0.layer.name).weight").matrix()) }
  }

  private static func zeros(_ weight: some Sequence<Float>) -> Int { weight.count { $0 == 0 } }

  /// The share of zeros of the layers of each block together.
  private static func shares(_ trial: Trial) throws -> [Double] {
    let pruned = try pruned(trial)
    return (0..<4).map { block in
      let own = pruned.filter { $0.layer.hasPrefix("model.layers.\(block).") }.map(\.weight.elements)
      return Double(own.map { zeros($0) }.reduce(0, +)) / Double(own.map(\.count).reduce(0, +))
    }
  }

  @Test func theModelHasNoZerosToBeginWith() throws {
    let checkpoint = try Checkpoint.open(BundledText.model.path)
    let names = checkpoint.headers.tensorNames.filter { $0.hasSuffix("_proj.weight") }
    #expect(names.count == 28)
    for name in names { #expect(Self.zeros(try checkpoint.tensor(name).floats()) == 0, "\(name)") }
  }

  @Test func pruningAloneWritesADenseCheckpoint() throws {
    let trial = try Self.run("SparseGPTModifier: {sparsity: 0.5, targets: \(Self.layers)}")
    defer { trial.cleanUp() }
    let written = try Checkpoint.open(trial.destination)
    #expect(written.headers.config == trial.headers.config)
    #expect(written.headers.config["quantization_config"] == nil)
    func descriptions(_ headers: CheckpointHeaders) -> Set<TensorDescription> {
      Set(headers.tensors)
    }
    #expect(descriptions(written.headers) == descriptions(trial.headers))
    let pruned = try Self.pruned(trial)
    #expect(pruned.count == 28)
    for (layer, weight) in pruned {
      // The share is one of every 128 columns, and as many weights as it takes to reach it.
      let blocks = weight.columnCount / 128
      #expect(abs(Self.zeros(weight.elements) - weight.elements.count / 2) <= blocks, "\(layer)")
    }
    let (dense, sparse) = (
      try BundledText.perplexity(of: trial.checkpoint), try BundledText.perplexity(of: written)
    )
    #expect(sparse > dense && sparse < 1.6 * dense, "\(dense) became \(sparse)")
  }

  @Test(arguments: [0.3, 0.5]) func wandaPrunesEveryRowAlike(sparsity: Double) throws {
    let trial = try Self.run("WandaPruningModifier: {sparsity: \(sparsity), targets: \(Self.layers)}")
    defer { trial.cleanUp() }
    for (layer, weight) in try Self.pruned(trial) {
      let expected = Int(Double(weight.columnCount) * sparsity)
      #expect((0..<weight.rowCount).allSatisfy { Self.zeros(weight[row: $0]) == expected }, "\(layer)")
    }
  }

  @Test func magnitudeNeedsNoText() throws {
    let trial = try Trial(
      recipe: Self.recipe(
        "MagnitudePruningModifier: {init_sparsity: 0, final_sparsity: 0.4, targets: \(Self.layers)}"
      ),
      model: BundledText.model
    )
    defer { trial.cleanUp() }
    #expect(trial.plan.calibration == nil && trial.plan.passes.isEmpty)
    let report = try trial.run()
    #expect(report.calibrationTokens == 0 && report.layers.count == 28)
    for (layer, weight) in try Self.pruned(trial) {
      #expect(Self.zeros(weight.elements) == Int(Double(weight.elements.count) * 0.4), "\(layer)")
      let dense = try trial.checkpoint.tensor("\(layer).weight").matrix()
      let pairs = zip(dense.elements, weight.elements)
      let gone = pairs.filter { $0.1 == 0 }.map(\.0.magnitude).max() ?? 0
      let kept = pairs.filter { $0.1 != 0 }.map(\.0.magnitude).min() ?? 0
      #expect(gone <= kept && pairs.allSatisfy { $0 == $1 || $1 == 0 }, "\(layer)")
    }
  }

  @Test func layersMayHaveSparsitiesOfTheirOwn() throws {
    let asked = [0.1, 0.2, 0.4, 0.7]
    for modifier in ["WandaPruningModifier", "SparseGPTModifier"] {
      let trial = try Self.run("\(modifier): {sparsity: \(asked), targets: \(Self.blocks)}")
      defer { trial.cleanUp() }
      for (found, asked) in zip(try Self.shares(trial), asked) {
        // Columns are whole.
        #expect(abs(found - asked) < 1 / 128, "\(modifier): \(found) for \(asked)")
      }
    }
  }

  @Test func layersWithMoreOutliersKeepMore() throws {
    let trial = try Self.run(
      """
      SparseGPTModifier: {sparsity: 0.5, sparsity_profile: owl, owl_m: 5, owl_lmbda: 0.08, targets: \(Self.blocks)}
      """
    )
    defer { trial.cleanUp() }
    let found = try Self.shares(trial)
    #expect(abs(found.reduce(0, +) / 4 - 0.5) < 1e-3)
    let weighting = OutlierWeighting(mean: 0.5, threshold: 5, spread: 0.08)
    let walk = try RecordedWalk(
      trial.checkpoint,
      windows: BundledText.calibration(count: 16),
      asking: .channels
    )
    let outliers = try zip(walk.decoder.blocks, walk.statistics).map { block, statistics in
      let modules = try block.steps.flatMap { step in
        try step.linears.map { linear in
          (
            weight: try trial.checkpoint.tensor("\(linear.name).weight").matrix(),
            energies: try #require(statistics[step.kind]?.channels).energies
          )
        }
      }
      return weighting.outlierShare(of: modules)
    }
    let byOutliers = (0..<4).sorted { outliers[$0] < outliers[$1] }
    #expect(byOutliers.map { found[$0] } == found.sorted(by: >))
    #expect(Set(outliers).count == 4 && abs((found.max() ?? 0) - (found.min() ?? 0) - 2 * 0.08) < 2e-3)
  }

  @Test func aPrunedTiedHeadStandsApartFromTheEmbedding() throws {
    let trial = try Self.run("WandaPruningModifier: {sparsity: 0.5, targets: [lm_head]}")
    defer { trial.cleanUp() }
    let written = try Checkpoint.open(trial.destination)
    #expect(trial.headers.config["tie_word_embeddings"] == .boolean(true))
    #expect(written.headers.config["tie_word_embeddings"] == .boolean(false))
    let table = try trial.checkpoint.tensor("model.embed_tokens.weight").matrix()
    #expect(try written.tensor("model.embed_tokens.weight").matrix() == table)
    let head = try written.tensor("lm_head.weight").matrix()
    #expect((0..<head.rowCount).allSatisfy { Self.zeros(head[row: $0]) == 64 })
    #expect(zip(head.elements, table.elements).allSatisfy { $0 == $1 || $0 == 0 })
    #expect(try BundledText.perplexity(of: written) != BundledText.perplexity(of: trial.checkpoint))
  }
}
