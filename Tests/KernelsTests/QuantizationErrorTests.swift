import Foundation
import Kernels
import TestSupport
import Testing

/// Sums of what rounding changes, against the formula in double precision.
struct QuantizationErrorTests {
  @Test(arguments: InstructionLevel.supported, Trial.lengths)
  func theErrorOfRoundingIsThatOfTheFormula(level: InstructionLevel, count: Int) {
    var generator = SeededGenerator(seed: 12)
    let processor = Processor(threadCount: 1, level: level)
    for (grid, zeroPoint) in [
      (Grid.integers(bitWidth: 4), Float(-3)), (.integers(bitWidth: 8), 0), (.float8, 0), (.float4, 0),
    ] {
      for power in [Float(2), 2.4, 1] {
        let scale: Float = 0.05
        let reach = 1.2 * grid.maximum * scale
        let x = generator.floats(count, in: -reach...reach)
        let expected = x.reduce(0.0) { sum, value in
          let code = QuantizationLoopTests.code(value, scale: scale, zeroPoint: zeroPoint, grid: grid)
          let number = QuantizationLoopTests.number(code, scale: scale, zeroPoint: zeroPoint, kind: grid.code)
          return sum + pow(Double(abs(number - value)), Double(power))
        }
        let error = x.withUnsafeBufferPointer {
          processor.quantizationError(of: $0, scale: scale, zeroPoint: zeroPoint, grid: grid, power: power)
        }
        // Each addition of the sum rounds once, and each power by a few units more.
        #expect(abs(Double(error) - expected) <= (Double(count) + 4) * Trial.roundoff * expected)
      }
    }
  }

  @Test(arguments: InstructionLevel.supported, Trial.lengths)
  func errorsCountByTheirImportance(level: InstructionLevel, count: Int) {
    var generator = SeededGenerator(seed: 15)
    let processor = Processor(threadCount: 1, level: level)
    let x = generator.floats(count, in: -3...3)
    let importance = generator.floats(count, in: 0...5)
    for (grid, zeroPoint) in [(Grid.integers(bitWidth: 3), Float(1)), (.float8, 0), (.float4, 0)] {
      let scale: Float = 0.4
      let expected = zip(x, importance).reduce(0.0) { sum, pair in
        let code = QuantizationLoopTests.code(pair.0, scale: scale, zeroPoint: zeroPoint, grid: grid)
        let number = QuantizationLoopTests.number(code, scale: scale, zeroPoint: zeroPoint, kind: grid.code)
        return sum + Double(pair.1) * pow(Double(abs(number - pair.0)), 2.4)
      }
      func error(_ importance: [Float]?) -> Float {
        x.withUnsafeBufferPointer { x in
          (importance ?? []).withUnsafeBufferPointer {
            processor.quantizationError(
              of: x,
              importance: importance == nil ? nil : $0.baseAddress,
              scale: scale,
              zeroPoint: zeroPoint,
              grid: grid,
              power: 2.4
            )
          }
        }
      }
      #expect(abs(Double(error(importance)) - expected) <= (Double(count) + 5) * Trial.roundoff * expected)
      #expect(error(Array(repeating: 1, count: count)) == error(nil))
    }
  }

  @Test(arguments: InstructionLevel.supported, Trial.lengths)
  func everyRunHasAnErrorOfItsOwn(level: InstructionLevel, count: Int) {
    var generator = SeededGenerator(seed: 16)
    let processor = Processor(threadCount: 1, level: level)
    let x = generator.floats(count, in: -3...3)
    let importance = generator.floats(count, in: 0...5)
    for (grid, width) in [
      (Grid.integers(bitWidth: 3), 16), (.float8, 33), (.float4, 1), (.integers(bitWidth: 8), 2000),
    ] {
      let runs = stride(from: 0, to: count, by: width).map { $0..<min($0 + width, count) }
      let scales = generator.floats(runs.count, in: 0.1...0.9)
      let zeroPoints = runs.indices.map { grid.code == .integer ? Float($0 % 3 - 1) : 0 }
      for power in [Float(2), 2.4] {
        x.withUnsafeBufferPointer { x in
          importance.withUnsafeBufferPointer { importance in
            let errors = [Float].written(runs.count) {
              processor.quantizationErrors(
                of: x,
                width: width,
                importance: importance.baseAddress,
                scales: scales,
                zeroPoints: zeroPoints,
                grid: grid,
                power: power,
                into: $0
              )
            }
            let alone = runs.indices.map { run in
              processor.quantizationError(
                of: UnsafeBufferPointer(rebasing: x[runs[run]]),
                importance: importance.baseAddress.map { $0 + runs[run].lowerBound },
                scale: scales[run],
                zeroPoint: zeroPoints[run],
                grid: grid,
                power: power
              )
            }
            #expect(errors == alone)
          }
        }
      }
    }
  }

  /// Errors from the smallest normal number to the largest, to powers from small to great: rounding to -1...0 leaves the
  /// whole of a number above zero.
  @Test(arguments: InstructionLevel.supported)
  func powersAreThoseOfTheDefinition(level: InstructionLevel) {
    var generator = SeededGenerator(seed: 17)
    let processor = Processor(threadCount: 1, level: level)
    let bounds: [Float] = [0, .leastNormalMagnitude, 1, .greatestFiniteMagnitude, 0x1.6a09e6p-1, 0x1.6a09e4p-1]
    let errors = (0..<2000).map { _ in
      Float(
        sign: .plus,
        exponent: Int.random(in: -126...127, using: &generator),
        significand: .random(in: 1..<2, using: &generator)
      )
    }
    for power in [Float(0.5), 1, 2.4, 3, 7.3, 100] {
      for error in bounds + errors {
        let found = [error].withUnsafeBufferPointer {
          processor.quantizationError(of: $0, scale: 1, zeroPoint: 0, grid: .integers(bitWidth: 1), power: power)
        }
        let expected = pow(Double(error), Double(power))
        if expected < Double(Float.leastNormalMagnitude) {
          #expect(found <= .leastNormalMagnitude)
        } else if expected >= 0x1.6ap127 {
          #expect(found >= 0x1.69p127)
        } else {
          #expect(
            abs(Double(found) - expected) <= (3 + Double(power)) * Trial.roundoff * expected,
            "\(error) to the power of \(power)"
          )
        }
      }
    }
  }
}
