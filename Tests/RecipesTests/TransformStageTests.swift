import Diagnostics
import Recipes
import Testing
import Vocabulary

/// What rotation, smoothing and pruning modifiers become.
@Suite struct TransformStageTests {
  private func graph(_ modifiers: String) throws -> StageGraph {
    let indented = modifiers.split(separator: "\n").map { "    \($0)\n" }.joined()
    let checked = Recipe.check(SourceFile(name: "a.yaml", text: "q_stage:\n  q_modifiers:\n\(indented)"))
    return try #require(checked.value, "\(checked.diagnostics.rendered())").stageGraph()
  }

  @Test func defaultsAreThoseOfTheTables() throws {
    let graph = try graph(
      "SpinQuantModifier: {}\nQuIPModifier: {}\nSmoothQuantModifier: {}\nAWQModifier: {}\n"
        + "SparseGPTModifier: {sparsity: 0.5}\nWandaPruningModifier: {sparsity: 0.25, mask_structure: '1:4'}\n"
        + "REAPPruningModifier: {sparsity: 0.5, ignore: [layers.0]}\nGPTQModifier: {scheme: W4A16}\n"
    )
    #expect(graph.rotation.map(\.method) == [.spinQuant([.residual, .values]), .quip([.v])])
    #expect(graph.rotation.map(\.matrix) == [.hadamard, .randomHadamard])
    #expect(graph.rotation[1].ignored.map(\.value) == [.name("lm_head")] && graph.rotation[0].targets.isEmpty)
    #expect(
      graph.smoothing.map(\.method) == [
        .smoothQuant(strength: 0.5), .awq(AWQParameters(gridSize: 20, duoScaling: .on)),
      ]
    )
    #expect(graph.smoothing.allSatisfy { $0.mappings == nil })
    let sparse = SparseGPTParameters(blockSize: 128, dampeningFraction: 0.01, preservesMask: false)
    #expect(graph.pruning.map(\.method) == [.sparseGPT(sparse), .wanda, .reap])
    #expect(graph.pruning.map(\.structure) == [.unstructured, .nOfM(zeros: 1, of: 4), .unstructured])
    #expect(graph.pruning[0].targets.map(\.value) == [.name("Linear")])
    #expect(graph.pruning[2].ignored.map(\.value) == [.pattern(".*layers.0")])
    #expect(graph.needsCalibration)
  }

  @Test func mappingsHaveTheirLayersInPlace() throws {
    let graph = try graph(
      "SmoothQuantModifier:\n  mappings: [[['re:.*q_proj$', 're:.*k_proj$'], 're:.*norm$'], ['a.b', [c]]]\n"
        + "AWQModifier:\n  mappings:\n  - {smooth_layer: 're:.*up_proj$', balance_layers: ['re:.*down_proj$'], activation_hook_target: mlp}\n"
        + "QuantizationModifier: {scheme: W4A16}\n"
    )
    let first = try #require(graph.smoothing[0].mappings)
    #expect(first.map(\.smooth.value) == [.pattern(".*norm$"), .name("c")])
    #expect(first.map { $0.balance.map(\.value) } == [[.pattern(".*q_proj$"), .pattern(".*k_proj$")], [.name("a.b")]])
    let second = try #require(graph.smoothing[1].mappings)
    #expect(second[0].smooth.value == .pattern(".*up_proj$") && second[0].activationHook?.value == "mlp")
  }

  @Test(arguments: [
    ("sparsity: [0.5, 0.25]", Sparsity.perLayer([0.5, 0.25])),
    (
      "sparsity: 0.5\n  sparsity_profile: OWL\n  owl_m: 5\n  owl_lmbda: 0.08",
      .outlierWeighted(OutlierWeighting(mean: 0.5, threshold: 5, spread: 0.08))
    ),
    ("sparsity: null\n  mask_structure: '2:4'", .uniform(0.5)),
    ("sparsity: 0.0\n  mask_structure: '2:4'", .uniform(0.5)),
    ("sparsity: 0.33\n  mask_structure: '1:3'\n  block_size: 96", .uniform(1.0 / 3)),
    ("sparsity: '0.5'\n  mask_structure: '0:4'", .uniform(0.5)),
  ])
  func sparsityIsRead(fields: String, sparsity: Sparsity) throws {
    let stage = try #require(graph("SparseGPTModifier:\n  \(fields)\n").pruning.first)
    #expect(stage.sparsity.value == sparsity)
  }

  @Test func algorithmsOfSmoothingFollowFromTheModifierUnlessGiven() throws {
    let graph = try graph(
      "LogarithmicEqualizationModifier: {}\nSmoothQuantModifier: {algorithm: log_equalization}\n"
    )
    #expect(graph.smoothing.map(\.method) == [.logarithmicEqualization, .logarithmicEqualization])
    let given = try self.graph("LogarithmicEqualizationModifier: {algorithm: smoothquant}\n")
    #expect(given.smoothing.map(\.method) == [.smoothQuant(strength: 0.5)])
  }

  @Test func magnitudePruningHappensOnceAtItsFinalSparsity() throws {
    let graph = try graph(
      "MagnitudePruningModifier: {targets: [Linear], init_sparsity: 0.05, final_sparsity: 0.6}\nConstantPruningModifier: {targets: Linear}\n"
    )
    #expect(graph.pruning.map(\.method) == [.magnitude, .constant] && !graph.needsCalibration)
    #expect(graph.pruning[0].sparsity.value == .uniform(0.6))
  }
}
