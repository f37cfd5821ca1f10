import Kernels
import Tensors
import TestSupport
import Testing

struct OutputErrorTests {
  /// Rows around the tile of 64.
  static let rowCounts = [1, 7, 63, 64, 65, 150]
  private static let columns = 37
  private static let tokens = 80

  private static func moments(_ x: [Float]) -> SecondMoments {
    var moments = SecondMoments(width: columns)
    moments.add(x, tokenCount: x.count / columns, on: Processor(threadCount: 2))
    return moments
  }

  @Test(arguments: rowCounts) func itIsThatOfTheExplicitProducts(rows: Int) {
    var generator = SeededGenerator(seed: UInt64(rows))
    let x = generator.floats(Self.tokens * Self.columns)
    let dense = Matrix(
      rowCount: rows,
      columnCount: Self.columns,
      elements: generator.floats(rows * Self.columns)
    )
    var stored = dense
    for row in 0..<rows {
      for column in 0..<Self.columns { stored[row, column] += Float.random(in: -0.1...0.1, using: &generator) }
    }
    var expected = 0.0
    for row in 0..<rows {
      for token in 0..<Self.tokens {
        let output = (0..<Self.columns).reduce(0.0) { sum, column in
          let difference = Double(dense[row, column]) - Double(stored[row, column])
          return sum + difference * Double(x[token * Self.columns + column])
        }
        expected += output * output
      }
    }
    let moments = Self.moments(x).symmetric()
    for level in InstructionLevel.supported {
      let found = Trial.processors(level).map { $0.outputError(of: dense, and: stored, moments: moments) }
      #expect(found.allSatisfy { $0 == found[0] }, "threads do not matter")
      #expect(abs(found[0] / expected - 1) <= 1e-5)
    }
  }

  @Test func equalWeightsHaveNone() {
    var generator = SeededGenerator(seed: 4)
    let weight = Matrix(rowCount: 5, columnCount: Self.columns, elements: generator.floats(5 * Self.columns))
    let moments = Self.moments(generator.floats(Self.tokens * Self.columns)).symmetric()
    #expect(Processor(threadCount: 2).outputError(of: weight, and: weight, moments: moments) == 0)
  }
}
