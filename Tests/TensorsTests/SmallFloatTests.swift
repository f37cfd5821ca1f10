import Tensors
import TestSupport
import Testing
import Vocabulary

@Suite struct SmallFloatTests {
  @Test(
    arguments: [
      (1, 0x3F80), (-2, 0xC000), (0, 0), (-0.0, 0x8000), (.infinity, 0x7F80), (-.infinity, 0xFF80),
      // Halfway between two neighbours goes to the even one; a bit more goes up.
      (0x1.01p0, 0x3F80), (0x1.03p0, 0x3F82), (0x1.010002p0, 0x3F81),
      (Float.greatestFiniteMagnitude, 0x7F80), (Float.leastNonzeroMagnitude, 0), (0x1p-133, 1),
    ] as [(Float, UInt16)]
  )
  func bfloat16RoundsToNearestEven(value: Float, bits: UInt16) {
    #expect(BFloat16.encode(value) == bits)
  }

  @Test(
    arguments: [
      (1, 0x3C00), (-2, 0xC000), (0, 0), (-0.0, 0x8000), (65_504, 0x7BFF), (65_519.996, 0x7BFF),
      (65_520, 0x7C00), (-70_000, 0xFC00), (.infinity, 0x7C00), (0x1p-14, 0x0400), (0x1p-24, 1), (0x1p-25, 0),
      (0x1.8p-24, 2), (0x1.000002p-25, 1), (0x1.ff8p-15, 0x03FF), (0x1.ffcp-15, 0x0400), (0x1.002p0, 0x3C00),
      (0x1.006p0, 0x3C02), (Float.leastNonzeroMagnitude, 0),
    ] as [(Float, UInt16)]
  )
  func halfRoundsToNearestEven(value: Float, bits: UInt16) {
    #expect(Binary16.encode(value) == bits)
  }

  @Test(
    arguments: [
      (448, 0x7E), (1000, 0x7E), (-.infinity, 0xFE), (.infinity, 0x7E), (0, 0), (-0.0, 0x80), (1, 0x38),
      (-1, 0xB8), (0x1p-9, 1), (0x1p-10, 0), (0x1.8p-9, 2), (0x1.000002p-10, 1), (0x1p-6, 8), (0x1.ep-7, 8),
      (17, 0x58), (19, 0x5A), (0x1.1p0, 0x38), (0x1.3p0, 0x3A), (440, 0x7E), (432, 0x7E), (431.9, 0x7D),
    ] as [(Float, UInt8)]
  )
  func float8RoundsToNearestEvenAndSaturates(value: Float, code: UInt8) {
    #expect(Float8E4M3.encode(value) == code)
  }

  @Test func everyPatternComesBackFromItsValue() {
    for bits in UInt16.min...UInt16.max {
      let brain = BFloat16.decode(bits)
      if brain.isNaN {
        #expect(BFloat16.encode(brain) == bits | 0x0040)
      } else {
        #expect(BFloat16.encode(brain) == bits)
      }
      let half = Binary16.decode(bits)
      if half.isNaN {
        #expect(Binary16.encode(half) == (bits & 0x8000) | 0x7E00)
      } else {
        #expect(Binary16.encode(half) == bits)
      }
    }
    for code in UInt8.min...UInt8.max {
      #expect(Float8E4M3.encode(Float8E4M3.decode(code)) == code)
    }
  }

  @Test func float8HasNaNAtTwoCodesOnly() {
    #expect((0...UInt8.max).filter { Float8E4M3.decode($0).isNaN } == [0x7F, 0xFF])
    #expect((0...UInt8.max).map(Float8E4M3.decode).filter { !$0.isNaN }.max() == Float8E4M3.largest)
  }

  /// Encoding is compared with a search for the nearest of all finite values, ties to the even pattern.
  @Test func encodersAgreeWithASearchForTheNearestValue() {
    var generator = SeededGenerator(seed: 7)
    let float8 = (0..<UInt8(0x7F)).map(Float8E4M3.decode)
    let halves = (0..<UInt16(0x7C00)).map(Binary16.decode)
    for _ in 0..<400 {
      let value = Float.random(in: 0...448, using: &generator) * (Bool.random(using: &generator) ? 1 : 0x1p-12)
      #expect(Int(Float8E4M3.encode(value)) == nearest(to: value, among: float8))
      #expect(Int(Binary16.encode(value)) == nearest(to: value, among: halves))
    }
  }

  @Test(
    arguments: [
      (0, 0), (-0.0, 0), (0.1, 0), (-0.1, 8), (0.25, 0), (-0.25, 8), (0.26, 1), (0.749, 1), (0.75, 2),
      (1.25, 2), (1.26, 3), (1.75, 4), (2.5, 4), (2.51, 5), (3.5, 6), (5, 6), (5.01, 7), (-6, 15), (1000, 7),
      (-.infinity, 15),
    ] as [(Float, UInt8)]
  )
  func float4TiesGoToTheEvenCode(value: Float, code: UInt8) {
    #expect(Float4E2M1.encode(value) == code)
  }

  @Test func float4DecodesWhatItEncodes() {
    for code in UInt8(0)..<16 where code != 8 {
      #expect(Float4E2M1.encode(Float4E2M1.decode(code)) == code)
    }
  }

  @Test(
    arguments: [
      (1.74, 125), (1.75, 126), (6, 127), (7, 128), (0, 0), (1, 125),
    ] as [(Float, UInt8)]
  )
  func aPowerOfTwoScaleGoesUpFromThreeQuarters(maximum: Float, code: UInt8) {
    for type in [ElementType.bfloat16, .float16, .float32] {
      #expect(PowerOfTwoScale.encode(groupMaximum: maximum, of: type, element: .float4) == code)
      #expect(PowerOfTwoScale.encode(groupMaximum: maximum, of: type, element: .float8) == (code == 0 ? 0 : code - 6))
    }
  }

  @Test func aPowerOfTwoScaleIsItsExponent() {
    #expect(PowerOfTwoScale.decode(127) == 1)
    #expect(PowerOfTwoScale.decode(121) == 0x1p-6)
    #expect(PowerOfTwoScale.decode(0) == 0x1p-127)
    #expect(PowerOfTwoScale.decode(254) == 0x1p127)
    #expect(PowerOfTwoScale.decode(255).isNaN)
  }

  private func nearest(to value: Float, among values: [Float]) -> Int? {
    values.indices.min { left, right in
      let (leftError, rightError) = (abs(Double(values[left] - value)), abs(Double(values[right] - value)))
      return leftError == rightError ? left.isMultiple(of: 2) : leftError < rightError
    }
  }
}
