import Checkpoints
import Evaluation
import Foundation
import Inference
import Kernels
import TestSupport
import Testing

struct PerplexityTests {
  /// Logits are float32 sums of a few dozen terms; the likelihood of a token is as exact.
  private static let budget = 1e-4

  private static func measure(_ model: LoadedModel, _ windows: [[Int32]]) throws -> Perplexity {
    try Perplexity.measure(model.reader, decoder: model.decoder, windows: windows, on: model.processor) { _ in }
  }

  @Test func aModelThatKnowsNothingIsAsPerplexedAsItsVocabularyIsLarge() throws {
    // A final norm of zeros makes all logits equal.
    let copy = try TemporaryCheckpoint(of: Places.fixtures(of: "Inference").appending(path: "models/llama"))
    try copy.fill("model.norm.weight", with: 0)
    let perplexity = try Self.measure(LoadedModel(copy.folder), [[1, 2, 3, 4], [5, 6], [7, 8, 9]])
    #expect(abs(perplexity.value / 64 - 1) < 1e-6)
    #expect(perplexity.tokenCount == 6 && perplexity.windowCount == 3)
  }

  @Test(arguments: LogitsTests.smallModels) func itIsThatOfTheRecordedLogits(name: String) throws {
    let recorded = try RecordedLogits.read(name)
    let expected = zip(recorded.rows, recorded.ids.dropFirst()).map { row, next in
      log(row.reduce(0.0) { $0 + exp(Double($1)) }) - Double(row[Int(next)])
    }
    let perplexity = try Self.measure(LoadedModel.small(name), [recorded.ids])
    let mean = expected.reduce(0, +) / Double(expected.count)
    #expect(abs(perplexity.negativeLogLikelihood - mean) < Self.budget * mean)
    #expect(perplexity.tokenCount == recorded.ids.count - 1)
  }

  @Test func windowsStandAlone() throws {
    let model = try LoadedModel.small("qwen2")
    let ids = try RecordedLogits.read("qwen2").ids
    let windows = [Array(ids[0..<15]), Array(ids[15..<17]), Array(ids[17...])]
    let apart = try windows.map { try Self.measure(model, [$0]) }
    let together = try Self.measure(model, windows)
    let mean =
      apart.reduce(0) { $0 + $1.negativeLogLikelihood * Double($1.tokenCount) }
      / Double(apart.reduce(0) { $0 + $1.tokenCount })
    #expect(abs(together.negativeLogLikelihood - mean) < Self.budget * mean)
    #expect(together.tokenCount == ids.count - 3)
  }

  @Test func eachBlockIsReported() throws {
    let model = try LoadedModel.small("llama")
    var done: [Int] = []
    _ = try Perplexity.measure(model.reader, decoder: model.decoder, windows: [[1, 2]], on: model.processor) {
      done.append($0)
    }
    #expect(done == [1, 2])
  }
}
