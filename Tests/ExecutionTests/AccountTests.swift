import Checkpoints
import Execution
import Foundation
import JSONDocuments
import Models
import Planning
import TestSupport
import Testing
import Vocabulary

/// What becomes of the tensors of the input, and of the files that hold them.
struct AccountTests {
  private static let recipes = [
    "QuantizationModifier: {scheme: W4A16, targets: [Linear], ignore: [lm_head]}",
    "QuantizationModifier: {scheme: W8A16, targets: [Linear]}",
    "QuantizationModifier: {scheme: W8A16, targets: [Embedding]}",
    "MagnitudePruningModifier: {init_sparsity: 0, final_sparsity: 0.5, targets: ['re:.*mlp.*_proj']}",
    "SpinQuantModifier: {rotations: [R1, R2]}",
    "SmoothQuantModifier: {smoothing_strength: 0.5}",
  ]

  private static func text(_ modifier: String) -> String { "work_stage: {work_modifiers: {\(modifier)}}\n" }

  @Test(arguments: recipes) func everyTensorOfTheInputHasAFate(modifier: String) throws {
    let trial = try Trial(
      recipe: Self.text(modifier),
      model: BundledText.model,
      request: PlanRequest(samples: 2, sequenceLength: 64)
    )
    defer { trial.cleanUp() }
    let report = try trial.run(windows: windows(count: 2, length: 64, vocabulary: 1024))
    let account = report.account
    #expect(account.readCount == trial.headers.tensorNames.count)
    #expect(
      account.readCount
        == account.copiedCount + account.rewrittenCount + account.compressedCount + account.dropped.count
    )
    #expect(account.compressedCount + account.rewrittenCount > 0)
  }

  @Test func aTensorThatThePlanDoesNotKnowEndsTheRun() throws {
    let trial = try Trial(recipe: Self.text(Self.recipes[0]), model: BundledText.model)
    defer { trial.cleanUp() }
    let known = try trial.headers.tensorNames.map { name in
      let tensor = try trial.checkpoint.tensor(name)
      return MadeCheckpoint.Floats(name: name, shape: tensor.description.shape, values: try tensor.floats())
    }
    let stranger = MadeCheckpoint.Floats(name: "model.stranger.weight", shape: [2], values: [1, 2])
    let other = try MadeCheckpoint(config: trial.headers.config, tensors: known + [stranger])
    let source = try Checkpoint.open(other.folder.path(percentEncoded: false))
    #expect(throws: ExecutionError.unaccounted(["model.stranger.weight"])) { try trial.run(on: source) }
    #expect(trial.traces.isEmpty)
  }

  @Test func aHeadThatTheConfigDeniesIsDroppedAndSaidToBe() throws {
    let source = Places.fixtures(of: "Checkpoints").appending(path: "base_untied")
    let model = try MadeCheckpoint(copying: source, leavingOut: []) { $0["tie_word_embeddings"] = .boolean(true) }
    let trial = try Trial(recipe: Self.text(Self.recipes[0]), model: model.folder)
    defer { trial.cleanUp() }
    let account = try trial.run().account
    #expect(account.dropped.map(\.name) == ["lm_head.weight"])
    #expect(account.readCount == 21 && account.compressedCount == 14 && account.copiedCount == 6)
    #expect(try Checkpoint.open(trial.destination).tensorIfPresent("lm_head.weight") == nil)
  }

  @Test func theIndexOfSeveralFilesNamesEveryTensor() throws {
    let trial = try Trial(
      recipe: "output: {shard_size: 200KB}\n" + Self.text(Self.recipes[0]),
      model: BundledText.model
    )
    defer { trial.cleanUp() }
    try trial.run()
    let written = try CheckpointHeaders.read(trial.destination)
    #expect(written.files.count > 3)
    #expect(Set(written.tensorNames) == Set(trial.plan.outputs.map(\.description.name)))
    for file in written.files where file.header.tensors.count > 1 {
      #expect(file.header.tensors.map(\.description.byteCount).reduce(0, +) <= 200_000)
    }
    let path = URL(fileURLWithPath: trial.destination).appending(path: "model.safetensors.index.json")
    let index = try JSON.parse(Array(Data(contentsOf: path)))
    #expect(index["weight_map"]?.object?.count == written.tensorNames.count)
    #expect(index["metadata"]?["total_size"]?.int == trial.plan.costs.outputBytes)
    let whole = try Trial(recipe: Self.text(Self.recipes[0]), model: BundledText.model)
    defer { whole.cleanUp() }
    try whole.run()
    let (parts, one) = (try Checkpoint.open(trial.destination), try Checkpoint.open(whole.destination))
    for name in written.tensorNames {
      let equal = try parts.tensor(name).withBytes { first in
        try one.tensor(name).withBytes { second in first.elementsEqual(second) }
      }
      #expect(equal, "\(name)")
    }
  }
}
