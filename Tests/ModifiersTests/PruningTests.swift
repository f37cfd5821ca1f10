import Kernels
import Modifiers
import Tensors
import TestSupport
import Testing
import Vocabulary

/// What pruning methods owe to each other, on problems whose inputs are correlated and unequal in energy.
struct PruningTests {
  private static let processor = Processor(threadCount: 2)
  static let structures: [(MaskStructure, Double)] = [
    (.unstructured, 0.5), (.nOfM(zeros: 2, of: 4), 0.5), (.nOfM(zeros: 4, of: 8), 0.5), (.nOfM(zeros: 1, of: 4), 0.25),
  ]

  /// One way to prune.
  enum Method: CaseIterable {
    case sparseGPT, wanda, magnitude
  }

  private static func pruned(
    _ problem: Problem,
    by method: Method,
    _ structure: MaskStructure,
    _ sparsity: Double,
    order: ColumnOrder = .natural
  ) throws -> Matrix {
    var weight = problem.weight
    switch method {
    case .sparseGPT:
      _ = SparseGPT.prune(
        &weight,
        factor: try problem.factor(order, on: processor),
        sparsity: sparsity,
        structure: structure,
        blockSize: 32,
        preservesMask: false,
        processor: processor
      )
    case .wanda:
      ScoredPruning.wanda(
        &weight,
        energies: problem.moments.diagonal.map(Double.init),
        sparsity: sparsity,
        structure: structure,
        on: processor
      )
    case .magnitude:
      ScoredPruning.magnitude(&weight, sparsity: sparsity, structure: structure, on: processor)
    }
    return weight
  }

  @Test(arguments: structures)
  func whoKnowsMoreOfTheInputsHarmsOutputsLess(structure: MaskStructure, sparsity: Double) throws {
    for seed in [91, 92, 93] as [UInt64] {
      let problem = Problem(rows: 40, columns: 96, seed: seed)
      let corrected = problem.outputError(of: try Self.pruned(problem, by: .sparseGPT, structure, sparsity))
      let weighted = problem.outputError(of: try Self.pruned(problem, by: .wanda, structure, sparsity))
      let plain = problem.outputError(of: try Self.pruned(problem, by: .magnitude, structure, sparsity))
      #expect(corrected < 0.8 * weighted && weighted < plain, "\(corrected), \(weighted), \(plain)")
    }
  }

  @Test(arguments: structures.filter { $0.0 != .unstructured }, Method.allCases)
  func everyRunOfAPatternHasItsZeros(structure: (MaskStructure, Double), method: Method) throws {
    guard case .nOfM(let zeros, let size) = structure.0 else { return }
    let problem = Problem(rows: 35, columns: 64, seed: 94)
    let orders = method == .sparseGPT ? [ColumnOrder.natural, SparseGPT.order(for: structure.0)] : [.natural]
    for order in orders {
      let weight = try Self.pruned(problem, by: method, structure.0, structure.1, order: order)
      let counts = stride(from: 0, to: weight.elements.count, by: size)
        .map { weight.elements[$0..<$0 + size].count { $0 == 0 } }
      #expect(counts == Array(repeating: zeros, count: 35 * 64 / size))
    }
  }

  @Test func sharesAreExact() throws {
    let problem = Problem(rows: 13, columns: 50, seed: 95)
    for sparsity in [0, 0.1, 0.5, 0.99] {
      let magnitude = try Self.pruned(problem, by: .magnitude, .unstructured, sparsity)
      #expect(magnitude.elements.count { $0 == 0 } == Int(Double(13 * 50) * sparsity))
      let wanda = try Self.pruned(problem, by: .wanda, .unstructured, sparsity)
      for row in 0..<13 {
        #expect((0..<50).count { wanda[row, $0] == 0 } == Int(50 * sparsity))
      }
    }
  }

  @Test(arguments: [Method.wanda, .magnitude]) func weightsThatStayAreNotTouched(method: Method) throws {
    let problem = Problem(rows: 13, columns: 48, seed: 96)
    for (structure, sparsity) in Self.structures {
      let pruned = try Self.pruned(problem, by: method, structure, sparsity)
      #expect(zip(pruned.elements, problem.weight.elements).allSatisfy { $0 == 0 || $0 == $1 })
    }
  }

  // MARK: Pruning and quantizing in one sweep

  /// Schemes that leave no doubt which zeros are meant, and one whose zeros have a code of their own.
  static let schemes = [
    Scheme("int4 group", bits: 4, strategy: .group, groupSize: 16),
    Scheme("int4 channel asymmetric", bits: 4, isSymmetric: false, strategy: .channel),
    Scheme("float8 channel", bits: 8, kind: .float, strategy: .channel),
  ]

  /// SparseGPT and then GPTQ with the factor of the first against a plain sweep that does both column by column: what is masked
  /// becomes zero, the rest is rounded on the grid of the pruned weight, and what either changes moves on.
  @Test(arguments: structures, schemes)
  func twoSweepsWithOneFactorAreOneSweepThatDoesBoth(structure: (MaskStructure, Double), scheme: Scheme) throws {
    let problem = Problem(rows: 29, columns: 64, seed: 97)
    for order in [ColumnOrder.natural, SparseGPT.order(for: structure.0)] {
      let factor = try problem.factor(order, on: Self.processor)
      let pruned = try Self.pruned(problem, by: .sparseGPT, structure.0, structure.1, order: order)
      let grid = QuantizationGrid(
        of: pruned,
        as: GridRequest(arguments: scheme.arguments, storage: .bfloat16),
        on: Self.processor
      )
      var quantized = pruned
      let result = GPTQ.quantize(&quantized, on: grid, factor: factor, blockSize: 32, processor: Self.processor)
      let plain = PlainGPTQ(rule: PlainQuantization(arguments: scheme.arguments, storage: .bfloat16)) { row, column in
        let index = row * grid.groupCount + column / grid.groupSize
        return (grid.scales[index], grid.zeroPoints?[index] ?? 0)
      }
      let verdict = plain.verdict(
        on: result.quantized.codes,
        of: problem.weight,
        prunedLike: pruned,
        moments: problem.moments,
        dampening: Problem.dampening,
        order: factor.order
      )
      // Near ties may fall either way.
      #expect(verdict.excess <= 5e-5)
      #expect(Double(verdict.differences) <= 0.005 * Double(29 * 64))
      #expect(zip(pruned.elements, quantized.elements).allSatisfy { $0 != 0 || $1 == 0 })
    }
  }

  @Test(arguments: schemes) func oneSweepIsNoWorseThanForgettingWhatPruningMoved(scheme: Scheme) throws {
    let problem = Problem(rows: 40, columns: 96, seed: 98)
    let pruned = try Self.pruned(problem, by: .sparseGPT, .nOfM(zeros: 2, of: 4), 0.5)
    let request = GridRequest(arguments: scheme.arguments, storage: .bfloat16)
    var compensated = pruned
    _ = GPTQ.quantize(
      &compensated,
      on: QuantizationGrid(of: pruned, as: request, on: Self.processor),
      factor: try problem.factor(.natural, on: Self.processor),
      blockSize: 32,
      processor: Self.processor
    )
    var nearest = pruned
    RoundToNearest.quantize(pruned, as: request, arithmetic: .float32, on: Self.processor)
      .dequantize(into: &nearest, on: Self.processor)
    #expect(problem.outputError(of: compensated) < problem.outputError(of: nearest))
  }
}
