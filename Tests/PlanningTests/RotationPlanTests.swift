import Checkpoints
import Diagnostics
import Foundation
import JSONDocuments
import Models
import Planning
import Recipes
import TestSupport
import Testing
import Vocabulary

struct RotationPlanTests {
  private static func plan(_ modifier: String, on outline: ModelOutline) throws -> RotationPlan? {
    let text = "rotation_stage: {rotation_modifiers: {\(modifier)}}\n"
    let checked = Recipe.check(SourceFile(name: "recipe.yaml", text: text))
    let graph = try #require(checked.value, "\(checked.diagnostics.rendered())").stageGraph()
    return RotationPlan.resolve(try #require(graph.rotation.first), on: outline)
  }

  private static func plan(_ modifier: String) throws -> RotationPlan {
    try #require(try plan(modifier, on: BundledModel().outline()))
  }

  /// A model of three blocks whose head has weights of its own and whose heads are narrower than the stream.
  private static func threeBlocks() throws -> ModelOutline {
    var model = try BundledModel.withBlocks(3)
    model.config["tie_word_embeddings"] = .boolean(false)
    model.tensors.append(TensorDescription(name: "lm_head.weight", elementType: .bfloat16, shape: [1024, 128]))
    return try model.outline()
  }

  private static func merges(_ plan: RotationPlan, _ module: String) -> [RotationPlan.Side: [String]] {
    Dictionary(grouping: plan.merges.filter { $0.module.hasSuffix(module) }, by: \.side)
      .mapValues { $0.map { plan.matrices[$0.matrix].seedName } }
  }

  @Test func theResidualStreamIsRotatedWhereverItIsWrittenOrRead() throws {
    let plan = try Self.plan("SpinQuantModifier: {rotations: [R1]}")
    #expect(plan.matrices.map(\.seedName) == ["R1.128"] && plan.matrices[0].kind == .hadamard)
    #expect(plan.untiesHead)
    #expect(plan.merges.count == 2 + 4 * 7)
    #expect(Self.merges(plan, "embed_tokens") == [.table: ["R1.128"]])
    #expect(Self.merges(plan, "lm_head") == [.inputs: ["R1.128"]])
    for reader in ["q_proj", "k_proj", "v_proj", "gate_proj", "up_proj"] {
      #expect(Self.merges(plan, reader) == [.inputs: Array(repeating: "R1.128", count: 4)], "\(reader)")
    }
    for writer in ["o_proj", "down_proj"] {
      #expect(Self.merges(plan, writer) == [.outputs: Array(repeating: "R1.128", count: 4)], "\(writer)")
    }
    #expect(plan.foldedNorms.count == 9)
    let first = try #require(plan.foldedNorms.first)
    #expect(first.tensor == "model.layers.0.input_layernorm.weight")
    #expect(first.readers == ["q_proj", "k_proj", "v_proj"].map { "model.layers.0.self_attn.\($0)" })
    let last = try #require(plan.foldedNorms.last)
    #expect(last.tensor == "model.norm.weight" && last.readers == ["lm_head"])
    #expect(plan.transforms == TransformConfig() && plan.tensors.isEmpty)
  }

  @Test func valuesAreRotatedByHead() throws {
    let outline = try Self.threeBlocks()
    let plan = try #require(
      try Self.plan("SpinQuantModifier: {rotations: [R2], transform_block_size: 64}", on: outline)
    )
    // The block size is for the wide spaces; heads have a size of their own.
    #expect(plan.matrices.map(\.seedName) == ["R2.32"])
    #expect(plan.merges.count == 6 && plan.foldedNorms.isEmpty && !plan.untiesHead)
    #expect(Self.merges(plan, "v_proj") == [.outputs: Array(repeating: "R2.32", count: 3)])
    #expect(Self.merges(plan, "o_proj") == [.inputs: Array(repeating: "R2.32", count: 3)])
    #expect(plan.transforms.groups.isEmpty && plan.tensors.isEmpty)
  }

  @Test func eachSideOfALayerHasAMatrixOfItsSize() throws {
    let outline = try Self.threeBlocks()
    let plan = try #require(
      try Self.plan("QuIPModifier: {rotations: [u, v], ignore: [lm_head, 're:.*layers.0.*']}", on: outline)
    )
    #expect(plan.matrices.map(\.seedName) == ["v.128", "v.384", "u.128", "u.64", "u.384"])
    #expect(plan.matrices.allSatisfy { $0.kind == .randomHadamard })
    #expect(plan.merges.count == 2 * 2 * 7 && !plan.untiesHead && plan.foldedNorms.isEmpty)
    #expect(Self.merges(plan, "k_proj") == [.inputs: ["v.128", "v.128"], .outputs: ["u.64", "u.64"]])
    #expect(Self.merges(plan, "down_proj") == [.inputs: ["v.384", "v.384"], .outputs: ["u.128", "u.128"]])
    #expect(plan.tensors.map(\.matrix) == [0, 1, 2, 3, 4] && plan.tensors.allSatisfy { !$0.isInverse })
    #expect(
      plan.tensors.map(\.description)
        == [
          ("self_attn.q_proj.v_input", 128), ("mlp.down_proj.v_input", 384), ("self_attn.q_proj.u_output", 128),
          ("self_attn.k_proj.u_output", 64), ("mlp.gate_proj.u_output", 384),
        ].map { TensorDescription(name: "model.layers.1.\($0).weight", elementType: .float64, shape: [$1, $1]) }
    )
  }

  @Test func aTiedHeadThatIsRotatedGetsWeightsOfItsOwn() throws {
    let plan = try Self.plan("QuIPModifier: {rotations: [v], ignore: [], transform_block_size: 32}")
    #expect(plan.untiesHead && Self.merges(plan, "lm_head") == [.inputs: ["v.32"]])
    #expect(plan.tensors.map(\.description.name) == ["model.layers.0.self_attn.q_proj.v_input.weight"])
    #expect(try !Self.plan("QuIPModifier: {rotations: [v], transform_block_size: 32}").untiesHead)
  }

  @Test func inversesOfPlainMatricesAreStoredThemselves() throws {
    let plan = try Self.plan("QuIPModifier: {rotations: [v, u], transform_type: random-matrix}")
    #expect(plan.tensors.map(\.isInverse) == [false, false, true, true, true])
  }

  @Test func spacesOfAnUnknownModelAreNotRotated() throws {
    let outline = try BundledModel.unknown().outline()
    #expect(try Self.plan("SpinQuantModifier: {}", on: outline) == nil)
    let layers = try #require(try Self.plan("QuIPModifier: {rotations: [v], transform_block_size: 64}", on: outline))
    #expect(layers.merges.count == 28 && layers.matrices.map(\.size) == [64])
  }

  /// Recipes of `tools/oracles/checkpoints/record_transforms.py`.
  static let recorded = [
    ("quip-v", "QuIPModifier: {rotations: [v], transform_type: hadamard}"),
    ("quip-u", "QuIPModifier: {rotations: [u], transform_type: random-hadamard, transform_block_size: 32}"),
    (
      "quip-vu",
      "QuIPModifier: {rotations: [v, u], transform_type: random-matrix, ignore: [lm_head, 're:.*down_proj$']}"
    ),
    ("spinquant-r1-r2", "SpinQuantModifier: {rotations: [R1, R2], transform_type: hadamard}"),
    (
      "spinquant-r1-r2-r4",
      "SpinQuantModifier: {rotations: [R1, R2, R4], transform_type: random-hadamard, transform_block_size: 64}"
    ),
    ("spinquant-r3", "SpinQuantModifier: {rotations: [R3], transform_type: hadamard}"),
  ]

  @Test(arguments: recorded)
  func whatRemainsForTheServerIsWhatLLMCompressorWrites(name: String, modifier: String) throws {
    let fixtures = Places.fixtures(of: "Checkpoints")
    let headers = try CheckpointHeaders.read(fixtures.appending(path: "base_untied").path(percentEncoded: false))
    let outline = try ModelOutline(
      config: headers.config,
      tensors: headers.tensors
    )
    let plan = try #require(try Self.plan(modifier, on: outline))
    let folder = fixtures.appending(path: "transforms/\(name)")
    let config = try JSON.parse(Array(Data(contentsOf: folder.appending(path: "config.json"))))
    let written = try #require(try QuantizationConfig.read(from: config)).transforms
    func groups(_ config: TransformConfig) -> [TransformConfig.Group] {
      config.groups.filter(\.hasOnlinePart).sorted { $0.name < $1.name }.map { group in
        // One recipe asks for another precision, which the language leaves to the serving side.
        var group = group
        group.precision = .float64
        return group
      }
    }
    #expect(groups(plan.transforms) == groups(written))
    let stored = try String(contentsOf: folder.appending(path: "tensors.tsv"), encoding: .utf8)
    let lines = stored.split(separator: "\n").map { $0.split(separator: "\t") }
    let tensors = plan.tensors.map(\.description)
    #expect(Set(tensors.map(\.name)) == Set(lines.map { String($0[0]) }) && tensors.count == lines.count)
    let shapes = Dictionary(uniqueKeysWithValues: lines.map { (String($0[0]), String($0[2])) })
    #expect(tensors.allSatisfy { shapes[$0.name] == $0.shape.map(String.init).joined(separator: "x") })
  }
}
