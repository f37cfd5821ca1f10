import Evaluation
import Foundation
import TestSupport
import Testing

struct TokenDivergenceTests {
  /// Sums of float64 in another order, over distributions whose logarithms are of order ten.
  private static let budget = 1e-12

  private static func compare(_ model: [Float], from reference: [Float]) -> TokenDivergence {
    model.withUnsafeBufferPointer { model in
      reference.withUnsafeBufferPointer { TokenDivergence(of: model, from: $0) }
    }
  }

  /// `Σ p·log(p/q)`, as it is written.
  private static func plain(_ model: [Float], from reference: [Float]) -> Double {
    func distribution(_ logits: [Float]) -> [Double] {
      let likelihoods = logits.map { exp(Double($0)) }
      return likelihoods.map { $0 / likelihoods.reduce(0, +) }
    }
    return zip(distribution(reference), distribution(model)).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
  }

  @Test(
    arguments: [
      // p = (½, ½), q = (¾, ¼): ½·log(⅔) + ½·log 2
      (model: [3, 1], reference: [1, 1], expected: 0.5 * log(2.0 / 3) + 0.5 * log(2.0)),
      // p = (¾, ¼), q = (½, ½)
      (model: [1, 1], reference: [3, 1], expected: 0.75 * log(1.5) + 0.25 * log(0.5)),
      // p = (1, 2, 3, 4)/10, q uniform
      (
        model: [1, 1, 1, 1], reference: [1, 2, 3, 4],
        expected: 0.1 * log(0.4) + 0.2 * log(0.8) + 0.3 * log(1.2) + 0.4 * log(1.6)
      ),
    ] as [(model: [Double], reference: [Double], expected: Double)]
  )
  func distributionsKnownByHandHaveTheDivergenceComputedByHand(
    model: [Double],
    reference: [Double],
    expected: Double
  ) {
    let found = Self.compare(model.map { Float(log($0)) }, from: reference.map { Float(log($0)) })
    // Logarithms are rounded to float32 first.
    #expect(abs(found.divergence - expected) < 1e-7)
  }

  @Test(arguments: [2, 5, 64, 1000]) func itIsThatOfThePlainFormula(vocabulary: Int) {
    var generator = SeededGenerator(seed: UInt64(vocabulary))
    for spread: Float in [0.01, 1, 8] {
      let reference = generator.floats(vocabulary, in: -spread...spread)
      let model = generator.floats(vocabulary, in: -spread...spread)
      let found = Self.compare(model, from: reference)
      #expect(abs(found.divergence - Self.plain(model, from: reference)) < Self.budget)
      #expect(found.divergence > 0)
    }
  }

  @Test func aRowIsNoDistanceFromItself() {
    var generator = SeededGenerator(seed: 9)
    let row = generator.floats(1000, in: -20...20)
    let found = Self.compare(row, from: row)
    #expect(found.divergence == 0 && found.agrees && found.overlap == 1)
  }

  @Test func scoresThatAllRiseByOneNumberSayTheSame() {
    let row: [Float] = [0, 1, 2, 3, 4, 5, 6, 7]
    for rise: Float in [-1024, 512] {
      let found = Self.compare(row.map { $0 + rise }, from: row)
      #expect(abs(found.divergence) < Self.budget && found.agrees && found.overlap == 1)
    }
  }

  @Test func largeScoresDoNotOverflow() {
    let found = Self.compare([1000, 0], from: [0, 1000])
    #expect(abs(found.divergence - 1000) < 1e-9 && !found.agrees)
  }

  @Test func scoresThatAreNoNumbersAreNoAgreement() {
    #expect(Self.compare([.nan, 0], from: [1, 0]).divergence.isNaN)
    #expect(Self.compare([1, 0], from: [.nan, 0]).divergence.isNaN)
  }

  @Test func whatBothHoldForImpossibleAddsNothing() {
    let masked = Self.compare([log(3), 0, -.infinity], from: [0, 0, -.infinity])
    #expect(abs(masked.divergence - (0.5 * log(2.0 / 3) + 0.5 * log(2.0))) < 1e-7)
    #expect(Self.compare([0, -.infinity], from: [0, 0]).divergence == .infinity)
  }

  @Test func theMostLikelyTokensAreCounted() {
    let reference: [Float] = [9, 8, 7, 6, 5, 4, 3, 2]
    let found = Self.compare([8, 9, 0, 1, 7, 6, 5, 2], from: reference)
    // The first five of each are 0, 1, 2, 3, 4 and 1, 0, 4, 5, 6.
    #expect(!found.agrees && found.overlap == 3.0 / 5)
    #expect(Self.compare([1, 0, 0], from: [2, 1, 0]).overlap == 1, "a small vocabulary is all among the first")
    #expect(Self.compare([1, 1, 0], from: [1, 1, 0]).agrees, "of equal scores the first counts")
    #expect(!Self.compare([1, 1, 0], from: [0, 1, 0]).agrees)
  }
}
