import Foundation
import Kernels
import Tensors
import TestSupport
import Testing
import Vocabulary

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

  /// Levels with each type of product.
  static let ways = InstructionLevel.supported.flatMap { level in ProductType.allCases.map { (level, $0) } }

  /// Inputs that both types of product take as they are; what they differ in is the softmax, which bfloat16 rounds.
  private static func inputs(_ floats: [Float]) -> [Float] { floats.map(BFloat16.rounded) }

  /// What a softmax and an output rounded to bfloat16 may be off by, values being at most one.
  private static func rounding(_ products: ProductType) -> Double { products == .bfloat16 ? 0x1p-7 : 0 }

  @Test(arguments: ways, cases)
  func headsGatherWhatTheFormulaSays(way: (InstructionLevel, ProductType), sequence: Case) {
    let (level, products) = way
    var generator = SeededGenerator(seed: UInt64(sequence.tokens))
    let shape = sequence.shape
    let query = Self.inputs(generator.floats(sequence.tokens * shape.queryHeads * shape.dimension, in: -2...2))
    let key = Self.inputs(generator.floats(sequence.tokens * shape.keyHeads * shape.dimension, in: -2...2))
    let value = Self.inputs(generator.floats(sequence.tokens * shape.keyHeads * shape.dimension))
    let expected = Self.attention(query, key, value, sequence)
    let gathered = Trial.result(level, products: products) { processor in
      Self.gathered(
        on: processor,
        query: query,
        key: key,
        value: value,
        sequences: [sequence.tokens],
        shape: shape,
        scores: Self.scores(shape)
      )
    }
    // A score is a sum of `dimension` products up to 4, divided by √dimension; its error is the relative error of its
    // exponential. Sums over the tokens seen and the exponentials add theirs. Values are at most one.
    let score = 4 * Double(shape.dimension).squareRoot() * Double(shape.dimension)
    let budget = 2 * (score + 2 * Double(sequence.tokens) + 16) * Trial.roundoff + Self.rounding(products)
    #expect(excess(of: gathered, over: expected) { _ in budget } <= 1)
  }

  @Test(arguments: ProductType.allCases) func aTokenSeesNothingBehindIt(products: ProductType) {
    var generator = SeededGenerator(seed: 9)
    let shape = AttentionShape(queryHeads: 2, keyHeads: 1, dimension: 4)
    let tokens = 150
    let query = generator.floats(tokens * 8)
    let key = generator.floats(tokens * 4)
    var value = generator.floats(tokens * 4)
    func gathered() -> [Float] {
      Self.gathered(
        on: Processor(threadCount: 2, products: products),
        query: query,
        key: key,
        value: value,
        sequences: [tokens],
        shape: shape,
        scores: Self.scores(shape)
      )
    }
    let before = gathered()
    for place in 140 * 4..<tokens * 4 { value[place] += 100 }
    let after = gathered()
    #expect(before[..<(140 * 8)] == after[..<(140 * 8)])
    #expect(zip(before[(140 * 8)...], after[(140 * 8)...]).allSatisfy { $0 != $1 })
  }

  @Test(arguments: ways) func sequencesDoNotSeeEachOther(way: (InstructionLevel, ProductType)) {
    let (level, products) = way
    var generator = SeededGenerator(seed: 12)
    let shape = AttentionShape(queryHeads: 4, keyHeads: 2, dimension: 6, valueDimension: 50)
    let lengths = [3, 1, 130, 49]
    let tokens = lengths.reduce(0, +)
    let query = generator.floats(tokens * shape.queryHeads * 6)
    let key = generator.floats(tokens * shape.keyHeads * 6)
    let value = generator.floats(tokens * shape.keyHeads * 50)
    let together = Trial.result(level, products: products) { processor in
      Self.gathered(
        on: processor,
        query: query,
        key: key,
        value: value,
        sequences: lengths,
        shape: shape,
        scores: Self.scores(shape)
      )
    }
    var first = 0
    var apart: [Float] = []
    for length in lengths {
      let range = first..<first + length
      apart += Self.gathered(
        on: Processor(threadCount: 1, level: level, products: products),
        query: Array(query[range.lowerBound * 24..<range.upperBound * 24]),
        key: Array(key[range.lowerBound * 12..<range.upperBound * 12]),
        value: Array(value[range.lowerBound * 100..<range.upperBound * 100]),
        sequences: [length],
        shape: shape,
        scores: Self.scores(shape)
      )
      first += length
    }
    #expect(together == apart)
  }

  /// A window, a cap, a bias, values of another width, and all of them.
  struct Variant: Sendable, CustomTestStringConvertible {
    var window: Int?
    var softCap: Float?
    var hasBias = false
    var valueDimension = 8
    var testDescription: String {
      "window \(window ?? 0), cap \(softCap ?? 0), bias \(hasBias), values of \(valueDimension)"
    }
  }

  static let variants = [
    Variant(window: 1), Variant(window: 5), Variant(window: 128), Variant(window: 300), Variant(softCap: 3),
    Variant(hasBias: true), Variant(valueDimension: 6),
    Variant(window: 40, softCap: 2, hasBias: true, valueDimension: 12),
  ]

  @Test(arguments: ways, variants)
  func scoresAreCappedBiasedAndWindowedAsTheFormulaSays(way: (InstructionLevel, ProductType), variant: Variant) {
    let (level, products) = way
    var generator = SeededGenerator(seed: 31)
    let tokens = 261
    let shape = AttentionShape(queryHeads: 4, keyHeads: 2, dimension: 8, valueDimension: variant.valueDimension)
    let query = Self.inputs(generator.floats(tokens * 4 * 8, in: -2...2))
    let key = Self.inputs(generator.floats(tokens * 2 * 8, in: -2...2))
    let value = Self.inputs(generator.floats(tokens * 2 * variant.valueDimension))
    let bias = generator.floats(4 * (tokens + 3), in: -2...2)
    let factor: Float = 0.37
    let table = FloatBuffer(count: bias.count)
    table.start.update(from: bias, count: bias.count)
    var expected = [Double](repeating: 0, count: tokens * 4 * variant.valueDimension)
    for token in 0..<tokens {
      for head in 0..<4 {
        let first = variant.window.map { max(0, token + 1 - $0) } ?? 0
        let weights = (first...token).map { other in
          var score =
            (0..<8).reduce(0.0) { sum, channel in
              sum + Double(query[(token * 4 + head) * 8 + channel]) * Double(key[(other * 2 + head / 2) * 8 + channel])
            } * Double(factor)
          if let cap = variant.softCap { score = Double(cap) * tanh(score / Double(cap)) }
          return exp(score + (variant.hasBias ? Double(bias[head * (tokens + 3) + other]) : 0))
        }
        let total = weights.reduce(0, +)
        for channel in 0..<variant.valueDimension {
          expected[(token * 4 + head) * variant.valueDimension + channel] = zip(first...token, weights)
            .reduce(0.0) { $0 + $1.1 / total * Double(value[($1.0 * 2 + head / 2) * variant.valueDimension + channel]) }
        }
      }
    }
    let gathered = Trial.result(level, products: products) { processor in
      Self.gathered(
        on: processor,
        query: query,
        key: key,
        value: value,
        sequences: [tokens],
        shape: shape,
        scores: AttentionScores(
          factor: factor,
          softCap: variant.softCap,
          window: variant.window,
          bias: variant.hasBias ? table : nil,
          biasWidth: tokens + 3
        )
      )
    }
    // As above; the cap's tangent is within a few units of one.
    let budget = 2 * (32 * Double(factor) * 8 + 2 * Double(tokens) + 64) * Trial.roundoff + Self.rounding(products)
    #expect(excess(of: gathered, over: expected) { _ in budget } <= 1)
  }

  @Test(arguments: ProductType.allCases) func scoresMayBeFarApart(products: ProductType) {
    // The second token's own score is 800 above that of the first: all weight is on one of them.
    let query: [Float] = [0, 0, 40, 0]
    let key: [Float] = [0, 0, 28.284_27, 0]
    let shape = AttentionShape(queryHeads: 1, keyHeads: 1, dimension: 2)
    let out = Self.gathered(
      on: Processor(threadCount: 1, products: products),
      query: query,
      key: key,
      value: [1, 2, 3, 4],
      sequences: [2],
      shape: shape,
      scores: Self.scores(shape)
    )
    #expect(out == [1, 2, 3, 4])
  }

  /// What the heads gather, as floats.
  private static func gathered(
    on processor: Processor,
    query: [Float],
    key: [Float],
    value: [Float],
    sequences: [Int],
    shape: AttentionShape,
    scores: AttentionScores
  ) -> [Float] {
    let tokens = sequences.reduce(0, +)
    let columns = shape.queryHeads * shape.valueDimension
    let buffer = FloatBuffer(zeros: tokens * processor.products.words(ofRow: columns))
    let out = LayerInput(buffer.start, columns: columns, type: processor.products)
    processor.attend(
      query: query,
      key: key,
      value: value,
      sequences: sequences,
      shape: shape,
      scores: scores,
      into: out
    )
    let floats = processor.floats(of: out, tokenCount: tokens)
    return withExtendedLifetime(buffer) { Array(floats[0..<floats.count]) }
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
