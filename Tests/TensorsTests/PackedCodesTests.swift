import Tensors
import TestSupport
import Testing

/// Words are those that compressed-tensors 0.19 writes.
@Suite struct PackedCodesTests {
  struct Example: Sendable, CustomTestStringConvertible {
    let bitWidth: Int
    let rowCount: Int
    let codes: [Int8]
    let words: [UInt32]

    var testDescription: String { "\(codes.count) codes of \(bitWidth) bits" }
  }

  static let examples: [Example] = [
    Example(
      bitWidth: 4,
      rowCount: 2,
      codes: [-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 7, 6, 5, 4, 3, 2, 1, 0, -1, -2],
      words: [0x7654_3210, 0x0000_0098, 0x89AB_CDEF, 0x0000_0067]
    ),
    Example(bitWidth: 2, rowCount: 1, codes: [-2, -1, 0, 1, -2, -1, 0, 1, -2, -1, 0, 1], words: [0x00E4_E4E4]),
    Example(
      bitWidth: 3,
      rowCount: 1,
      codes: [-4, -3, -2, -1, 0, 1, 2, 3, -4, -3, -2, -1],
      words: [0x88FA_C688, 0x0000_0006]
    ),
    Example(
      bitWidth: 5,
      rowCount: 1,
      codes: Array(-16 ... -5),
      words: [0x8A41_8820, 0x05A9_2839]
    ),
    Example(
      bitWidth: 8,
      rowCount: 1,
      codes: Array(-128 ... -117),
      words: [0x0302_0100, 0x0706_0504, 0x0B0A_0908]
    ),
    Example(
      bitWidth: 3,
      rowCount: 1,
      codes: multiplesOfSeven(3),
      words: [0xB829_CBB8, 0xCBB8_29CB, 0x29CB_B829, 0x0029_CBB8]
    ),
    Example(
      bitWidth: 5,
      rowCount: 1,
      codes: multiplesOfSeven(5),
      words: [0x87CA_B8E0, 0x469B_F88A, 0xFAF0_48B7, 0xE80E_A6C2, 0xCC96_4ED9, 0x87CA_B8E0, 0x0000_008A]
    ),
    Example(
      bitWidth: 6,
      rowCount: 1,
      codes: multiplesOfSeven(6),
      words: [
        0xDC54_E1C0, 0x6FF8_C6A8, 0xA626_D434, 0xCC17_EDF0, 0x6BE8_85A4, 0x6522_C4F7, 0xFCD6_E9E0, 0x0000_44A0,
      ]
    ),
    Example(
      bitWidth: 7,
      rowCount: 1,
      codes: multiplesOfSeven(7),
      words: [
        0xC2A3_8380, 0xB862_A919, 0xDD49_B19F, 0xBBF0_D38A, 0x6898_C0BF, 0xAD97_A842, 0xB34A_5C47, 0xCEBB_B3E0,
        0x0022_281F,
      ]
    ),
    // A linear of two rows and groups of four, symmetric and with zero points.
    Example(
      bitWidth: 4,
      rowCount: 2,
      codes: [-8, -4, 2, 6, 7, -8, 4, 0, 2, 3, 5, 6, -2, -3, -5, -6],
      words: [0x8C0F_EA40, 0x2356_EDBA]
    ),
  ]

  @Test(arguments: examples)
  func wordsAreThoseOfCompressedTensors(example: Example) {
    let columnCount = example.codes.count / example.rowCount
    let words = PackedCodes.pack(
      example.codes,
      rowCount: example.rowCount,
      columnCount: columnCount,
      bitWidth: example.bitWidth
    )
    #expect(words == example.words)
    let codes = PackedCodes.unpack(
      example.words,
      rowCount: example.rowCount,
      columnCount: columnCount,
      bitWidth: example.bitWidth
    )
    #expect(codes == example.codes)
  }

  @Test func zeroPointsArePackedDownTheRows() {
    let zeroPoints: [Int8] = [0, 1, -8, 7, 3, -3, 2, -2, 1, -1, 5, -5, 6, -6, 7, -7, -1, 4, -2, 0]
    let words = PackedCodes.packDown(zeroPoints, rowCount: 10, columnCount: 2, bitWidth: 4)
    #expect(words == [0xFED9_AB08, 0x1237_65F9, 0x0000_0067, 0x0000_008C])
    #expect(words.map { Int32(bitPattern: $0) } == [-19_289_336, 305_620_473, 103, 140])
    #expect(PackedCodes.unpackDown(words, rowCount: 10, columnCount: 2, bitWidth: 4) == zeroPoints)
    #expect(PackedCodes.packDown([0, -1, -8, 7], rowCount: 2, columnCount: 2, bitWidth: 4) == [8, 247])
  }

  @Test(arguments: PackedCodes.bitWidths)
  func unpackingUndoesPacking(bitWidth: Int) {
    var generator = SeededGenerator(seed: UInt64(bitWidth))
    let range = Int8(-(1 << (bitWidth - 1)))...Int8(1 << (bitWidth - 1) - 1)
    for columnCount in [0, 1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 129] {
      let codes = (0..<3 * columnCount).map { _ in Int8.random(in: range, using: &generator) }
      let words = PackedCodes.pack(codes, rowCount: 3, columnCount: columnCount, bitWidth: bitWidth)
      #expect(words.count == 3 * ((columnCount * bitWidth + 31) / 32))
      #expect(PackedCodes.unpack(words, rowCount: 3, columnCount: columnCount, bitWidth: bitWidth) == codes)
      let down = PackedCodes.packDown(codes, rowCount: columnCount, columnCount: 3, bitWidth: bitWidth)
      #expect(PackedCodes.unpackDown(down, rowCount: columnCount, columnCount: 3, bitWidth: bitWidth) == codes)
    }
  }

  @Test(arguments: PackedCodes.bitWidths)
  func everyBitStandsInItsPlace(bitWidth: Int) {
    var generator = SeededGenerator(seed: UInt64(bitWidth))
    let half = 1 << (bitWidth - 1)
    for columnCount in [1, 4, 7, 8, 9, 20, 31, 32, 33, 100] {
      let codes = (0..<2 * columnCount).map { _ in Int8(Int.random(in: -half..<half, using: &generator)) }
      let width = PackedCodes.wordCount(of: columnCount, bitWidth: bitWidth)
      var words = [UInt32](repeating: 0, count: 2 * width)
      for row in 0..<2 {
        for bit in 0..<columnCount * bitWidth {
          let raised = Int(codes[row * columnCount + bit / bitWidth]) + half
          words[row * width + bit / 32] |= UInt32(raised >> (bit % bitWidth) & 1) << (bit % 32)
        }
      }
      #expect(PackedCodes.pack(codes, rowCount: 2, columnCount: columnCount, bitWidth: bitWidth) == words)
      #expect(PackedCodes.unpack(words, rowCount: 2, columnCount: columnCount, bitWidth: bitWidth) == codes)
    }
  }

  @Test func aRowOfCodesTakesWholeWords() {
    #expect(PackedCodes.wordCount(of: 10, bitWidth: 4) == 2)
    #expect(PackedCodes.wordCount(of: 4096, bitWidth: 4) == 512)
    #expect(PackedCodes.wordCount(of: 40, bitWidth: 7) == 9)
    #expect(PackedCodes.wordCount(of: 4096, bitWidth: 3) == 384)
    #expect(PackedCodes.wordCount(of: 0, bitWidth: 8) == 0)
    #expect(PackedCodes.wordCount(of: .max, bitWidth: 8) == (Int.max / 32) * 8 + 8)
  }

  @Test func theLowNibbleHoldsTheEvenColumn() {
    let weights: [Float] = [0, -0.0, 0.1, -0.1, 0.5, 1, 1.5, 2, 3, 4, 6, -6, 0.26, -0.24, 2.5, -5]
    let codes = weights.map(Float4E2M1.encode)
    let bytes: [UInt8] = [0x00, 0x80, 0x21, 0x43, 0x65, 0xF7, 0x81, 0xE4]
    #expect(PackedNibbles.pack(codes) == bytes)
    #expect(PackedNibbles.unpack(bytes) == codes)
    let halves = weights.map { Float4E2M1.encode($0 / 2) }
    #expect(PackedNibbles.pack(halves) == [0x00, 0x80, 0x10, 0x22, 0x43, 0xD5, 0x80, 0xC2])
  }

  /// Linears whose codes compressed-tensors 0.19 recorded, quantized here by the definition of their formats.
  @Test func codesOfTheWorkedLinearsFollowFromTheirScales() {
    let weights: [Float] = [-1, -0.5, 0.25, 0.75, 2, -2, 1, 0, 0.1, 0.2, 0.3, 0.4, -0.1, -0.2, -0.3, -0.35]
    func quotient(_ index: Int, _ scale: Float) -> Float {
      BFloat16.rounded(BFloat16.rounded(weights[index]) / BFloat16.rounded(scale))
    }
    let int8 = weights.indices.map { (index: Int) -> Int8 in
      let value = quotient(index, index < 8 ? 0.015625 : 0.00390625)
      return Int8(max(-128, min(127, value)).rounded(.toNearestOrEven))
    }
    #expect(int8 == [-64, -32, 16, 48, 127, -128, 64, 0, 26, 51, 77, 102, -26, -51, -77, -90])
    let float8 = weights.indices.map { (index: Int) -> UInt8 in
      Float8E4M3.encode(quotient(index, index < 8 ? 2 / 448 : 0.4 / 448))
    }
    #expect(float8 == [246, 238, 102, 114, 126, 254, 118, 0, 110, 118, 122, 126, 238, 246, 250, 252])
    let blockScales: [Float] = [1, 2, 0.5, 0.25]
    let blocks = (0..<18).map { (index: Int) -> UInt8 in
      let (row, column) = index.quotientAndRemainder(dividingBy: 6)
      return Float8E4M3.encode(Float(index + 1) / blockScales[(row / 2) * 2 + column / 4])
    }
    #expect(blocks == [56, 64, 68, 72, 66, 68, 78, 80, 81, 82, 75, 76, 93, 94, 95, 96, 104, 105])
    let mx: [Float] = [0, -0.0, 0.1, -0.1, 0.5, 1, 1.5, 2, 3, 4, 6, -6, 0.26, -0.24, 2.5, -5]
    let mxCodes = mx.map { Float8E4M3.encode(BFloat16.rounded($0) / PowerOfTwoScale.decode(121)) }
    #expect(mxCodes.dropFirst(2) == [77, 205, 96, 104, 108, 112, 116, 120, 124, 252, 88, 215, 114, 250])
  }

  private static func multiplesOfSeven(_ bitWidth: Int) -> [Int8] {
    (0..<40).map { Int8((7 * $0) % (1 << bitWidth) - 1 << (bitWidth - 1)) }
  }
}
