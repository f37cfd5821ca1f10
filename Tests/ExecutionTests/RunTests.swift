import Checkpoints
import Evaluation
import Execution
import Foundation
import Inference
import JSONDocuments
import Kernels
import Models
import Planning
import Tensors
import TestSupport
import Testing
import Vocabulary

/// Whole runs on the bundled model.
struct RunTests {
  private static let model = Places.inRepository("models/tiny-stories")
  private static let vocabulary = 1024

  private static func gptq(_ fields: String) -> String {
    """
    quant_stage:
      quant_modifiers:
        GPTQModifier:
          targets: [Linear]
          \(fields)
    """
  }

  private static let recipes: [String: String] = [
    "W4A16": gptq("scheme: W4A16\n      ignore: [lm_head]"),
    "W4A16_ASYM": gptq("scheme: W4A16_ASYM\n      ignore: [lm_head]"),
    "W3A16": gptq("scheme: W3A16\n      ignore: [lm_head]"),
    "W8A8": gptq("scheme: W8A8\n      ignore: [lm_head]"),
    "FP8_DYNAMIC": gptq("scheme: FP8_DYNAMIC\n      ignore: [lm_head]"),
    "head": gptq("scheme: W8A16"),
  ]

  @Test(arguments: recipes.keys.sorted())
  func everyOutputTensorIsAsPlanned(name: String) throws {
    let trial = try Trial(
      recipe: try #require(Self.recipes[name]),
      model: Self.model,
      request: PlanRequest(samples: 4, sequenceLength: 64)
    )
    defer { trial.cleanUp() }
    let report = try trial.run(windows: windows(count: 4, length: 64, vocabulary: Self.vocabulary))
    let written = try CheckpointHeaders.read(trial.destination)
    let found = Set(written.files.flatMap { $0.header.tensors.map(\.description) })
    #expect(found == Set(trial.plan.outputs.map(\.description)))
    #expect(written.tensorByteCount == trial.plan.costs.outputBytes)
    #expect(report.layers.count == trial.plan.assignments.count)
    #expect(report.layers.allSatisfy { $0.relativeError > 0 && $0.relativeError < 0.5 && $0.tokenCount == 256 })
  }

  @Test func thePlanKnowsHowManyTokensAreTakenTogether() {
    #expect(Plan.chunkTokens == BlockWalk.chunkTokens)
  }

  @Test func aLinkThatLeadsOutOfTheModelIsNotFollowedInSilence() throws {
    let model = FileManager.default.temporaryDirectory.appendingPathComponent("linked-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: model) }
    try FileManager.default.copyItem(at: Self.model, to: model)
    try FileManager.default.createSymbolicLink(
      atPath: model.appendingPathComponent("secret.txt").path,
      withDestinationPath: "/etc/hostname"
    )
    let trial = try Trial(
      recipe: try #require(Self.recipes["W4A16"]),
      model: model,
      request: PlanRequest(samples: 2, sequenceLength: 32)
    )
    defer { trial.cleanUp() }
    let report = try trial.run(windows: windows(count: 2, length: 32, vocabulary: Self.vocabulary))
    #expect(report.filesLeftOut == ["secret.txt"])
    let written = try JSON.parse(Array(Data(contentsOf: URL(fileURLWithPath: trial.destination + "/pare-report.json"))))
    #expect(written["filesLeftOut"] == .array([.string("secret.txt")]))
    #expect(written["version"] == .string("test"))
    #expect(written["layers"]?.array?.count == 28)
  }

  @Test func aQuantizedTiedHeadStandsApartFromTheEmbedding() throws {
    let trial = try Trial(
      recipe: try #require(Self.recipes["head"]),
      model: Self.model,
      request: PlanRequest(samples: 4, sequenceLength: 64)
    )
    defer { trial.cleanUp() }
    try trial.run(windows: windows(count: 4, length: 64, vocabulary: Self.vocabulary))
    let written = try Checkpoint.open(trial.destination)
    #expect(written.headers.config["tie_word_embeddings"] == .boolean(false))
    #expect(written.tensorIfPresent("lm_head.weight_packed") != nil)
    let embedding = try written.tensor("model.embed_tokens.weight").matrix()
    #expect(embedding == (try trial.checkpoint.tensor("model.embed_tokens.weight").matrix()))
    let outline = try ModelOutline(
      config: written.headers.config,
      tensors: written.headers.tensors
    )
    let decoder = try #require(outline.decoder)
    let processor = Processor(threadCount: 2)
    let text = windows(count: 2, length: 32, vocabulary: Self.vocabulary)
    let reader = try WeightReader(written, outline: outline, processor: processor)
    let compressed = try Perplexity.measure(reader, decoder: decoder, windows: text, on: processor) { _ in }
    let plain = try WeightReader(trial.checkpoint, outline: trial.outline, processor: processor)
    let dense = try Perplexity.measure(
      plain,
      decoder: try #require(trial.outline.decoder),
      windows: text,
      on: processor
    ) { _ in }
    #expect(abs(compressed.negativeLogLikelihood - dense.negativeLogLikelihood) < 0.05)
  }

  @Test func resultsDoNotDependOnTheThreadCount() throws {
    var results: [Data] = []
    for threads in [1, 2, 5] {
      let trial = try Trial(
        recipe: try #require(Self.recipes["W4A16"]),
        model: Self.model,
        request: PlanRequest(samples: 6, sequenceLength: 96)
      )
      defer { trial.cleanUp() }
      try trial.run(windows: windows(count: 6, length: 96, vocabulary: Self.vocabulary), threads: threads)
      results.append(try Data(contentsOf: URL(fileURLWithPath: trial.destination + "/model.safetensors")))
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test func disjointModifiersOfTwoKindsShareOneSweep() throws {
    let trial = try Trial(
      recipe: """
        quant_stage:
          quant_modifiers:
            QuantizationModifier:
              targets: ["re:.*self_attn.*_proj$"]
              scheme: FP8_DYNAMIC
            GPTQModifier:
              targets: ["re:.*mlp.*_proj$"]
              scheme: W4A16
        """,
      model: Self.model,
      request: PlanRequest(samples: 4, sequenceLength: 64)
    )
    defer { trial.cleanUp() }
    let report = try trial.run(windows: windows(count: 4, length: 64, vocabulary: Self.vocabulary))
    let rounded = report.layers.filter { $0.name.contains("self_attn") }
    let compensated = report.layers.filter { $0.name.contains("mlp") }
    #expect(rounded.count == 16 && rounded.allSatisfy { $0.loss == nil })
    #expect(compensated.count == 12 && compensated.allSatisfy { ($0.loss ?? 0) > 0 })
    let config = try #require(try QuantizationConfig.read(from: CheckpointHeaders.read(trial.destination).config))
    #expect(config.groups.map(\.scheme.resolvedFormat) == [.floatQuantized, .packQuantized])
    #expect(config.format == .mixedPrecision)
  }

  @Test func anInterruptedRunLeavesNothingBehind() throws {
    let trial = try Trial(
      recipe: try #require(Self.recipes["W4A16"]),
      model: Self.model,
      request: PlanRequest(samples: 4, sequenceLength: 64)
    )
    defer { trial.cleanUp() }
    #expect(throws: ExecutionError.interrupted) {
      try trial.run(
        windows: windows(count: 4, length: 64, vocabulary: Self.vocabulary),
        isInterrupted: { true }
      )
    }
    #expect(trial.traces.isEmpty)
  }

  @Test func anIdOutsideTheEmbeddingIsNamed() throws {
    let trial = try Trial(
      recipe: try #require(Self.recipes["W4A16"]),
      model: Self.model,
      request: PlanRequest(samples: 1, sequenceLength: 3)
    )
    defer { trial.cleanUp() }
    #expect(throws: ExecutionError.tokenOutOfRange(id: 1024, vocabularySize: 1024)) {
      try trial.run(windows: [[1, 1024, 3]])
    }
    #expect(trial.traces.isEmpty)
  }

  @Test func gptqKeepsTheZerosOfAPrunedModel() throws {
    let pruned = FileManager.default.temporaryDirectory.appendingPathComponent("pruned-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: pruned) }
    try Self.writePruned(to: pruned)
    let trial = try Trial(
      recipe: try #require(Self.recipes["W4A16"]),
      model: pruned,
      request: PlanRequest(samples: 4, sequenceLength: 64)
    )
    defer { trial.cleanUp() }
    let report = try trial.run(windows: windows(count: 4, length: 64, vocabulary: Self.vocabulary))
    #expect(report.layers.allSatisfy { $0.zeroFraction >= 0.5 })
    let written = try Checkpoint.open(trial.destination)
    let scheme = try #require(try QuantizationConfig.read(from: written.headers.config)?.groups.first).scheme
    for assignment in trial.plan.assignments {
      let weight = try written.decompressedWeight(of: assignment.layer.name, scheme: scheme)
      let broken = stride(from: 0, to: weight.elements.count, by: 4)
        .count { first in weight.elements[first..<first + 4].count { $0 == 0 } < 2 }
      #expect(broken == 0, "\(assignment.layer.name)")
    }
  }

  /// The bundled model with the two smallest of every four weights of each linear layer set to zero.
  private static func writePruned(to folder: URL) throws {
    let source = try Checkpoint.open(model.path)
    let names = source.headers.tensorNames
    let writer = try CheckpointWriter(
      destination: folder.path,
      layout: SafetensorsLayout(tensors: names.compactMap { source.headers.description(of: $0) })
    )
    for name in names {
      let tensor = try source.tensor(name)
      guard name.contains("_proj") else {
        try writer.copy(tensor)
        continue
      }
      var words = tensor.elements(as: UInt16.self)
      for first in stride(from: 0, to: words.count, by: 4) {
        let small = (first..<first + 4).sorted { words[$0] & 0x7FFF < words[$1] & 0x7FFF }.prefix(2)
        for index in small { words[index] = 0 }
      }
      try words.withUnsafeBytes { try writer.write(name, bytes: $0) }
    }
    try writer.writeFile("config.json", bytes: Array(source.headers.config.serialized(.pretty).utf8))
    try writer.finish()
  }
}
