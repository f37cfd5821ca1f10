import Foundation
import Kernels
import TestSupport
import Testing
import Vocabulary

/// The parts of a decoder block, each against a plain twin in float64.
struct BlockPartTests {
  /// Roundings of a formula's own operations, beside those of its sums: generous, as none has more than eight.
  private static let fewOperations = 12.0
  /// The logistic function where the loops' exponential ends: `1 / (1 + e^88.3)` is below this, and never becomes zero.
  private static let smallestLogistic = 1e-38

  @Test(arguments: InstructionLevel.supported, Trial.lengths)
  func rowsAreNormalizedByTheirRootMeanSquare(level: InstructionLevel, columns: Int) {
    var generator = SeededGenerator(seed: 1)
    let rows = 67
    let x = generator.floats(rows * columns, in: -3...3)
    let weight = generator.floats(columns, in: 0.5...2)
    let expected = (0..<rows).flatMap { row in
      let line = x[row * columns..<(row + 1) * columns].map(Double.init)
      let mean = line.reduce(0) { $0 + $1 * $1 } / Double(max(columns, 1))
      return zip(line, weight).map { $0 / (mean + Double(Float(1e-5))).squareRoot() * Double($1) }
    }
    let normed = Trial.result(level) { processor in
      .written(rows * columns) { out in
        weight.withUnsafeBufferPointer {
          let rowsOfFloats = LayerInput(out, columns: columns, type: .float32)
          processor.normalize(x, weight: $0, rows: rows, epsilon: 1e-5, into: rowsOfFloats)
        }
      }
    }
    // Each addition of the sum of squares may round once.
    let budget = (Double(columns) + Self.fewOperations) * Trial.roundoff
    #expect(excess(of: normed, over: expected) { budget * abs(expected[$0]) } <= 1)
  }

  @Test func normalizingInPlaceChangesNothing() {
    var generator = SeededGenerator(seed: 2)
    let x = generator.floats(5 * 33)
    let weight = generator.floats(33)
    let processor = Processor(threadCount: 2)
    weight.withUnsafeBufferPointer { weight in
      let width = weight.count
      let apart = [Float].written(x.count) {
        let rows = LayerInput($0, columns: width, type: .float32)
        processor.normalize(x, weight: weight, rows: 5, epsilon: 0, into: rows)
      }
      let inPlace = x.changed {
        let rows = LayerInput($0, columns: width, type: .float32)
        processor.normalize($0, weight: weight, rows: 5, epsilon: 0, into: rows)
      }
      #expect(apart == inPlace)
    }
  }

  @Test(arguments: InstructionLevel.supported, [2, 6, 8, 34, 128])
  func headsAreRotatedHalfAgainstHalf(level: InstructionLevel, dimension: Int) {
    var generator = SeededGenerator(seed: 3)
    let rows = 19
    let heads = 3
    let half = dimension / 2
    let frequencies = (0..<half).map { Float(1) / Float(1 + $0) }
    let rotation = Rotation(frequencies: frequencies, positions: rows + 4)
    let x = generator.floats(rows * heads * dimension)
    var expected = x.map(Double.init)
    for row in 0..<rows {
      for head in 0..<heads {
        for pair in 0..<half {
          let place = (row * heads + head) * dimension + pair
          let angle = Double(Float(row) * frequencies[pair])
          let (low, high) = (Double(x[place]), Double(x[place + half]))
          expected[place] = low * cos(angle) - high * sin(angle)
          expected[place + half] = high * cos(angle) + low * sin(angle)
        }
      }
    }
    let rotated = Trial.result(level) { processor in
      x.changed {
        processor.rotate(
          $0,
          rows: rows,
          stride: heads * dimension,
          heads: heads,
          headStride: dimension,
          by: rotation
        )
      }
    }
    // Cosine, sine, two products and a sum of numbers up to one.
    #expect(excess(of: rotated, over: expected) { _ in 6 * Trial.roundoff } <= 1)
  }

  @Test func rotationKeepsLengthsAndDependsOnDistanceAlone() {
    let rotation = Rotation(frequencies: [0.3, 0.7], positions: 32)
    let pair: [Float] = [0.2, -0.4, 0.9, 0.1, -0.5, 0.8, 0.3, 0.6]
    func product(_ first: Int, _ second: Int) -> Float {
      // The same two vectors at every position; their product depends on how far apart they stand.
      let rows = (0..<32).flatMap { _ in pair }
      let rotated = rows.changed {
        Processor(threadCount: 1).rotate($0, rows: 32, stride: 8, heads: 2, headStride: 4, by: rotation)
      }
      return (0..<4).reduce(0) { $0 + rotated[first * 8 + $1] * rotated[second * 8 + 4 + $1] }
    }
    #expect(abs(product(3, 7) - product(20, 24)) < 1e-6)
    #expect(abs(product(3, 7) - product(3, 8)) > 1e-3)
  }

  @Test(arguments: InstructionLevel.supported, [2, 4, 6, 32])
  func aPartOfEachHeadIsRotatedInHalvesOrInPairs(level: InstructionLevel, width: Int) {
    var generator = SeededGenerator(seed: 8)
    let (rows, heads, dimension, offset) = (150, 3, width + 5, 3)
    let frequencies = (0..<width / 2).map { Float(1) / Float(1 + $0) }
    let rotation = Rotation(frequencies: frequencies, positions: rows, magnitude: 1.25)
    let x = generator.floats(rows * heads * dimension)
    for inPairs in [false, true] {
      var expected = x.map(Double.init)
      for row in 0..<rows {
        for head in 0..<heads {
          for pair in 0..<width / 2 {
            let start = (row * heads + head) * dimension + offset
            let (one, other) =
              inPairs ? (start + 2 * pair, start + 2 * pair + 1) : (start + pair, start + pair + width / 2)
            let angle = Double(Float(row) * frequencies[pair])
            let (a, b) = (Double(x[one]), Double(x[other]))
            expected[one] = 1.25 * (a * cos(angle) - b * sin(angle))
            expected[other] = 1.25 * (b * cos(angle) + a * sin(angle))
          }
        }
      }
      let rotated = Trial.result(level) { processor in
        x.changed {
          processor.rotate(
            $0 + offset,
            rows: rows,
            stride: heads * dimension,
            heads: heads,
            headStride: dimension,
            by: rotation,
            inPairs: inPairs
          )
        }
      }
      #expect(excess(of: rotated, over: expected) { _ in 10 * Trial.roundoff } <= 1)
    }
  }

  @Test(arguments: InstructionLevel.supported, Trial.lengths)
  func rowsAreNormalizedByTheirMeanAndDeviation(level: InstructionLevel, columns: Int) {
    var generator = SeededGenerator(seed: 9)
    let rows = 67
    let x = generator.floats(rows * columns, in: -3...5)
    let (weight, bias) = (generator.floats(columns, in: 0.5...2), generator.floats(columns))
    let expected = (0..<rows).flatMap { row in
      let line = x[row * columns..<(row + 1) * columns].map(Double.init)
      let mean = line.reduce(0, +) / Double(max(columns, 1))
      let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(columns, 1))
      return line.indices.map {
        (line[$0] - mean) / (variance + Double(Float(1e-5))).squareRoot() * Double(weight[$0]) + Double(bias[$0])
      }
    }
    let normed = Trial.result(level) { processor in
      .written(rows * columns) { out in
        weight.withUnsafeBufferPointer { weight in
          bias.withUnsafeBufferPointer { bias in
            let rowsOfFloats = LayerInput(out, columns: columns, type: .float32)
            processor.normalize(x, weight: weight, bias: bias, rows: rows, epsilon: 1e-5, into: rowsOfFloats)
          }
        }
      }
    }
    // The mean's rounding counts as often as numbers are larger than their deviation; one column has none at all.
    let deviation = columns == 1 ? Double(Float(1e-5)).squareRoot() : 0.3
    let budget = (Double(columns) + Self.fewOperations) * Trial.roundoff * 10 / deviation
    #expect(excess(of: normed, over: expected) { budget * (1 + abs(expected[$0])) } <= 1)
  }

  /// What each activation is on paper.
  private static func value(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .silu: x / (1 + exp(-x))
    case .gelu: x / 2 * (1 + erf(x / 2.0.squareRoot()))
    case .geluTanh: x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .relu: max(x, 0)
    }
  }

  /// How far the loops' error function and hyperbolic tangent may be from theirs, beside roundings.
  private static func slack(_ activation: Activation) -> Double {
    switch activation {
    case .gelu: 1.5e-7
    case .geluTanh: 4 * Trial.roundoff
    case .silu, .relu: 0
    }
  }

  @Test(arguments: InstructionLevel.supported, Activation.allCases)
  func activationsAndTheirProductsAreThoseOfTheFormulas(level: InstructionLevel, activation: Activation) {
    for count in Trial.lengths {
      var generator = SeededGenerator(seed: 4)
      let edges: [Float] = [0, -0.0, 1, -1, 88, -88, 87.3, -87.3, 200, -200, 1e4, -1e4, 1e-30]
      let gate = Array(edges.prefix(count)) + generator.floats(max(count - edges.count, 0), in: -30...30)
      let up = generator.floats(count, in: -2...2)
      let values = gate.map { Self.value(activation, Double($0)) }
      let budget = Self.fewOperations * Trial.roundoff
      func bound(_ index: Int, _ factor: Double) -> Double {
        let size = Double(abs(gate[index])) * factor
        return budget * abs(values[index]) * factor + (Self.slack(activation) + Self.smallestLogistic) * size + 1e-37
      }
      let products = Trial.result(level) { processor in
        gate.changed {
          let rows = LayerInput($0, columns: count, type: .float32)
          processor.multiply($0, through: activation, by: up, stride: count, rows: 1, into: rows)
        }
      }
      let expected = zip(values, up).map { $0 * Double($1) }
      #expect(excess(of: products, over: expected) { bound($0, Double(abs(up[$0]))) } <= 1)
      let applied = Trial.result(level) { processor in
        gate.changed {
          processor.apply(activation, to: $0, rows: 1, into: LayerInput($0, columns: count, type: .float32))
        }
      }
      #expect(excess(of: applied, over: values) { bound($0, 1) } <= 1)
    }
  }

  @Test(arguments: InstructionLevel.supported, Trial.lengths)
  func numbersAreCappedAndScaledSumsAdded(level: InstructionLevel, count: Int) {
    var generator = SeededGenerator(seed: 12)
    let (x, y) = (generator.floats(count, in: -90...90), generator.floats(count))
    let capped = Trial.result(level) { processor in x.changed { processor.softCap($0, at: 30, count: count) } }
    #expect(excess(of: capped, over: x.map { 30 * tanh(Double($0) / 30) }) { _ in 30 * 8 * Trial.roundoff } <= 1)
    let sums = Trial.result(level) { processor in
      x.changed { processor.add(y, times: 0.75, to: $0, count: count) }
    }
    #expect(excess(of: sums, over: zip(x, y).map { Double($0) + 0.75 * Double($1) }) { _ in 91 * Trial.roundoff } <= 1)
  }

  @Test func longSiluProductsAreIndependentOfThreads() {
    var generator = SeededGenerator(seed: 5)
    let gate = generator.floats(200_001, in: -8...8)
    let up = generator.floats(200_001)
    let products = Trial.result(.best) { processor in
      gate.changed {
        let rows = LayerInput($0, columns: gate.count, type: .float32)
        processor.multiply($0, through: .silu, by: up, stride: gate.count, rows: 1, into: rows)
      }
    }
    let expected = zip(gate, up).map { Double($0) / (1 + exp(-Double($0))) * Double($1) }
    #expect(excess(of: products, over: expected) { Self.fewOperations * Trial.roundoff * abs(expected[$0]) } <= 1)
  }

  @Test(arguments: InstructionLevel.supported, Trial.lengths)
  func aBiasIsAddedToEveryRow(level: InstructionLevel, columns: Int) {
    var generator = SeededGenerator(seed: 6)
    let rows = 130
    let x = generator.floats(rows * columns)
    let bias = generator.floats(columns)
    let sums = Trial.result(level) { processor in
      x.changed { start in bias.withUnsafeBufferPointer { processor.addBias($0, to: start, rows: rows) } }
    }
    #expect(sums == x.indices.map { x[$0] + bias[$0 % columns] })
  }

  @Test(arguments: InstructionLevel.supported, Trial.lengths)
  func logSumExpIsThatOfTheFormula(level: InstructionLevel, count: Int) {
    var generator = SeededGenerator(seed: 7)
    let processor = Processor(threadCount: 1, level: level)
    for (offset, spread) in [(Float(0), Float(1)), (1000, 20), (-1000, 20), (0, 300)] {
      let x = generator.floats(count, in: offset - spread...offset + spread)
      let result = x.withUnsafeBufferPointer { processor.logSumExp($0) }
      guard let top = x.max() else {
        #expect(result == -.infinity)
        continue
      }
      let expected = Double(top) + log(x.reduce(0) { $0 + exp(Double($1) - Double(top)) })
      // The logarithm turns the relative error of the sum into an absolute one.
      let budget = (Double(count) + Self.fewOperations + abs(expected) + Double(spread)) * Trial.roundoff
      #expect(abs(Double(result) - expected) <= budget)
    }
  }
}
