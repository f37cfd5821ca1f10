import Inference
import TestSupport
import Testing

struct ChunkTests {
  static let lists: [[Int]] = {
    var generator = SeededGenerator(seed: 23)
    let random = (1...20).map { count in
      (0..<count).map { _ in Int.random(in: 1...90, using: &generator) }
    }
    return [[], [1], [100], [99, 1], [100, 100], [250, 1, 1], Array(repeating: 1, count: 250)] + random
  }()

  @Test(arguments: lists, [1, 64, 100]) func sequencesAreCutIntoRunsOfWholeOnes(sequences: [Int], tokens: Int) {
    let chunks = Chunk.chunks(of: sequences, tokens: tokens)
    #expect(chunks.flatMap(\.sequences) == sequences)
    var first = 0
    for chunk in chunks {
      #expect(chunk.first == first)
      #expect(chunk.tokens == chunk.sequences.reduce(0, +) && chunk.tokens > 0)
      // No chunk goes on once it is full, and none but the last ends before.
      #expect(chunk.tokens - (chunk.sequences.last ?? 0) < tokens)
      #expect(chunk == chunks.last || chunk.tokens >= tokens)
      first += chunk.tokens
    }
  }
}
