import Foundation
import Kernels
import Modifiers
import Tensors
import TestSupport
import Testing
import Vocabulary

struct SmoothingTests {
  private static let processor = Processor(threadCount: 2)

  private static func channels(_ problem: Problem) -> ChannelStatistics {
    var channels = ChannelStatistics(width: problem.weight.columnCount)
    channels.add(problem.inputs, tokenCount: problem.tokens, on: processor)
    return channels
  }

  private static func search(_ problem: Problem, _ scheme: Scheme, weights: [Matrix]? = nil) -> AWQSearch {
    let request = GridRequest(arguments: scheme.arguments, storage: .bfloat16)
    return AWQSearch(
      layers: (weights ?? [problem.weight]).map { AWQSearch.Layer(weight: $0, request: request) },
      channels: channels(problem),
      moments: problem.moments.symmetric(),
      repetition: 1,
      headDimension: 1,
      processor: processor
    )
  }

  /// What the layer computes, `[tokens, rows]`.
  private static func outputs(_ weight: Matrix, _ inputs: [Float], tokens: Int) -> [Double] {
    let columns = weight.columnCount
    return (0..<tokens).flatMap { token in
      (0..<weight.rowCount).map { row in
        (0..<columns).reduce(0.0) { $0 + Double(weight[row, $1]) * Double(inputs[token * columns + $1]) }
      }
    }
  }

  @Test func anyPositiveFactorsLeaveTheOutputsAsTheyAre() {
    let problem = Problem(rows: 11, columns: 30, seed: 101)
    var generator = SeededGenerator(seed: 102)
    let factors = generator.floats(30, in: 0.001...40)
    var weight = problem.weight
    weight.multiplyColumns(by: factors, on: Self.processor)
    let inputs = problem.inputs.indices.map { problem.inputs[$0] / factors[$0 % 30] }
    let before = Self.outputs(problem.weight, problem.inputs, tokens: problem.tokens)
    let after = Self.outputs(weight, inputs, tokens: problem.tokens)
    let largest = before.map(abs).max() ?? 0
    #expect(zip(before, after).allSatisfy { abs($0 - $1) <= 1e-6 * largest })
  }

  @Test func dividingTheRowsOfTheLayerBeforeDividesItsOutputs() {
    let problem = Problem(rows: 12, columns: 20, seed: 103)
    var generator = SeededGenerator(seed: 104)
    let factors = generator.floats(12, in: 0.1...9)
    var weight = problem.weight
    weight.divideRows(by: factors)
    let before = Self.outputs(problem.weight, problem.inputs, tokens: problem.tokens)
    let after = Self.outputs(weight, problem.inputs, tokens: problem.tokens)
    let largest = before.map(abs).max() ?? 0
    #expect(before.indices.allSatisfy { abs(before[$0] / Double(factors[$0 % 12]) - after[$0]) <= 1e-5 * largest })
  }

  @Test(arguments: Scheme.all, AWQParameters.DuoScaling.allCases)
  func theBestFactorsAreNoWorseThanNone(scheme: Scheme, duo: AWQParameters.DuoScaling) throws {
    let problem = Problem(rows: 24, columns: 64, seed: 105)
    let result = try #require(Self.search(problem, scheme).best(AWQParameters(gridSize: 12, duoScaling: duo)))
    #expect(result.loss <= result.plainLoss)
    #expect(result.losses.count == 12 && result.losses.min() == result.loss)
    #expect(result.factors.count == 64 && result.factors.allSatisfy { $0 > 0 && $0.isFinite })
  }

  @Test(arguments: Scheme.all) func theLossIsTheErrorOfTheOutputsOverTheirEnergy(scheme: Scheme) throws {
    let problem = Problem(rows: 24, columns: 64, seed: 106)
    let result = try #require(Self.search(problem, scheme).best(AWQParameters(gridSize: 8, duoScaling: .on)))
    var weight = problem.weight
    weight.multiplyColumns(by: result.factors, on: Self.processor)
    RoundToNearest.quantize(
      weight,
      as: GridRequest(arguments: scheme.arguments, storage: .bfloat16),
      arithmetic: .float32,
      on: Self.processor
    ).dequantize(into: &weight, on: Self.processor)
    weight.multiplyColumns(by: result.factors.map { 1 / $0 }, on: Self.processor)
    let zero = Matrix(rowCount: 24, columnCount: 64)
    let share = problem.outputError(of: weight) / problem.outputError(of: zero)
    #expect(abs(result.loss / (share * share) - 1) <= 1e-3)
  }

  @Test func lossesOfSeveralLayersAddUp() throws {
    let problem = Problem(rows: 24, columns: 64, seed: 107)
    let other = Problem(rows: 9, columns: 64, seed: 108).weight
    let scheme = Scheme.all[0]
    // Without weights, factors follow from the inputs alone and are the same for each layer.
    let parameters = AWQParameters(gridSize: 6, duoScaling: .off)
    let losses = try [[problem.weight], [other], [problem.weight, other]].map {
      try #require(Self.search(problem, scheme, weights: $0).best(parameters)).losses
    }
    for (sum, parts) in zip(losses[2], zip(losses[0], losses[1])) {
      #expect(abs(sum / (parts.0 + parts.1) - 1) <= 1e-9)
    }
  }

  @Test func whereNothingIsQuantizedNothingIsSearched() {
    let problem = Problem(rows: 4, columns: 16, seed: 109)
    let search = AWQSearch(
      layers: [AWQSearch.Layer(weight: problem.weight, request: nil)],
      channels: Self.channels(problem),
      moments: problem.moments.symmetric(),
      repetition: 1,
      headDimension: 1,
      processor: Self.processor
    )
    #expect(search.best(AWQParameters(gridSize: 5, duoScaling: .on)) == nil)
  }

  @Test func smoothQuantMovesAllOrNothingAtTheEndsOfItsStrength() {
    let problem = Problem(rows: 8, columns: 20, seed: 110)
    let ranges = Self.channels(problem).ranges
    let magnitudes = (0..<20).map { column in (0..<8).map { problem.weight[$0, column].magnitude }.max() ?? 0 }
    let all = SmoothingFactors.smoothQuant(ranges: ranges, weights: [problem.weight], strength: 1)
    let nothing = SmoothingFactors.smoothQuant(ranges: ranges, weights: [problem.weight], strength: 0)
    #expect(zip(all, ranges).allSatisfy { abs($0 / $1 - 1) <= 1e-6 })
    #expect(zip(nothing, magnitudes).allSatisfy { abs($0 * 2 * $1 - 1) <= 1e-6 })
  }

  @Test(arguments: [1, 2, 3]) func whatHeadsShareIsMergedAndSpreadAgain(repetition: Int) {
    let dimension = 4
    let values = (0..<2 * repetition * dimension).map { Float($0) }
    let merged = values.merged(repetition: repetition, dimension: dimension, max)
    let expected = (0..<2 * dimension).map { channel in
      // The largest is that of the last query head of the group.
      Float((channel / dimension * repetition + repetition - 1) * dimension + channel % dimension)
    }
    #expect(merged == expected)
    let spread = merged.spread(repetition: repetition, dimension: dimension)
    #expect(spread.count == values.count)
    for (place, value) in spread.enumerated() {
      #expect(value == merged[place / dimension / repetition * dimension + place % dimension])
    }
  }
}
