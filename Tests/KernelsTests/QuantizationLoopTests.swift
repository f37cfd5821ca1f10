import Kernels
import Tensors
import TestSupport
import Testing

/// The loops between floats and codes, bit for bit.
struct QuantizationLoopTests {
  /// Integer grids of every width, and small floats.
  static let grids = (2...8).map { Grid.integers(bitWidth: $0) } + [Grid.float8, .float4]
  private static let scales: [Float] = [1, 0.1, 0.007_812_5, 3e-5, 17]

  /// The code of one number, as the definition says.
  static func code(_ x: Float, scale: Float, zeroPoint: Float, grid: Grid) -> UInt8 {
    let value = min(max(x / scale + zeroPoint, grid.minimum), grid.maximum)
    return switch grid.code {
    case .float8: Float8E4M3.encode(value)
    case .float4: Float4E2M1.encode(value)
    case .integer: UInt8(bitPattern: Int8(value.rounded(.toNearestOrEven)))
    }
  }

  static func number(_ code: UInt8, scale: Float, zeroPoint: Float, kind: Grid.Code) -> Float {
    switch kind {
    case .float8: Float8E4M3.decode(code) * scale
    case .float4: Float4E2M1.decode(code) * scale
    case .integer: (Float(Int8(bitPattern: code)) - zeroPoint) * scale
    }
  }

  private static func codes(_ x: [Float], scale: Float, zeroPoint: Float, grid: Grid, on processor: Processor)
    -> [UInt8]
  {
    var codes = [UInt8](repeating: 0xAA, count: x.count + 1)
    codes.withUnsafeMutableBufferPointer { out in
      guard let start = out.baseAddress else { return }
      x.withUnsafeBufferPointer {
        processor.quantize($0, scale: scale, zeroPoint: zeroPoint, grid: grid, into: start)
      }
    }
    // The byte behind the last code is no part of the run.
    return codes.last == 0xAA ? Array(codes.dropLast()) : []
  }

  @Test func gridsHaveTheirBounds() {
    for bitWidth in 2...8 {
      let grid = Grid.integers(bitWidth: bitWidth)
      #expect(grid.minimum == -Float(1 << (bitWidth - 1)) && grid.maximum == -grid.minimum - 1 && grid.code == .integer)
      #expect(grid.halfRange == Float((1 << bitWidth) - 1) / 2)
    }
    #expect(Grid.float8.maximum == Float8E4M3.largest && Grid.float8.halfRange == 448)
    #expect(Grid.float4.maximum == Float4E2M1.largest && Grid.float4.halfRange == 6)
  }

  @Test(arguments: InstructionLevel.supported, Trial.lengths)
  func codesAreThoseOfTheDefinition(level: InstructionLevel, count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let processor = Processor(threadCount: 1, level: level)
    for grid in Self.grids {
      for scale in Self.scales {
        let reach = 1.3 * grid.maximum * scale
        let x = generator.floats(count, in: -reach...reach)
        let zeroPoint = grid.code == .integer ? Float(Int.random(in: -2...1, using: &generator)) : 0
        #expect(
          Self.codes(x, scale: scale, zeroPoint: zeroPoint, grid: grid, on: processor)
            == x.map { Self.code($0, scale: scale, zeroPoint: zeroPoint, grid: grid) }
        )
      }
    }
  }

  @Test(arguments: InstructionLevel.supported)
  func tiesGoToTheEvenInteger(level: InstructionLevel) {
    let processor = Processor(threadCount: 1, level: level)
    let halves = (-300...300).map { Float($0) / 2 }
    for grid in Self.grids.filter({ $0.code == .integer }) {
      #expect(
        Self.codes(halves, scale: 1, zeroPoint: 0, grid: grid, on: processor)
          == halves.map { Self.code($0, scale: 1, zeroPoint: 0, grid: grid) }
      )
    }
    let codes = Self.codes(
      [0.5, 1.5, 2.5, -0.5, -1.5],
      scale: 1,
      zeroPoint: 0,
      grid: .integers(bitWidth: 8),
      on: processor
    )
    #expect(codes.map { Int8(bitPattern: $0) } == [0, 2, 2, 0, -2])
  }

  @Test(arguments: InstructionLevel.supported)
  func everyFloat8AndEveryTieBetweenTwoIsCoded(level: InstructionLevel) {
    let values = Float8E4M3.values.filter { !$0.isNaN }.sorted()
    let ties = zip(values, values.dropFirst()).map { ($0 + $1) / 2 }
    var floats: [Float] = (values + ties).flatMap { [$0.nextDown, $0, $0.nextUp] }
    floats += [1e30, -1e30, 0x1p-140, -0x1p-10]
    let codes = Self.codes(floats, scale: 1, zeroPoint: 0, grid: .float8, on: Processor(threadCount: 1, level: level))
    #expect(codes == floats.map { Float8E4M3.encode($0) })
  }

  @Test(arguments: InstructionLevel.supported)
  func everyCodeStandsForItsNumber(level: InstructionLevel) {
    let processor = Processor(threadCount: 1, level: level)
    for kind in [Grid.Code.integer, .float8, .float4] {
      let all = (0...(kind == .float4 ? 15 : UInt8.max)).map { $0 }
      for scale in Self.scales {
        for zeroPoint in kind == .integer ? [Float(0), -8, 3] : [0] {
          let numbers = [Float].written(all.count) { out in
            all.withUnsafeBufferPointer {
              processor.dequantize($0, scale: scale, zeroPoint: zeroPoint, code: kind, into: out)
            }
          }
          let expected = all.map { Self.number($0, scale: scale, zeroPoint: zeroPoint, kind: kind) }
          #expect(zip(numbers, expected).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN })
        }
      }
    }
  }

  @Test(arguments: InstructionLevel.supported, Trial.lengths)
  func rangesAreThoseOfEachRun(level: InstructionLevel, count: Int) {
    var generator = SeededGenerator(seed: 11)
    let x = generator.floats(count)
    let processor = Processor(threadCount: 1, level: level)
    for width in [1, 4, 16, 33, 128, 2000] {
      let runs = stride(from: 0, to: count, by: width).map { x[$0..<min($0 + width, count)] }
      let (minima, maxima) = (FloatBuffer(zeros: runs.count), FloatBuffer(zeros: runs.count))
      x.withUnsafeBufferPointer {
        processor.ranges(of: $0, width: width, minima: minima.start, maxima: maxima.start)
      }
      #expect(Array(minima[0..<runs.count]) == runs.compactMap { $0.min() })
      #expect(Array(maxima[0..<runs.count]) == runs.compactMap { $0.max() })
    }
  }

  @Test(arguments: InstructionLevel.supported, Trial.lengths)
  func rowsAreRoundedToGridsOfTheirOwn(level: InstructionLevel, columns: Int) {
    var generator = SeededGenerator(seed: 13)
    let rows = 67
    for grid in [Grid.integers(bitWidth: 8), .integers(bitWidth: 4), .float8, .float4] {
      var x = generator.floats(rows * columns, in: -5...5)
      for place in 0..<columns { x[place] = 0 }
      let expected = (0..<rows).flatMap { row in
        let line = x[row * columns..<(row + 1) * columns]
        let top = line.map(\.magnitude).max() ?? 0
        let scale = top > 0 ? top / grid.halfRange : Float.ulpOfOne
        return line.map { value in
          let code = Self.code(value, scale: scale, zeroPoint: 0, grid: grid)
          return Self.number(code, scale: scale, zeroPoint: 0, kind: grid.code)
        }
      }
      let rounded = Trial.result(level) { processor in
        x.changed { processor.fakeQuantizeRows($0, rows: rows, columns: columns, grid: grid) }
      }
      #expect(rounded == expected)
    }
  }

  @Test(arguments: InstructionLevel.supported)
  func aRowOfTheSmallestFloatsStaysFinite(level: InstructionLevel) {
    let processor = Processor(threadCount: 1, level: level)
    for grid in [Grid.integers(bitWidth: 8), .float8, .float4] {
      let row: [Float] = [.leastNonzeroMagnitude, 0, -.leastNonzeroMagnitude, 0]
      let rounded = row.changed { processor.fakeQuantizeRows($0, rows: 1, columns: 4, grid: grid) }
      #expect(rounded.allSatisfy { $0.magnitude <= 1e-30 })
    }
  }

  @Test(arguments: InstructionLevel.supported, Trial.lengths)
  func fourBitCodesArePackedAsTheReferencePacksThem(level: InstructionLevel, count: Int) {
    var generator = SeededGenerator(seed: 14)
    let codes = (0..<count).map { _ in Int8.random(in: -8...7, using: &generator) }
    let wordCount = PackedCodes.wordCount(of: count, bitWidth: 4)
    var words = [UInt32](repeating: 0xDEAD_BEEF, count: wordCount + 1)
    words.withUnsafeMutableBufferPointer { out in
      guard let start = out.baseAddress else { return }
      codes.withUnsafeBufferPointer { Processor(threadCount: 1, level: level).packInt4($0, into: start) }
    }
    #expect(Array(words.dropLast()) == PackedCodes.pack(codes, rowCount: 1, columnCount: count, bitWidth: 4))
    #expect(words.last == 0xDEAD_BEEF)
  }
}
