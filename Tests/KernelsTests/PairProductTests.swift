import Kernels
import Tensors
import TestSupport
import Testing
import Vocabulary

/// Products in bfloat16, at every level and thread count, against sums in float64 of the rounded numbers.
struct PairProductTests {
  /// Tokens, rows and columns: odd ones, and sizes around panels of 48 rows, tiles of 96 tokens and 480 rows, and the 1024
  /// columns that are multiplied at a time.
  static let shapes = [
    [1, 1, 1], [3, 5, 7], [8, 48, 64], [9, 49, 65], [95, 16, 33], [96, 47, 2], [97, 33, 129], [5, 481, 17],
    [200, 31, 16],
    [7, 3, 1023], [7, 3, 1025], [2, 17, 2050],
  ]

  @Test(arguments: InstructionLevel.supported, shapes)
  func activationsAreMultipliedByTheTransposedWeight(level: InstructionLevel, shape: [Int]) {
    let (tokens, rows, columns) = (shape[0], shape[1], shape[2])
    var generator = SeededGenerator(seed: 24)
    let x = generator.floats(tokens * columns)
    let weight = generator.floats(rows * columns)
    let before = generator.floats(tokens * rows)
    let (left, right) = (x.map(BFloat16.rounded), weight.map(BFloat16.rounded))
    var expected = [Double](repeating: 0, count: tokens * rows)
    for token in 0..<tokens {
      for row in 0..<rows {
        expected[token * rows + row] = (0..<columns).reduce(0.0) {
          $0 + Double(left[token * columns + $1]) * Double(right[row * columns + $1])
        }
      }
    }
    // A product and an addition for each column, terms of at most one; the instruction may cut instead of rounding.
    let budget = 2 * Double(columns * (columns + 2)) * Trial.roundoff
    func multiplied(accumulating: Bool) -> [Float]? {
      Trial.result(level, products: .bfloat16) { processor in
        before.changed {
          let packed = PackedWeight(weight, rowCount: rows, columnCount: columns, on: processor)
          let out = $0
          processor.withInput(x, tokenCount: tokens, columns: columns) {
            processor.multiply($0, tokenCount: tokens, by: packed, into: out, accumulating: accumulating)
          }
        }
      }
    }
    #expect(excess(of: multiplied(accumulating: false), over: expected) { _ in budget } <= 1)
    let added = zip(expected, before).map { $0 + Double($1) }
    #expect(excess(of: multiplied(accumulating: true), over: added) { _ in budget + 4 * Trial.roundoff } <= 1)
  }

  /// Widths around panels of 48 columns and tiles of two panels.
  static let widths = [1, 5, 47, 48, 49, 96, 97, 200]

  @Test(arguments: InstructionLevel.supported, widths)
  func momentsAreThoseOfTheRoundedInputs(level: InstructionLevel, width: Int) {
    var generator = SeededGenerator(seed: 34)
    let tokens = 61
    let x = generator.floats(tokens * width)
    let rounded = x.map(BFloat16.rounded)
    let full = Trial.result(level, products: .bfloat16) { processor in
      var moments = SecondMoments(width: width)
      moments.add(x, tokenCount: tokens, on: processor)
      let full = moments.symmetric()
      return Array(full[0..<width * width])
    }
    let expected = (0..<width).flatMap { row in
      (0..<width).map { column in
        (0..<tokens).reduce(0.0) { $0 + Double(rounded[$1 * width + row]) * Double(rounded[$1 * width + column]) }
      }
    }
    #expect(excess(of: full, over: expected) { _ in 2 * Double(tokens * (tokens + 1)) * Trial.roundoff } <= 1)
  }

  @Test(arguments: InstructionLevel.supported) func manyTokensAreTakenInParts(level: InstructionLevel) {
    var generator = SeededGenerator(seed: 35)
    let (tokens, width) = (2051, 3)
    let x = generator.floats(tokens * width)
    var moments = SecondMoments(width: width)
    moments.add(x, tokenCount: tokens, on: Processor(threadCount: 2, level: level, products: .bfloat16))
    let expected = (0..<width).map { channel in
      (0..<tokens).reduce(0.0) {
        let value = Double(BFloat16.rounded(x[$1 * width + channel]))
        return $0 + value * value
      }
    }
    #expect(excess(of: moments.diagonal, over: expected) { _ in Double(tokens) * 64 * Trial.roundoff } <= 1)
  }
}
