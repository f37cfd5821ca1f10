import Checkpoints
import Diagnostics
import Execution
import Foundation
import JSONDocuments
import Kernels
import Models
import Modifiers
import Planning
import Recipes
import Tensors
import TestSupport
import Testing
import Vocabulary

/// A recipe, a model and a place for the result.
struct Trial {
  let headers: CheckpointHeaders
  let checkpoint: Checkpoint
  let outline: ModelOutline
  let plan: Plan
  let recipe: SourceFile
  let folder: URL

  var destination: String { folder.appendingPathComponent("out").path }

  init(recipe text: String, model: URL, request: PlanRequest = PlanRequest()) throws {
    recipe = SourceFile(name: "recipe.yaml", text: text)
    let checked = Recipe.check(recipe)
    let valid = try #require(checked.value, "\(checked.diagnostics.rendered())")
    headers = try CheckpointHeaders.read(model.path)
    checkpoint = try Checkpoint.open(headers)
    outline = try ModelOutline(config: headers.config, tensors: headers.tensors)
    let planned = Plan.make(valid, on: outline, request: request)
    plan = try #require(planned.value, "\(planned.diagnostics.rendered())")
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("pare-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Runs the plan, on the model that it was made for unless another is given; the result stands at `destination`.
  ///
  /// Products are of floats unless another type or processor is given, so that theory holds to the last digits.
  @discardableResult
  func run(
    on source: Checkpoint? = nil,
    windows: [[Int32]] = [],
    arithmetic: Arithmetic = .float32,
    threads: Int = 2,
    products: ProductType = .float32,
    processor: Processor? = nil,
    keepsActivationsInFiles: Bool = false,
    version: String = "test",
    resumes: Bool = false,
    histogramLayers: Set<String> = [],
    destination: String? = nil,
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) throws -> RunReport {
    try plan.run(
      on: source ?? checkpoint,
      outline: outline,
      windows: windows,
      destination: destination ?? self.destination,
      options: RunOptions(
        processor: processor ?? Processor(threadCount: threads, products: products),
        arithmetic: arithmetic,
        version: version,
        recipe: recipe.bytes,
        resumes: resumes,
        journalPause: .zero,
        keepsActivationsInFiles: keepsActivationsInFiles,
        histogramLayers: histogramLayers,
        isInterrupted: isInterrupted,
        progress: { _ in }
      )
    )
  }

  /// The weight of a layer as the result's server computes with it.
  func weight(of assignment: Assignment) throws -> Matrix {
    try Checkpoint.open(destination)
      .decompressedWeight(of: assignment.layer.name, scheme: plan.groups[assignment.group].scheme)
  }

  /// Removes everything that the trial made.
  func cleanUp() { try? FileManager.default.removeItem(at: folder) }

  /// Names of everything in the folder that the result appears in.
  var traces: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] }
}

/// Deterministic token ids that look like text to no one.
func windows(count: Int, length: Int, vocabulary: Int) -> [[Int32]] {
  var state: UInt64 = 0x9E37_79B9_7F4A_7C15
  return (0..<count).map { _ in
    (0..<length).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int32(truncatingIfNeeded: (state >> 33) % UInt64(vocabulary))
    }
  }
}
