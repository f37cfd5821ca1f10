import Evaluation
import Foundation
import Kernels
import Tensors
import TestSupport
import Testing
import Vocabulary

struct WeightDifferenceTests {
  /// Sums of float64 in another order differ by this much at most, relatively.
  private static let budget = 1e-12

  private static func matrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    return Matrix(rowCount: rows, columnCount: columns, elements: generator.floats(rows * columns))
  }

  private static func census(_ rows: [[Float]]) -> ZeroCensus {
    rows.flatMap(\.self).withUnsafeBufferPointer { ZeroCensus($0, columns: rows[0].count) }
  }

  @Test(arguments: [(1, 1), (1, 7), (3, 64), (700, 128), (129, 1000), (2, 70000)])
  func errorAndRatioAreThoseOfThePlainFormulas(rows: Int, columns: Int) {
    let (one, other) = (Self.matrix(rows, columns, seed: 1), Self.matrix(rows, columns, seed: 2))
    let pairs = zip(one.elements, other.elements).map { (Double($0), Double($1)) }
    let error = pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let energy = pairs.reduce(0) { $0 + $1.0 * $1.0 }
    let found = WeightDifference(from: one, to: other, on: Processor(threadCount: 2))
    #expect(found.count == rows * columns)
    #expect(abs(found.relativeError / (error / energy).squareRoot() - 1) < Self.budget)
    #expect(abs(found.signalToNoise - 10 * log10(energy / error)) < 1e-9)
    #expect(!found.isEqual)
  }

  @Test func sumsAreTheSameForAnyNumberOfThreads() {
    let (one, other) = (Self.matrix(1000, 300, seed: 3), Self.matrix(1000, 300, seed: 4))
    let found = [1, 2, 3, 5].map { WeightDifference(from: one, to: other, on: Processor(threadCount: $0)) }
    #expect(found.allSatisfy { $0 == found[0] })
    #expect(found[0].errorEnergy > 0)
  }

  @Test func equalMatricesHaveNoErrorAndAnInfiniteRatio() {
    for matrix in [Self.matrix(5, 9, seed: 5), Matrix(rowCount: 5, columnCount: 9)] {
      let found = WeightDifference(from: matrix, to: matrix, on: Processor(threadCount: 1))
      #expect(found.isEqual && found.relativeError == 0 && found.signalToNoise == .infinity)
    }
  }

  @Test func nothingIsNearToZero() {
    let zero = Matrix(rowCount: 2, columnCount: 3)
    let found = WeightDifference(from: zero, to: Self.matrix(2, 3, seed: 6), on: Processor(threadCount: 1))
    #expect(found.relativeError == .infinity && found.signalToNoise == -.infinity)
    let reversed = WeightDifference(from: Self.matrix(2, 3, seed: 6), to: zero, on: Processor(threadCount: 1))
    #expect(reversed.relativeError == 1 && reversed.signalToNoise == 0)
  }

  @Test func matricesWithoutElementsAreEqual() {
    let empty = Matrix(rowCount: 0, columnCount: 8)
    #expect(WeightDifference(from: empty, to: empty, on: Processor(threadCount: 2)).isEqual)
    let flat = Matrix(rowCount: 8, columnCount: 0)
    #expect(WeightDifference(from: flat, to: flat, on: Processor(threadCount: 2)).count == 0)
  }

  @Test(
    arguments: [
      ([0, 1, 0, 2], nil, .nOfM(zeros: 2, of: 4)),
      ([0, 0, 0, 2, 0, 1, 0, -0.0], nil, .nOfM(zeros: 3, of: 4)),
      ([0, 0, 0, 0, 1, 0, 0, 1], nil, .nOfM(zeros: 6, of: 8)),
      ([0, 0, 0, 1, 1, 1, 1, 0], nil, .nOfM(zeros: 4, of: 8)),
      ([0, 1, 2, 3, 4, 5, 0, 7], nil, .nOfM(zeros: 1, of: 4)),
      ([0, 0, 2, 3, 4, 5, 6, 7], nil, .nOfM(zeros: 2, of: 8)),
      ([0, 1, 2, 3, 4, 5, 6, 7], nil, nil),
      ([0, 1, 0, 2], [1, 1, 0, 2], .nOfM(zeros: 1, of: 4)),
      ([0, 1, 0], nil, nil),
      ([0, 0, 0, 0], nil, nil),
      ([0, 0, 0, 0], [0, 1, 0, 1], .nOfM(zeros: 2, of: 4)),
    ] as [([Float], [Float]?, MaskStructure?)]
  )
  func thePatternIsTheTightestThatEveryGroupKeeps(row: [Float], second: [Float]?, pattern: MaskStructure?) {
    let rows = [row] + (second.map { [$0] } ?? [])
    let census = Self.census(rows)
    #expect(census.pattern == pattern)
    #expect(census.zeroCount == rows.joined().count { $0 == 0 })
    #expect(census.fraction == Double(census.zeroCount) / Double(rows.joined().count))
  }

  @Test func aPatternHoldsOverMatricesWhereAllHaveIt() {
    var census = ZeroCensus()
    census.add(Self.census([[0, 0, 1, 0]]))
    census.add(Self.census([[0, 0, 1, 1]]))
    #expect(census.pattern == .nOfM(zeros: 2, of: 4))
    census.add(Self.census([[1, 0, 1]]))
    #expect(census.pattern == nil && census.count == 11 && census.zeroCount == 6)
  }

  @Test func rowsInDifferentTilesCountTogether() {
    // One group without zeros in the last of many rows.
    var elements = (0..<160_000).map { Float($0 % 2) }
    let other = Matrix(rowCount: 20000, columnCount: 8, elements: elements)
    elements[elements.count - 1] = 2
    elements[elements.count - 2] = 2
    elements[elements.count - 4] = 2
    let matrix = Matrix(rowCount: 20000, columnCount: 8, elements: elements)
    let found = WeightDifference(from: matrix, to: other, on: Processor(threadCount: 3))
    #expect(
      found.referenceZeros.pattern == .nOfM(zeros: 2, of: 8) && found.otherZeros.pattern == .nOfM(zeros: 2, of: 4)
    )
  }
}
