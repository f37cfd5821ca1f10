import Kernels
import TestSupport
import Testing

struct SecondMomentsTests {
  /// Widths around the tile of 192 columns.
  static let widths = [1, 5, 16, 191, 192, 193, 400]

  @Test(arguments: widths)
  func theUpperTriangleIsTheProductOfTheInputsWithThemselves(width: Int) {
    var generator = SeededGenerator(seed: 31)
    let tokens = 61
    let x = generator.floats(tokens * width)
    let sums = Trial.threadCounts.map { threads in
      var moments = SecondMoments(width: width)
      moments.add(x, tokenCount: tokens, on: Processor(threadCount: threads))
      #expect(moments.tokenCount == tokens)
      return Self.upperTriangle(moments)
    }
    #expect(sums.allSatisfy { $0.map(\.bitPattern) == sums[0].map(\.bitPattern) })
    let expected = (0..<width).flatMap { row in
      (row..<width).map { column in
        (0..<tokens).reduce(0.0) { $0 + Double(x[$1 * width + row]) * Double(x[$1 * width + column]) }
      }
    }
    // One product and one addition a token, terms of at most one.
    #expect(excess(of: sums[0], over: expected) { _ in Double(tokens * (tokens + 1)) * Trial.roundoff } <= 1)
  }

  @Test(arguments: [[1, 60], [30, 31], [20, 20, 21], Array(repeating: 1, count: 61)])
  func tokensMayBeAddedInParts(parts: [Int]) {
    var generator = SeededGenerator(seed: 32)
    let width = 37
    let tokens = parts.reduce(0, +)
    let x = generator.floats(tokens * width)
    let processor = Processor(threadCount: 2)
    var whole = SecondMoments(width: width)
    whole.add(x, tokenCount: tokens, on: processor)
    var parted = SecondMoments(width: width)
    var first = 0
    for count in parts {
      parted.add(Array(x[first * width..<(first + count) * width]), tokenCount: count, on: processor)
      first += count
    }
    #expect(parted.tokenCount == whole.tokenCount)
    let budget = 2 * Double(tokens * (tokens + 1)) * Trial.roundoff
    let expected = Self.upperTriangle(whole).map(Double.init)
    #expect(excess(of: Self.upperTriangle(parted), over: expected) { _ in budget } <= 1)
  }

  @Test func theDiagonalIsTheEnergyOfEachChannel() {
    var moments = SecondMoments(width: 3)
    #expect(moments.diagonal == [0, 0, 0])
    moments.add([1, 2, 0, 3, -4, 0], tokenCount: 2, on: Processor(threadCount: 1))
    #expect(moments.diagonal == [10, 20, 0])
  }

  @Test(arguments: widths) func dividingGivesTheMomentsOfDividedInputs(width: Int) {
    var generator = SeededGenerator(seed: 33)
    let tokens = 41
    let x = generator.floats(tokens * width)
    let factors = generator.floats(width, in: 0.01...30)
    let processor = Processor(threadCount: 2)
    var moments = SecondMoments(width: width)
    moments.add(x, tokenCount: tokens, on: processor)
    let divided = moments.dividing(by: factors)
    var direct = SecondMoments(width: width)
    direct.add(x.indices.map { x[$0] / factors[$0 % width] }, tokenCount: tokens, on: processor)
    #expect(divided.tokenCount == tokens && divided.width == width)
    let diagonal = direct.diagonal.map(Double.init)
    let budgets = (0..<width).flatMap { row in
      (row..<width).map { 1e-5 * (diagonal[row] * diagonal[$0]).squareRoot() }
    }
    let expected = Self.upperTriangle(direct).map(Double.init)
    #expect(excess(of: Self.upperTriangle(divided), over: expected) { budgets[$0] } <= 1)
    #expect(Self.upperTriangle(moments) != Self.upperTriangle(divided), "the moments themselves stay as they are")
  }

  @Test(arguments: widths) func theSymmetricFormHasBothTriangles(width: Int) {
    var generator = SeededGenerator(seed: 34)
    let x = generator.floats(7 * width)
    var moments = SecondMoments(width: width)
    moments.add(x, tokenCount: 7, on: Processor(threadCount: 2))
    let full = moments.symmetric()
    #expect(full.count == width * width)
    for row in 0..<width {
      for column in 0..<width {
        let (least, most) = (min(row, column), max(row, column))
        #expect(full.start[row * width + column] == moments.sums.start[least * width + most])
      }
    }
  }

  private static func upperTriangle(_ moments: SecondMoments) -> [Float] {
    (0..<moments.width).flatMap { row in
      (row..<moments.width).map { moments.sums.start[row * moments.width + $0] }
    }
  }
}
