import Kernels
import Modifiers
import Tensors
import TestSupport
import Testing
import Vocabulary

struct SparseGPTTests {
  /// A mask that is asked for.
  struct Mask: Sendable, CustomTestStringConvertible {
    let structure: MaskStructure
    let sparsity: Double

    var testDescription: String {
      switch structure {
      case .unstructured: "\(sparsity)"
      case .nOfM(let zeros, let size): "\(zeros):\(size)"
      }
    }
  }

  static let masks: [Mask] =
    [0.5, 0.3, 0.77].map { Mask(structure: .unstructured, sparsity: $0) }
    + [(2, 4), (4, 8), (1, 4), (3, 5)].map {
      Mask(structure: .nOfM(zeros: $0, of: $1), sparsity: Double($0) / Double($1))
    }

  @Test func thereAreMasks() { #expect(Self.masks.count == 7) }

  private static func pruned(
    _ problem: Problem,
    _ mask: Mask,
    order: ColumnOrder = .natural,
    blockSize: Int = 128,
    preservesMask: Bool = false,
    on processor: Processor = Processor(threadCount: 2)
  ) throws -> (weight: Matrix, loss: Double, order: [Int]) {
    var weight = problem.weight
    let factor = try problem.factor(order, on: processor)
    let loss = SparseGPT.prune(
      &weight,
      factor: factor,
      sparsity: mask.sparsity,
      structure: mask.structure,
      blockSize: blockSize,
      preservesMask: preservesMask,
      processor: processor
    )
    return (weight, loss, factor.order)
  }

  /// A problem some of whose weights, one of every five, are zero before.
  private static func sparse(_ problem: Problem) -> Problem {
    var weight = problem.weight
    for row in 0..<weight.rowCount {
      for column in 0..<weight.columnCount where (row * 3 + column) % 5 == 0 { weight[row, column] = 0 }
    }
    return Problem(weight: weight, inputs: problem.inputs, tokens: problem.tokens)
  }

  @Test(arguments: InstructionLevel.supported, masks)
  func prunedWeightsAreThoseOfTheTextbook(level: InstructionLevel, mask: Mask) throws {
    let processor = Processor(threadCount: 2, level: level)
    let problems = [
      (Problem(rows: 37, columns: 60, seed: 81), false),
      (Problem(rows: 3, columns: 40, seed: 82, silent: [0, 17, 38]), false),
      (Self.sparse(Problem(rows: 33, columns: 40, seed: 83)), true),
    ]
    for (problem, preservesMask) in problems {
      for order in [ColumnOrder.natural, SparseGPT.order(for: mask.structure)] {
        let found = try Self.pruned(
          problem,
          mask,
          order: order,
          blockSize: 20,
          preservesMask: preservesMask,
          on: processor
        )
        let plain = PlainSparseGPT(
          structure: mask.structure,
          sparsity: mask.sparsity,
          blockSize: 20,
          preservesMask: preservesMask
        )
        let verdict = plain.verdict(
          on: found.weight,
          of: problem.weight,
          moments: problem.moments,
          dampening: Problem.dampening,
          order: found.order
        )
        #expect(verdict.miscounts == 0)
        #expect(verdict.excess <= 1e-3)
        // Weights of order one, after some dozens of corrections in float32.
        #expect(verdict.distance <= 1e-4)
        #expect(abs(found.loss / verdict.loss - 1) <= 1e-3)
      }
    }
  }

  @Test(arguments: masks) func theLossIsHalfTheErrorOfTheDampenedObjective(mask: Mask) throws {
    let problem = Problem(rows: 20, columns: 40, seed: 84)
    let found = try Self.pruned(problem, mask, order: SparseGPT.order(for: mask.structure), blockSize: 20)
    let dampening = Problem.dampening * problem.moments.diagonal.reduce(0) { $0 + Double($1) } / 40
    let distance = zip(problem.weight.elements, found.weight.elements).reduce(0.0) {
      $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
    }
    let error = problem.outputError(of: found.weight)
    #expect(abs(2 * found.loss / (error * error + dampening * distance) - 1) <= 1e-3)
  }

  @Test(arguments: InstructionLevel.supported, masks)
  func threadsDoNotMatter(level: InstructionLevel, mask: Mask) throws {
    let problem = Problem(rows: 300, columns: 80, seed: 85)
    let found = try [1, 2, 3, 5].map {
      try Self.pruned(problem, mask, blockSize: 40, on: Processor(threadCount: $0, level: level))
    }
    #expect(found.allSatisfy { $0.weight == found[0].weight && $0.loss == found[0].loss })
  }

  @Test(arguments: masks.filter { $0.structure != .unstructured })
  func theBlockSizeDoesNotMatterToAPattern(mask: Mask) throws {
    let problem = Problem(rows: 33, columns: 160, seed: 86)
    let whole = try Self.pruned(problem, mask, blockSize: 4096)
    for blockSize in [16, 40, 128] {
      let found = try Self.pruned(problem, mask, blockSize: blockSize)
      let equal = zip(found.weight.elements, whole.weight.elements).count { ($0 == 0) == ($1 == 0) }
      #expect(Double(equal) >= 0.99 * Double(whole.weight.elements.count))
      #expect(abs(found.loss / whole.loss - 1) <= 1e-2)
    }
  }

  @Test func uncorrelatedInputsMakeItPruningByMagnitude() throws {
    let columns = 48
    let identity = (0..<columns * columns).map { Float($0 % (columns + 1) == 0 ? 1 : 0) }
    let weight = Problem(rows: 31, columns: columns, seed: 87).weight
    let problem = Problem(weight: weight, inputs: identity, tokens: columns)
    for mask in Self.masks {
      // One block, so that the share is one of the whole weight.
      let found = try Self.pruned(problem, mask)
      var expected = weight
      ScoredPruning.magnitude(
        &expected,
        sparsity: mask.sparsity,
        structure: mask.structure,
        on: Processor(threadCount: 2)
      )
      #expect(found.weight == expected)
    }
  }

  @Test(arguments: masks) func nothingBrokenOffIsLeftBehindAShortLastBlock(mask: Mask) throws {
    // 52 columns are no multiple of the block, nor 52 of every pattern.
    let problem = Problem(rows: 9, columns: 52, seed: 88)
    let found = try Self.pruned(problem, mask, blockSize: 40)
    #expect(found.weight.elements.allSatisfy { $0.isFinite })
    let zeros = found.weight.elements.count { $0 == 0 }
    #expect(abs(Double(zeros) / Double(9 * 52) - mask.sparsity) < 0.05)
  }
}
