import Foundation
import Kernels
import TestSupport
import Testing

struct AttentionTests {
  /// One sequence.
  struct Case: Sendable, CustomTestStringConvertible {
    let tokens: Int
    let shape: AttentionShape
    var testDescription: String {
      "\(tokens) tokens, \(shape.queryHeads)/\(shape.keyHeads) heads of \(shape.dimension)"
    }
  }

  /// Lengths around the tile of 128 tokens; heads of their own, in groups, and all sharing one.
  static let cases = [1, 2, 17, 127, 128, 129, 257].flatMap { tokens in
    [(4, 2, 8), (3, 3, 6), (4, 1, 32)].map { query, key, dimension in
      Case(tokens: tokens, shape: AttentionShape(queryHeads: query, keyHeads: key, dimension: dimension))
    }
  }

  @Test(arguments: InstructionLevel.supported, cases)
  func headsGatherWhatTheFormulaSays(level: InstructionLevel, sequence: Case) {
    var generator = SeededGenerator(seed: UInt64(sequence.tokens))
    let shape = sequence.shape
    let query = generator.floats(sequence.tokens * shape.queryHeads * shape.dimension, in: -2...2)
    let key = generator.floats(sequence.tokens * shape.keyHeads * shape.dimension, in: -2...2)
    let value = generator.floats(sequence.tokens * shape.keyHeads * shape.dimension)
    let expected = Self.attention(query, key, value, sequence)
    let gathered = Trial.result(level) { processor in
      .written(query.count) {
        processor.attend(
          query: query,
          key: key,
          value: value,
          tokens: sequence.tokens,
          shape: shape,
          scores: Self.scores(shape),
          into: $0
        )
      }
    }
    // A score is a sum of `dimension` products up to 4, divided by √dimension; its error is the relative error of its
    // exponential. Sums over the tokens seen and the exponentials add theirs. Values are at most one.
    let score = 4 * Double(shape.dimension).squareRoot() * Double(shape.dimension)
    let budget = (score + 2 * Double(sequence.tokens) + 16) * Trial.roundoff
    #expect(excess(of: gathered, over: expected) { _ in budget } <= 1)
  }

  @Test func aTokenSeesNothingBehindIt() {
    var generator = SeededGenerator(seed: 9)
    let shape = AttentionShape(queryHeads: 2, keyHeads: 1, dimension: 4)
    let tokens = 150
    let query = generator.floats(tokens * 8)
    let key = generator.floats(tokens * 4)
    var value = generator.floats(tokens * 4)
    func gathered() -> [Float] {
      .written(query.count) {
        Processor(threadCount: 2)
          .attend(query: query, key: key, value: value, tokens: tokens, shape: shape, scores: Self.scores(shape), into: $0)
      }
    }
    let before = gathered()
    for place in 140 * 4..<tokens * 4 { value[place] += 100 }
    let after = gathered()
    #expect(before[..<(140 * 8)] == after[..<(140 * 8)])
    #expect(zip(before[(140 * 8)...], after[(140 * 8)...]).allSatisfy { $0 != $1 })
  }

  @Test func scoresMayBeFarApart() {
    // The second token's own score is 800 above that of the first: all weight is on one of them.
    let query: [Float] = [0, 0, 40, 0]
    let key: [Float] = [0, 0, 28.284_27, 0]
    let shape = AttentionShape(queryHeads: 1, keyHeads: 1, dimension: 2)
    let out = [Float].written(4) {
      Processor(threadCount: 1).attend(query: query, key: key, value: [1, 2, 3, 4], tokens: 2, shape: shape, scores: Self.scores(shape), into: $0)
    }
    #expect(out == [1, 2, 3, 4])
  }

  private static func scores(_ shape: AttentionShape) -> AttentionScores {
    AttentionScores(factor: 1 / Float(shape.dimension).squareRoot())
  }

  private static func attention(_ query: [Float], _ key: [Float], _ value: [Float], _ sequence: Case) -> [Double] {
    let shape = sequence.shape
    let (queryWidth, keyWidth) = (shape.queryHeads * shape.dimension, shape.keyHeads * shape.dimension)
    var out = [Double](repeating: 0, count: query.count)
    for token in 0..<sequence.tokens {
      for head in 0..<shape.queryHeads {
        let keyHead = head * shape.keyHeads / shape.queryHeads
        let scores = (0...token).map { other in
          (0..<shape.dimension).reduce(0.0) { sum, channel in
            let left = Double(query[token * queryWidth + head * shape.dimension + channel])
            return sum + left * Double(key[other * keyWidth + keyHead * shape.dimension + channel])
          } / Double(shape.dimension).squareRoot()
        }
        let weights = scores.map { exp($0) }
        let total = weights.reduce(0, +)
        for channel in 0..<shape.dimension {
          out[token * queryWidth + head * shape.dimension + channel] = (0...token).reduce(0.0) { sum, other in
            sum + weights[other] / total * Double(value[other * keyWidth + keyHead * shape.dimension + channel])
          }
        }
      }
    }
    return out
  }
}
