import Kernels
import Tensors
import TestSupport
import Testing

struct ProductTests {
  /// Tokens, rows and columns of a product: odd sizes, and sizes around the tiles of 256 tokens and 512 rows.
  static let shapes = [
    [1, 1, 1], [3, 5, 7], [17, 33, 129], [64, 31, 16], [255, 3, 9], [257, 513, 5], [2, 1025, 3], [513, 4, 40],
  ]

  @Test(arguments: InstructionLevel.supported, shapes)
  func activationsAreMultipliedByTheTransposedWeight(level: InstructionLevel, shape: [Int]) {
    let (tokens, rows, columns) = (shape[0], shape[1], shape[2])
    var generator = SeededGenerator(seed: 21)
    let x = generator.floats(tokens * columns)
    let weight = generator.floats(rows * columns)
    let before = generator.floats(tokens * rows)
    var expected = [Double](repeating: 0, count: tokens * rows)
    for token in 0..<tokens {
      for row in 0..<rows {
        expected[token * rows + row] = (0..<columns).reduce(0.0) {
          $0 + Double(x[token * columns + $1]) * Double(weight[row * columns + $1])
        }
      }
    }
    // A product and an addition for each column, terms of at most one.
    let budget = Double(columns * (columns + 2)) * Trial.roundoff
    let product = Trial.result(level) { processor in
      before.changed {
        processor.multiply(x, tokenCount: tokens, byTransposeOf: weight, rowCount: rows, columnCount: columns, into: $0)
      }
    }
    #expect(excess(of: product, over: expected) { _ in budget } <= 1)
    let sum = Trial.result(level) { processor in
      before.changed {
        processor.multiply(
          x,
          tokenCount: tokens,
          byTransposeOf: weight,
          rowCount: rows,
          columnCount: columns,
          into: $0,
          accumulating: true
        )
      }
    }
    let added = zip(expected, before).map { $0 + Double($1) }
    #expect(excess(of: sum, over: added) { _ in budget + 2 * Trial.roundoff } <= 1)
  }

  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)])
  func tilesMayLieInLargerMatricesAndBeTransposed(isLeftTransposed: Bool, isRightTransposed: Bool) {
    var generator = SeededGenerator(seed: 22)
    let (rows, columns, depth, stride) = (5, 7, 11, 13)
    let left = generator.floats(stride * stride)
    let right = generator.floats(stride * stride)
    let before = generator.floats(rows * stride)
    let product = before.changed {
      Tile.multiply(
        Tile.Factor(left, stride: stride, isTransposed: isLeftTransposed),
        Tile.Factor(right, stride: stride, isTransposed: isRightTransposed),
        rows: rows,
        columns: columns,
        depth: depth,
        scale: -0.5,
        addingTo: 2,
        into: $0,
        stride: stride
      )
    }
    let expected = before.indices.map { place in
      let (row, column) = (place / stride, place % stride)
      guard column < columns else { return Double(before[place]) }
      let sum = (0..<depth).reduce(0.0) { sum, term in
        let one = left[isLeftTransposed ? term * stride + row : row * stride + term]
        let other = right[isRightTransposed ? column * stride + term : term * stride + column]
        return sum + Double(one) * Double(other)
      }
      return 2 * Double(before[place]) - 0.5 * sum
    }
    #expect(excess(of: product, over: expected) { _ in Double(depth * (depth + 2)) * Trial.roundoff } <= 1)
  }

  @Test func matricesAreComparedByTheirNorms() {
    var generator = SeededGenerator(seed: 23)
    for (rows, columns) in [(1, 1), (3, 7), (64, 5), (65, 33), (200, 3)] {
      let dense = Matrix(rowCount: rows, columnCount: columns, elements: generator.floats(rows * columns))
      let stored = Matrix(rowCount: rows, columnCount: columns, elements: dense.elements.map { $0 < 0 ? 0 : $0 * 1.25 })
      var (error, energy) = (0.0, 0.0)
      for (one, other) in zip(dense.elements, stored.elements) {
        error += (Double(one) - Double(other)) * (Double(one) - Double(other))
        energy += Double(one) * Double(one)
      }
      let zeros = stored.elements.filter { $0 == 0 }.count
      for processor in Trial.threadCounts.map({ Processor(threadCount: $0) })
        + InstructionLevel.supported.map({ Processor(threadCount: 1, level: $0) })
      {
        let difference = processor.difference(of: dense, and: stored)
        // Differences and squares are rounded to float32 before they are summed in float64.
        #expect(abs(difference.relativeError - (error / energy).squareRoot()) <= 4 * Trial.roundoff)
        #expect(difference.zeroFraction == Double(zeros) / Double(rows * columns))
      }
    }
  }

  @Test func emptyAndZeroMatricesDoNotDiffer() {
    let processor = Processor(threadCount: 2)
    let empty = Matrix(rowCount: 0, columnCount: 4)
    #expect(processor.difference(of: empty, and: empty).relativeError == 0)
    let zeros = Matrix(rowCount: 3, columnCount: 4)
    #expect(processor.difference(of: zeros, and: zeros).relativeError == 0)
    #expect(processor.difference(of: zeros, and: zeros).zeroFraction == 1)
  }
}
