/// Signed integer codes of 1 to 8 bits as the dense bit stream of "pack-quantized" checkpoints.
///
/// Code `i` of a line, raised by `2^(bitWidth − 1)`, stands at bits `i · bitWidth ..< (i + 1) · bitWidth` of the line's
/// little-endian stream of 32-bit words; what is left of the last word is zero bits. Words are stored as `I32`; here
/// they are `UInt32` with the same bits.
package enum PackedCodes {
  /// The widths that can be packed, in bits.
  package static let bitWidths = 1...8

  /// The number of 32-bit words that hold `count` codes.
  ///
  /// - Precondition: `bitWidth` is in `bitWidths`.
  package static func wordCount(of count: Int, bitWidth: Int) -> Int {
    precondition(bitWidths ~= bitWidth, "codes have 1 to 8 bits")
    return (count / 32) * bitWidth + ((count % 32) * bitWidth + 31) / 32
  }

  /// Packs codes along their rows.
  ///
  /// - Parameters:
  ///   - codes: `[rowCount, columnCount]`, each in `-2^(bitWidth-1) ..< 2^(bitWidth-1)`.
  ///   - rowCount: Rows of `codes`.
  ///   - columnCount: Columns of `codes`.
  ///   - bitWidth: Bits per code, in `bitWidths`.
  /// - Returns: Words, `[rowCount, wordCount(of: columnCount, bitWidth: bitWidth)]`.
  package static func pack(_ codes: [Int8], rowCount: Int, columnCount: Int, bitWidth: Int) -> [UInt32] {
    precondition(codes.count == rowCount * columnCount, "there is one code for each place")
    let width = wordCount(of: columnCount, bitWidth: bitWidth)
    var words = [UInt32](repeating: 0, count: rowCount * width)
    for row in 0..<rowCount {
      for column in 0..<columnCount {
        let bits = unsignedCode(codes[row * columnCount + column], bitWidth: bitWidth)
        let position = BitPosition(of: column, bitWidth: bitWidth)
        words[row * width + position.word] |= bits << position.shift
        if position.shift + bitWidth > 32 {
          words[row * width + position.word + 1] |= bits >> (32 - position.shift)
        }
      }
    }
    return words
  }

  /// Unpacks what `pack` made.
  ///
  /// - Parameters:
  ///   - words: `[rowCount, wordCount(of: columnCount, bitWidth: bitWidth)]`.
  ///   - rowCount: Rows of the codes.
  ///   - columnCount: Columns of the codes.
  ///   - bitWidth: Bits per code, in `bitWidths`.
  /// - Returns: Codes, `[rowCount, columnCount]`.
  package static func unpack(_ words: [UInt32], rowCount: Int, columnCount: Int, bitWidth: Int) -> [Int8] {
    let width = wordCount(of: columnCount, bitWidth: bitWidth)
    precondition(words.count == rowCount * width, "each row of codes has its words")
    var codes: [Int8] = []
    codes.reserveCapacity(rowCount * columnCount)
    for row in 0..<rowCount {
      for column in 0..<columnCount {
        let position = BitPosition(of: column, bitWidth: bitWidth)
        var bits = words[row * width + position.word] >> position.shift
        if position.shift + bitWidth > 32 {
          bits |= words[row * width + position.word + 1] << (32 - position.shift)
        }
        codes.append(signedCode(bits, bitWidth: bitWidth))
      }
    }
    return codes
  }

  /// Packs codes down their columns, as zero points are stored.
  ///
  /// - Parameters:
  ///   - codes: `[rowCount, columnCount]`, each in `-2^(bitWidth-1) ..< 2^(bitWidth-1)`.
  ///   - rowCount: Rows of `codes`.
  ///   - columnCount: Columns of `codes`.
  ///   - bitWidth: Bits per code, in `bitWidths`.
  /// - Returns: Words, `[wordCount(of: rowCount, bitWidth: bitWidth), columnCount]`.
  package static func packDown(_ codes: [Int8], rowCount: Int, columnCount: Int, bitWidth: Int) -> [UInt32] {
    precondition(codes.count == rowCount * columnCount, "there is one code for each place")
    let lines = transposed(codes, rowCount: rowCount, columnCount: columnCount)
    let words = pack(lines, rowCount: columnCount, columnCount: rowCount, bitWidth: bitWidth)
    return transposed(words, rowCount: columnCount, columnCount: wordCount(of: rowCount, bitWidth: bitWidth))
  }

  /// Unpacks what `packDown` made.
  ///
  /// - Parameters:
  ///   - words: `[wordCount(of: rowCount, bitWidth: bitWidth), columnCount]`.
  ///   - rowCount: Rows of the codes.
  ///   - columnCount: Columns of the codes.
  ///   - bitWidth: Bits per code, in `bitWidths`.
  /// - Returns: Codes, `[rowCount, columnCount]`.
  package static func unpackDown(_ words: [UInt32], rowCount: Int, columnCount: Int, bitWidth: Int) -> [Int8] {
    let height = wordCount(of: rowCount, bitWidth: bitWidth)
    precondition(words.count == height * columnCount, "each column of codes has its words")
    let lines = transposed(words, rowCount: height, columnCount: columnCount)
    let codes = unpack(lines, rowCount: columnCount, columnCount: rowCount, bitWidth: bitWidth)
    return transposed(codes, rowCount: columnCount, columnCount: rowCount)
  }

  private static func unsignedCode(_ code: Int8, bitWidth: Int) -> UInt32 {
    let raised = Int(code) + 1 << (bitWidth - 1)
    precondition(0..<(1 << bitWidth) ~= raised, "a code fits its width")
    return UInt32(raised)
  }

  private static func signedCode(_ bits: UInt32, bitWidth: Int) -> Int8 {
    Int8(Int(bits & (1 << UInt32(bitWidth) - 1)) - 1 << (bitWidth - 1))
  }

  private static func transposed<Element>(_ elements: [Element], rowCount: Int, columnCount: Int) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(elements.count)
    for column in 0..<columnCount {
      for row in 0..<rowCount {
        result.append(elements[row * columnCount + column])
      }
    }
    return result
  }
}

/// Where a code begins in the stream of its line.
private struct BitPosition {
  let word: Int
  let shift: Int

  init(of index: Int, bitWidth: Int) {
    let bit = index * bitWidth
    word = bit / 32
    shift = bit % 32
  }
}
