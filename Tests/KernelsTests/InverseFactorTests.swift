import Kernels
import TestSupport
import Testing

struct InverseFactorTests {
  /// Widths around the block of 128 columns.
  static let widths = [1, 5, 127, 128, 129, 300]
  static let dampening = 0.01

  /// `|Uᵀ·U·H - I|` may be this much for each channel and unit of the condition number that the inputs have.
  ///
  /// Factoring and inverting each cost one rounding a term, and each error is enlarged by the condition number at most;
  /// sums of many terms of either sign stay far below that.
  private static let inverseBudget = 4 * Trial.roundoff

  /// Moments of inputs; `rank` independent directions, so that a low one leaves the rest to dampening.
  private static func moments(width: Int, rank: Int, seed: UInt64, zeroChannels: Set<Int> = []) -> SecondMoments {
    var generator = SeededGenerator(seed: seed)
    let tokens = 2 * width + 8
    let basis = generator.floats(rank * width)
    var x = [Float](repeating: 0, count: tokens * width)
    for token in 0..<tokens {
      let parts = generator.floats(rank)
      for channel in 0..<width where !zeroChannels.contains(channel) {
        x[token * width + channel] = (0..<rank).reduce(0) { $0 + parts[$1] * basis[$1 * width + channel] }
      }
    }
    var moments = SecondMoments(width: width)
    moments.add(x, tokenCount: tokens, on: Processor(threadCount: 2))
    return moments
  }

  /// The dampened matrix in the factor's order, float64.
  private static func hessian(_ moments: SecondMoments, _ factor: InverseFactor) -> [[Double]] {
    var diagonal = moments.diagonal.map(Double.init)
    let live = diagonal.filter { $0 > 0 }
    let mean = live.reduce(0, +) / Double(live.count)
    for channel in diagonal.indices where diagonal[channel] == 0 { diagonal[channel] = mean }
    let added = factor.dampeningFraction * mean
    return factor.order.map { row in
      factor.order.map { column in
        row == column
          ? diagonal[row] + added
          : Double(moments.sums.start[min(row, column) * moments.width + max(row, column)])
      }
    }
  }

  /// The largest element of `Uᵀ·U·H - I`.
  private static func distanceFromIdentity(_ factor: InverseFactor, _ hessian: [[Double]]) -> Double {
    let width = factor.width
    let upper = (0..<width).map { row in (0..<width).map { Double(factor.elements.start[row * width + $0]) } }
    var half = [[Double]](repeating: [Double](repeating: 0, count: width), count: width)
    for row in 0..<width {
      for term in row..<width {
        let scale = upper[row][term]
        for column in 0..<width { half[row][column] += scale * hessian[term][column] }
      }
    }
    var worst = 0.0
    for row in 0..<width {
      var line = [Double](repeating: 0, count: width)
      for term in 0...row {
        let scale = upper[term][row]
        for column in 0..<width { line[column] += scale * half[term][column] }
      }
      for column in 0..<width { worst = max(worst, abs(line[column] - (row == column ? 1 : 0))) }
    }
    return worst
  }

  @Test(arguments: InstructionLevel.supported, widths)
  func theFactorSquaredInvertsTheDampenedMoments(level: InstructionLevel, width: Int) throws {
    // All directions are there, or too few of them, and then the condition number is what dampening leaves.
    for (rank, condition) in [(width, 1e3), (max(width / 8, 1), Double(width) / Self.dampening)] {
      let moments = Self.moments(width: width, rank: rank, seed: UInt64(width))
      for order in [ColumnOrder.natural, .descendingEnergy] {
        let factors = try Trial.processors(level).map {
          try InverseFactor(of: moments, order: order, dampeningFraction: Self.dampening, on: $0)
        }
        let bits = factors.map { $0.elements[0..<width * width].map(\.bitPattern) }
        #expect(bits.allSatisfy { $0 == bits[0] })
        let factor = factors[0]
        #expect(factor.dampeningFraction == Self.dampening)
        for row in 0..<width {
          #expect(factor.elements.start[row * width + row] > 0)
          #expect(factor.elements[row * width..<row * width + row].allSatisfy { $0 == 0 })
        }
        let distance = Self.distanceFromIdentity(factor, Self.hessian(moments, factor))
        #expect(distance <= Self.inverseBudget * condition, "rank \(rank)")
      }
    }
  }

  @Test func columnsAreOrderedByEnergyAndEqualOnesStay() throws {
    var moments = SecondMoments(width: 5)
    for (channel, energy) in [Float(2), 7, 2, 0, 9].enumerated() { moments.sums.start[channel * 6] = energy }
    let processor = Processor(threadCount: 1)
    let natural = try InverseFactor(of: moments, order: .natural, dampeningFraction: 0.01, on: processor)
    #expect(natural.order == [0, 1, 2, 3, 4])
    let ordered = try InverseFactor(of: moments, order: .descendingEnergy, dampeningFraction: 0.01, on: processor)
    #expect(ordered.order == [4, 1, 0, 2, 3])
    moments.add([0, 0, 0, 0, 0], tokenCount: 1, on: processor)
    #expect(moments.diagonal == [2, 7, 2, 0, 9])
  }

  @Test(arguments: [ColumnOrder.natural, .descendingEnergy])
  func channelsThatHeldNothingStandApart(order: ColumnOrder) throws {
    let silent: Set = [0, 64, 129, 140]
    let moments = Self.moments(width: 141, rank: 141, seed: 5, zeroChannels: silent)
    let factor = try InverseFactor(
      of: moments,
      order: order,
      dampeningFraction: Self.dampening,
      on: Processor(threadCount: 2)
    )
    for (place, channel) in factor.order.enumerated() where silent.contains(channel) {
      for other in 0..<141 where other != place {
        #expect(factor.elements.start[place * 141 + other] == 0)
        #expect(factor.elements.start[other * 141 + place] == 0)
      }
    }
    let distance = Self.distanceFromIdentity(factor, Self.hessian(moments, factor))
    #expect(distance <= Self.inverseBudget * 1e3)
  }

  /// Moments of two channels with one on the diagonal.
  private static func pair(_ shared: Float) -> SecondMoments {
    let moments = SecondMoments(width: 2)
    moments.sums.start.update(from: [1, shared, 0, 1], count: 4)
    return moments
  }

  @Test func dampeningGrowsTenfoldUntilItIsEnough() throws {
    let processor = Processor(threadCount: 1)
    for (shared, expected) in [(Float(0.5), 0.01), (1.005, 0.01), (1.05, 0.1), (1.5, 1), (5, 10), (50, 100)] {
      let factor = try InverseFactor(of: Self.pair(shared), order: .natural, dampeningFraction: 0.01, on: processor)
      #expect(abs(factor.dampeningFraction / expected - 1) < 1e-12)
    }
  }

  @Test func momentsThatNoDampeningHelpsAreAnError() {
    #expect(throws: FactorizationError.notPositiveDefinite(dampeningFraction: 100)) {
      try InverseFactor(of: Self.pair(1e6), order: .natural, dampeningFraction: 0.01, on: Processor(threadCount: 1))
    }
  }

  @Test func momentsOfNoInputAreAnError() {
    #expect(throws: FactorizationError.noInput) {
      try InverseFactor(
        of: SecondMoments(width: 4),
        order: .natural,
        dampeningFraction: 0.01,
        on: Processor(threadCount: 1)
      )
    }
  }

  @Test(arguments: [Float.infinity, .nan])
  func momentsThatAreNotFiniteAreAnError(value: Float) {
    let moments = Self.pair(0)
    moments.sums.start[3] = value
    #expect(throws: FactorizationError.notFinite) {
      try InverseFactor(of: moments, order: .natural, dampeningFraction: 0.01, on: Processor(threadCount: 1))
    }
    #expect(throws: FactorizationError.self) {
      try InverseFactor(of: Self.pair(value), order: .natural, dampeningFraction: 0.01, on: Processor(threadCount: 1))
    }
  }
}
