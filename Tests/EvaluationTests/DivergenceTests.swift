import Evaluation
import Foundation
import Inference
import Kernels
import TestSupport
import Testing

struct DivergenceTests {
  /// Windows of random tokens, more of them than a head scores at once.
  private static func windows() -> [[Int32]] {
    var generator = SeededGenerator(seed: 11)
    return [180, 2, 150, 33].map { length in (0..<length).map { _ in Int32.random(in: 0..<64, using: &generator) } }
  }

  private static func measure(_ model: String, against reference: String, threads: Int = 2) throws -> Divergence {
    let processor = Processor(threadCount: threads)
    return try Divergence.measure(
      ReadableModel.small(model).runnable(on: processor),
      against: ReadableModel.small(reference).runnable(on: processor),
      windows: windows(),
      on: processor
    ) { _ in }
  }

  @Test func aModelIsNoDistanceFromItself() throws {
    let found = try Self.measure("llama", against: "llama")
    #expect([found.mean, found.median, found.percentile99, found.maximum] == [0, 0, 0, 0])
    #expect(found.agreementFraction == 1 && found.overlapFraction == 1)
    #expect(found.model == found.reference && found.perplexityRatio == 1)
    #expect(found.model.tokenCount == Self.windows().map { $0.count - 1 }.reduce(0, +))
    #expect(found.model.windowCount == 4)
  }

  @Test func itIsThatOfThePlainFormulasOverTheLogitsOfBoth() throws {
    let processor = Processor(threadCount: 2)
    let windows = Self.windows()
    let rows = try ["mistral", "llama"].map { name in
      let model = try ReadableModel.small(name).runnable(on: processor)
      let readout = try Readout(of: model, over: windows, on: processor) { _ in }
      var rows: [[Double]] = []
      readout.head.forEachLogits(of: readout.hidden.start, tokens: windows.map(\.count).reduce(0, +)) {
        _,
        count,
        logits in
        for row in 0..<count {
          let scores = (0..<64).map { Double(logits[row * 64 + $0]) }
          let sum = log(scores.reduce(0) { $0 + exp($1) })
          rows.append(scores.map { $0 - sum })
        }
      }
      return rows
    }
    // The last token of each window predicts nothing that is known.
    let ends = windows.indices.map { windows[...$0].map(\.count).reduce(0, +) - 1 }
    let places = rows[0].indices.filter { !ends.contains($0) }
    let divergences = places.map { place in
      zip(rows[1][place], rows[0][place]).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    }
    let agreeing = places.count { place in
      rows.map { rows in rows[place].indices.max { rows[place][$0] < rows[place][$1] } }.allSatisfy { index in
        index == rows[0][place].indices.max { rows[0][place][$0] < rows[0][place][$1] }
      }
    }
    let found = try Self.measure("mistral", against: "llama")
    let sorted = divergences.sorted()
    #expect(places.count == 361)
    #expect(abs(found.mean / (divergences.reduce(0, +) / 361) - 1) < 1e-9)
    #expect(abs(found.median / sorted[180] - 1) < 1e-9, "the middle one")
    #expect(abs(found.percentile99 / sorted[357] - 1) < 1e-9, "358 of 361 have at most this")
    #expect(abs(found.maximum / sorted[360] - 1) < 1e-9)
    #expect(found.agreementFraction == Double(agreeing) / 361)
    #expect(0 < found.overlapFraction && found.overlapFraction < 1)
  }

  @Test func bothPerplexitiesAreThoseMeasuredAlone() throws {
    let found = try Self.measure("mistral", against: "llama")
    for (name, perplexity) in [("mistral", found.model), ("llama", found.reference)] {
      let processor = Processor(threadCount: 2)
      let model = try ReadableModel.small(name).runnable(on: processor)
      let alone = try Perplexity.measure(model.reader, decoder: model.decoder, windows: Self.windows(), on: processor) {
        _ in
      }
      #expect(abs(perplexity.value / alone.value - 1) < 1e-12)
      #expect(perplexity.tokenCount == alone.tokenCount)
    }
    #expect(found.perplexityRatio == found.model.value / found.reference.value)
  }

  @Test func itIsTheSameForAnyNumberOfThreads() throws {
    let found = try [1, 2, 3, 5].map { try Self.measure("qwen2", against: "llama", threads: $0) }
    #expect(found.allSatisfy { $0 == found[0] })
    #expect(found[0].mean > 0)
  }

  @Test func eachBlockOfBothIsReported() throws {
    let processor = Processor(threadCount: 1)
    let model = try ReadableModel.small("llama").runnable(on: processor)
    var done: [Int] = []
    _ = try Divergence.measure(model, against: model, windows: [[1, 2]], on: processor) { done.append($0) }
    #expect(done == [1, 2, 3, 4])
  }
}
