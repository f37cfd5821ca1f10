import Foundation
import Inference
import Kernels
import Models
import TestSupport
import Testing
import Vocabulary

/// Whole models against what transformers computes with them in float32.
struct LogitsTests {
  /// How far logits may be off: of order one, two to five blocks deep, sums in another order.
  private static let absoluteBudget: Float = 1e-3
  /// The same relative to the largest logit, for the small models, whose logits are recorded to the last bit.
  private static let relativeBudget: Float = 1e-4

  /// All recorded models but the one whose shape is refused.
  static let smallModels = Places.filesBelow(
    Places.fixtures(of: "Inference").appending(path: "models"),
    suffix: "safetensors"
  ).map { $0.deletingLastPathComponent().lastPathComponent }.filter { $0 != "opt-post-norm" }

  /// The members of a `reference.json` that are read here.
  private struct Reference {
    let ids: [Int32]
    let lastLogits: [Float]
    let argmax: [Int]

    init(_ file: URL, ids idsKey: String, last: String, argmax argmaxKey: String) throws {
      let object = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
      ids = try #require(object?[idsKey] as? [Int]).map { Int32($0) }
      lastLogits = try #require(object?[last] as? [Double]).map { Float($0) }
      argmax = try #require(object?[argmaxKey] as? [Int])
    }
  }

  private static func expect(_ model: LoadedModel, matches reference: Reference) throws {
    let logits = try model.logits(reference.ids)
    #expect(logits.count == reference.ids.count && !logits.isEmpty)
    #expect(logits.map(\.argmax) == reference.argmax)
    let last = try #require(logits.last)
    #expect(last.count == reference.lastLogits.count)
    let worst = zip(last, reference.lastLogits).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst <= absoluteBudget)
  }

  @Test(arguments: InstructionLevel.supported)
  func theBundledModelSpeaksAsItDoesInTransformers(level: InstructionLevel) throws {
    let folder = Places.inRepository("models/tiny-stories")
    let reference = try Reference(
      folder.appending(path: "reference.json"),
      ids: "prompt_ids",
      last: "last_logits",
      argmax: "argmax"
    )
    try Self.expect(LoadedModel(folder, on: Processor(threadCount: 2, level: level)), matches: reference)
  }

  /// `Places.shared` prints a line where the folder is missing.
  @Test(.enabled(if: Places.shared("models/stories260K") != nil, "needs shared/models/stories260K beside the checkout"))
  func theSharedModelSpeaksAsItDoesInTransformers() throws {
    let folder = try #require(Places.shared("models/stories260K"))
    let reference = try Reference(
      folder.appending(path: "reference.json"),
      ids: "logits_prompt_ids",
      last: "logits_last",
      argmax: "argmax_per_pos"
    )
    try Self.expect(LoadedModel(folder), matches: reference)
  }

  @Test(arguments: InstructionLevel.supported, smallModels)
  func eachArchitectureComputesWhatTransformersDoes(level: InstructionLevel, name: String) throws {
    let recorded = try RecordedLogits.read(name)
    let logits = try LoadedModel.small(name, on: Processor(threadCount: 2, level: level)).logits(recorded.ids)
    let expected = recorded.rows
    #expect(logits.map(\.count) == expected.map(\.count))
    let largest = try #require(expected.joined().map(\.magnitude).max())
    let worst = try #require(zip(logits.joined(), expected.joined()).map { abs($0 - $1) }.max())
    #expect(worst <= Self.relativeBudget * largest, "\(worst) of \(largest)")
  }

  /// Both factors of a product have eight bits, so each layer's outputs are off by some 2⁻⁹ of their size, and these models are a few
  /// layers deep.
  private static let roundedBudget = 0.02
  /// The same where a router that sees it may choose another expert.
  private static let routedBudget = 0.1

  @Test(arguments: InstructionLevel.supported, smallModels)
  func productsInBFloat16ComeCloseToIt(level: InstructionLevel, name: String) throws {
    let recorded = try RecordedLogits.read(name)
    let processor = Processor(threadCount: 2, level: level, products: .bfloat16)
    let model = try LoadedModel.small(name, on: processor)
    let logits = try model.logits(recorded.ids)
    let hasExperts = model.decoder.blocks.contains { $0.feedForward.experts != nil }
    var (error, energy) = (0.0, 0.0)
    for (found, expected) in zip(logits.joined(), recorded.rows.joined()) {
      error += Double(found - expected) * Double(found - expected)
      energy += Double(expected) * Double(expected)
    }
    let share = (error / energy).squareRoot()
    #expect(share > 0 && share < (hasExperts ? Self.routedBudget : Self.roundedBudget), "\(share)")
  }

  @Test(arguments: smallModels, ProductType.allCases)
  func logitsAreTheSameForAnyNumberOfThreads(name: String, products: ProductType) throws {
    let ids = try RecordedLogits.read(name).ids
    let logits = try [1, 2, 3, 5].map {
      try LoadedModel.small(name, on: Processor(threadCount: $0, products: products)).logits(ids)
    }
    #expect(logits.allSatisfy { $0 == logits[0] })
  }

  @Test func aShapeOfAFamilyThatItsDocumentDoesNotDescribeIsRefused() {
    #expect(throws: ModelError.unsupported(key: "do_layer_norm_before", value: "false", known: ["true"])) {
      try LoadedModel.small("opt-post-norm")
    }
  }

  @Test func theSmallModelsCoverTheKnownFamilies() throws {
    let families = try Self.smallModels.map { try LoadedModel.small($0).decoder.family }
    #expect(Set(families) == Set(Architecture.standard.map(\.family)))
  }

  @Test func longTextsAreScoredInRuns() throws {
    // More tokens than are scored at once; each position's logits are those of the text up to it.
    let model = try LoadedModel.small("llama")
    var generator = SeededGenerator(seed: 3)
    let ids = (0..<300).map { _ in Int32.random(in: 0..<64, using: &generator) }
    let whole = try model.logits(ids)
    let start = try model.logits(Array(ids.prefix(200)))
    #expect(whole.count == 300)
    let worst = zip(whole.prefix(200).joined(), start.joined()).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst <= Self.absoluteBudget)
  }
}
