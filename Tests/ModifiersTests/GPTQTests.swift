import Kernels
import Modifiers
import Tensors
import TestSupport
import Testing
import Vocabulary

struct GPTQTests {
  /// How much farther than the nearest number a chosen one may be, for weights of order one.
  ///
  /// It is what float32 cannot tell after some dozens of roundings, enlarged by the factor's condition; the finest
  /// integer grid here has steps of 4e-3.
  private static let tieBudget = 2e-5
  /// Codes that may be such ties.
  private static let tieShare = 0.005

  /// The result of one quantization.
  private struct Outcome {
    let codes: [UInt8]
    let weight: Matrix
    let loss: Double
    let grid: QuantizationGrid
  }

  private static func quantized(
    _ problem: Problem,
    _ scheme: Scheme,
    order: ColumnOrder = .natural,
    blockSize: Int = 128,
    on processor: Processor = Processor(threadCount: 2)
  ) throws -> Outcome {
    var weight = problem.weight
    let grid = QuantizationGrid(
      of: weight,
      as: GridRequest(arguments: scheme.arguments, storage: .bfloat16),
      on: processor
    )
    let (codes, loss) = GPTQ.quantize(
      &weight,
      on: grid,
      factor: try problem.factor(order, on: processor),
      blockSize: blockSize,
      processor: processor
    )
    return Outcome(codes: codes.codes, weight: weight, loss: loss, grid: grid)
  }

  private static func nearest(_ problem: Problem, _ scheme: Scheme) -> (codes: [UInt8], weight: Matrix) {
    let processor = Processor(threadCount: 2)
    let quantized = RoundToNearest.quantize(
      problem.weight,
      as: GridRequest(arguments: scheme.arguments, storage: .bfloat16),
      arithmetic: .float32,
      on: processor
    )
    var weight = problem.weight
    quantized.dequantize(into: &weight, on: processor)
    return (quantized.codes, weight)
  }

  /// Two of every four weights zero, the places varying from group to group.
  private static func pruned(_ problem: Problem) -> Problem {
    var weight = problem.weight
    for row in 0..<weight.rowCount {
      for column in 0..<weight.columnCount {
        let pattern = [0b0011, 0b0101, 0b1001, 0b0110, 0b1010, 0b1100][(row + column / 4) % 6]
        if pattern >> (column % 4) & 1 == 0 { weight[row, column] = 0 }
      }
    }
    return Problem(weight: weight, inputs: problem.inputs, tokens: problem.tokens)
  }

  // MARK: Against the textbook

  @Test(arguments: InstructionLevel.supported, Scheme.all)
  func codesAreThoseOfTheTextbook(level: InstructionLevel, scheme: Scheme) throws {
    for problem in [
      Problem(rows: 37, columns: 48, seed: 61),
      Self.pruned(Problem(rows: 5, columns: 32, seed: 62)),
      Problem(rows: 3, columns: 32, seed: 63, silent: [0, 17, 31]),
    ] {
      for order in [ColumnOrder.natural, .descendingEnergy] {
        let processor = Processor(threadCount: 2, level: level)
        let outcome = try Self.quantized(problem, scheme, order: order, blockSize: 16, on: processor)
        let grid = outcome.grid
        let plain = PlainGPTQ(rule: PlainQuantization(arguments: scheme.arguments, storage: .bfloat16)) { row, column in
          let index = row * grid.groupCount + column / grid.groupSize
          return (grid.scales[index], grid.zeroPoints?[index] ?? 0)
        }
        let verdict = plain.verdict(
          on: outcome.codes,
          of: problem.weight,
          moments: problem.moments,
          dampening: Problem.dampening,
          order: try problem.factor(order, on: processor).order
        )
        #expect(verdict.excess <= Self.tieBudget)
        #expect(Double(verdict.differences) <= Self.tieShare * Double(outcome.codes.count))
      }
    }
  }

  // MARK: What the method is for

  /// Schemes, and the share of round-to-nearest's output error that GPTQ may leave.
  static let improvements: [(Scheme, Double)] = Scheme.all.map { scheme in
    (scheme, scheme.arguments.numberKind == .float ? 0.8 : 0.7)
  }

  @Test(arguments: improvements)
  func outputsAreCloserThanAfterRoundingToNearest(scheme: Scheme, share: Double) throws {
    let problem = Problem(rows: 40, columns: 96, seed: 64)
    let nearest = problem.outputError(of: Self.nearest(problem, scheme).weight)
    for order in [ColumnOrder.natural, .descendingEnergy] {
      let outcome = try Self.quantized(problem, scheme, order: order)
      #expect(problem.outputError(of: outcome.weight) < share * nearest)
    }
  }

  @Test(arguments: Scheme.all) func theLossIsHalfTheErrorOfTheDampenedObjective(scheme: Scheme) throws {
    let problem = Problem(rows: 20, columns: 64, seed: 65)
    let outcome = try Self.quantized(problem, scheme, order: .descendingEnergy, blockSize: 16)
    let dampening = Problem.dampening * problem.moments.diagonal.reduce(0) { $0 + Double($1) } / 64
    let distance = zip(problem.weight.elements, outcome.weight.elements).reduce(0.0) {
      $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
    }
    let error = problem.outputError(of: outcome.weight)
    let objective = (error * error + dampening * distance) / 2
    #expect(abs(outcome.loss / objective - 1) < 1e-3)
  }

  // MARK: Limits

  @Test(arguments: Scheme.all) func uncorrelatedInputsMakeItRoundingToNearest(scheme: Scheme) throws {
    let columns = 80
    let identity = (0..<columns * columns).map { Float($0 % (columns + 1) == 0 ? 1 : 0) }
    let problem = Problem(
      weight: Problem(rows: 33, columns: columns, seed: 66).weight,
      inputs: identity,
      tokens: columns
    )
    for blockSize in [7, 128] {
      let outcome = try Self.quantized(problem, scheme, blockSize: blockSize)
      let nearest = Self.nearest(problem, scheme)
      #expect(outcome.codes == nearest.codes)
      #expect(outcome.weight == nearest.weight)
    }
  }

  @Test(arguments: Scheme.all) func weightsThatAreZeroStayZero(scheme: Scheme) throws {
    let problem = Self.pruned(Problem(rows: 35, columns: 64, seed: 67))
    for order in [ColumnOrder.natural, .descendingEnergy] {
      let outcome = try Self.quantized(problem, scheme, order: order, blockSize: 16)
      let stayed = zip(problem.weight.elements, outcome.weight.elements).filter { $0 == 0 && $1 == 0 }
      #expect(stayed.count == 35 * 64 / 2)
      if scheme.arguments.numberKind == .float {
        // Plus zero, not the minus zero that float8 also has.
        #expect(zip(problem.weight.elements, outcome.codes).allSatisfy { $0 != 0 || $1 == 0 })
      }
      // Errors still move among the others.
      #expect(outcome.codes != Self.nearest(problem, scheme).codes)
    }
  }

  @Test(arguments: Scheme.all) func channelsWithoutInputKeepTheirRoundedWeights(scheme: Scheme) throws {
    let silent: Set = [0, 5, 40, 63]
    let problem = Problem(rows: 12, columns: 64, seed: 68, silent: silent)
    let nearest = Self.nearest(problem, scheme)
    for order in [ColumnOrder.natural, .descendingEnergy] {
      let outcome = try Self.quantized(problem, scheme, order: order)
      for row in 0..<12 {
        for column in silent {
          #expect(outcome.codes[row * 64 + column] == nearest.codes[row * 64 + column])
        }
      }
    }
  }

  // MARK: What must not matter

  @Test(arguments: Scheme.all.filter { $0.arguments.strategy != .group })
  func visitingByEnergyMakesTheOrderOfInputsIrrelevant(scheme: Scheme) throws {
    let problem = Problem(rows: 17, columns: 60, seed: 69)
    var generator = SeededGenerator(seed: 70)
    let order = Array(0..<60).shuffled(using: &generator)
    let straight = try Self.quantized(problem, scheme, order: .descendingEnergy)
    let shuffled = try Self.quantized(problem.permuted(order), scheme, order: .descendingEnergy)
    for row in 0..<17 {
      let expected = order.map { straight.codes[row * 60 + $0] }
      #expect(Array(shuffled.codes[row * 60..<(row + 1) * 60]) == expected)
    }
  }

  @Test(arguments: Scheme.all) func groupsKeepTheirColumnsWhateverTheOrderOfVisits(scheme: Scheme) throws {
    let problem = Problem(rows: 9, columns: 64, seed: 71)
    let outcome = try Self.quantized(problem, scheme, order: .descendingEnergy)
    let plain = PlainQuantization(arguments: scheme.arguments, storage: .bfloat16)
    for place in outcome.codes.indices {
      let index = place / 64 * outcome.grid.groupCount + place % 64 / outcome.grid.groupSize
      let point = (scale: outcome.grid.scales[index], zeroPoint: outcome.grid.zeroPoints?[index] ?? 0)
      #expect(outcome.weight.elements[place] == plain.number(outcome.codes[place], point))
    }
  }

  @Test(arguments: Scheme.all) func theBlockSizeDoesNotMatter(scheme: Scheme) throws {
    let problem = Problem(rows: 33, columns: 272, seed: 72)
    let whole = try Self.quantized(problem, scheme, blockSize: 4096)
    for blockSize in [16, 128] {
      let outcome = try Self.quantized(problem, scheme, blockSize: blockSize)
      // Sums are formed in another order, so a near tie may fall the other way and change the columns behind it.
      let equal = zip(outcome.codes, whole.codes).filter { $0 == $1 }.count
      #expect(Double(equal) >= 0.99 * Double(whole.codes.count))
      #expect(abs(outcome.loss / whole.loss - 1) < 1e-2)
    }
  }

  @Test(arguments: InstructionLevel.supported)
  func threadsDoNotMatter(level: InstructionLevel) throws {
    let problem = Problem(rows: 300, columns: 144, seed: 73)
    for scheme in Scheme.all {
      let outcomes = try [1, 2, 3, 5].map {
        try Self.quantized(problem, scheme, order: .descendingEnergy, on: Processor(threadCount: $0, level: level))
      }
      #expect(outcomes.allSatisfy { $0.codes == outcomes[0].codes && $0.weight == outcomes[0].weight })
      #expect(outcomes.allSatisfy { $0.loss == outcomes[0].loss })
    }
  }
}
