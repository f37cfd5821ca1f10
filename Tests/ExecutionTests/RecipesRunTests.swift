import Checkpoints
import Foundation
import Planning
import TestSupport
import Testing

/// The recipes that come with Pare, on the bundled model.
struct RecipesRunTests {
  static let recipes = Places.files(in: Places.inRepository("recipes"), suffix: "yaml")

  @Test func thereAreRecipes() { #expect(Self.recipes.count >= 9) }

  @Test(arguments: recipes) func everyBundledRecipeRuns(file: URL) throws {
    let trial = try BundledText.run(String(contentsOf: file, encoding: .utf8), samples: 8)
    defer { trial.cleanUp() }
    let written = try Checkpoint.open(trial.destination)
    let found = Set(written.headers.tensors)
    #expect(found == Set(trial.plan.outputs.map(\.description)))
    let dense = try BundledText.perplexity(of: trial.checkpoint)
    let compressed = try BundledText.perplexity(of: written)
    let isPruned = !trial.plan.prunings.isEmpty
    #expect(compressed < (isPruned ? 3 : 1.3) * dense, "\(file.lastPathComponent): \(dense) became \(compressed)")
  }
}
