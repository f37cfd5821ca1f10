import Kernels
import Tensors
import Testing

/// Float4 codes, one by one.
struct Float4LoopTests {
  private static func codes(_ x: [Float], scale: Float = 1, on level: InstructionLevel) -> [UInt8] {
    var codes = [UInt8](repeating: 0xAA, count: x.count)
    codes.withUnsafeMutableBufferPointer { out in
      guard let start = out.baseAddress else { return }
      x.withUnsafeBufferPointer {
        Processor(threadCount: 1, level: level)
          .quantize($0, scale: scale, zeroPoint: 0, grid: .float4, into: start)
      }
    }
    return codes
  }

  @Test(arguments: InstructionLevel.supported)
  func everyFloat4AndEveryTieBetweenTwoIsCoded(level: InstructionLevel) {
    let values = Float4E2M1.values.sorted()
    let ties = zip(values, values.dropFirst()).map { ($0 + $1) / 2 }
    var floats = (values + ties).flatMap { [$0.nextDown, $0, $0.nextUp] }
    floats += [1e30, -1e30, 0x1p-140, -0x1p-140, .infinity, -.infinity]
    // An odd number of them, so that a loop's remainder is tried too.
    if floats.count % 2 == 0 { floats.append(0.3) }
    #expect(Self.codes(floats, on: level) == floats.map { Float4E2M1.encode($0) })
  }

  @Test(arguments: InstructionLevel.supported)
  func tiesGoToTheEvenCodeAndWhatIsTooLargeToTheLargest(level: InstructionLevel) {
    let ties: [Float] = [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5, 7]
    #expect(Self.codes(ties, on: level) == [0, 2, 2, 4, 4, 6, 6, 7])
    #expect(Self.codes(ties.map { -$0 }, on: level) == [8, 10, 10, 12, 12, 14, 14, 15])
  }

  @Test(arguments: InstructionLevel.supported)
  func aMinusZeroIsAPlainZeroAndASmallNegativeNumberAMinusZero(level: InstructionLevel) {
    #expect(Self.codes([0, -0.0, -1e-9, 1e-9], on: level) == [0, 0, 8, 0])
  }

  @Test(arguments: InstructionLevel.supported)
  func everyCodeIsTheCodeOfItsNumber(level: InstructionLevel) {
    let processor = Processor(threadCount: 1, level: level)
    let all = (0..<UInt8(16)).map { $0 }
    for scale in [Float(1), 0.125, 3.7] {
      let numbers = [Float].written(16) { out in
        all.withUnsafeBufferPointer {
          processor.dequantize($0, scale: scale, zeroPoint: 0, code: .float4, into: out)
        }
      }
      // Minus zero is a number whose code is plain zero's.
      #expect(Self.codes(numbers, scale: scale, on: level) == all.map { $0 == 8 ? 0 : $0 })
      #expect(numbers == Float4E2M1.values.map { $0 * scale })
    }
  }
}
