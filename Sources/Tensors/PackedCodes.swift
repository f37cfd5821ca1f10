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
    codes.withUnsafeBufferPointer { pack($0, rowCount: rowCount, columnCount: columnCount, bitWidth: bitWidth) }
  }

  /// The same of codes that lie in somebody's memory.
  package static func pack(
    _ codes: UnsafeBufferPointer<Int8>,
    rowCount: Int,
    columnCount: Int,
    bitWidth: Int
  ) -> [UInt32] {
    precondition(codes.count == rowCount * columnCount, "there is one code for each place")
    let width = wordCount(of: columnCount, bitWidth: bitWidth)
    let lanes = CodeLanes(bitWidth: bitWidth)
    return [UInt32](unsafeUninitializedCapacity: rowCount * width) { words, initializedCount in
      var invalid: UInt64 = 0
      for row in 0..<rowCount {
        let line = UnsafeRawBufferPointer(
          rebasing: UnsafeRawBufferPointer(codes)[row * columnCount..<(row + 1) * columnCount]
        )
        var stream = WordWriter(words, from: row * width)
        for column in stride(from: 0, to: columnCount, by: CodeLanes.count) {
          let count = min(CodeLanes.count, columnCount - column)
          let bytes = line.lanes(at: column, count: count)
          invalid |= lanes.excess(bytes)
          let bits = lanes.closed(bytes)
          let half = min(count, 4) * bitWidth
          stream.append(bits & (1 &<< half - 1), count: half)
          if count > 4 {
            stream.append(bits &>> half & (1 &<< ((count - 4) * bitWidth) - 1), count: (count - 4) * bitWidth)
          }
        }
        stream.finish()
      }
      precondition(invalid == 0, "a code fits its width")
      initializedCount = rowCount * width
    }
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
    let lanes = CodeLanes(bitWidth: bitWidth)
    return [Int8](unsafeUninitializedCapacity: rowCount * columnCount) { codes, initializedCount in
      words.withUnsafeBufferPointer { words in
        for row in 0..<rowCount {
          let line = UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(codes)[row * columnCount..<(row + 1) * columnCount]
          )
          var stream = WordReader(words, from: row * width)
          for column in stride(from: 0, to: columnCount, by: CodeLanes.count) {
            let count = min(CodeLanes.count, columnCount - column)
            let half = min(count, 4) * bitWidth
            var bits = stream.next(half)
            if count > 4 { bits |= stream.next((count - 4) * bitWidth) << half }
            line.store(lanes.opened(bits), at: column, count: count)
          }
        }
      }
      initializedCount = rowCount * columnCount
    }
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
