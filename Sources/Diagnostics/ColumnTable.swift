/// Scalar counts at some places of very long lines, so that a column is found without counting from the line's start.
struct ColumnTable: Hashable, Sendable {
  /// A byte offset at which a scalar begins, and the scalars of its line before it.
  private struct Mark: Hashable {
    let offset: Int
    let scalarCount: Int
  }

  /// Bytes between two marks, about; shorter lines have none.
  private static let stride = 4_096

  /// By ascending offset.
  private let marks: [Mark]

  init(_ bytes: [UInt8], lines: LineTable) {
    var marks: [Mark] = []
    // In a short text no line is long.
    guard bytes.count > ColumnTable.stride else {
      self.marks = marks
      return
    }
    for line in 1...lines.count {
      let range = lines.range(ofLine: line)
      var (offset, scalarCount) = (range.lowerBound, 0)
      while range.upperBound - offset > ColumnTable.stride {
        let next = ColumnTable.boundary(from: offset + ColumnTable.stride, in: bytes)
        scalarCount += String(decoding: bytes[offset..<next], as: UTF8.self).unicodeScalars.count
        offset = next
        marks.append(Mark(offset: offset, scalarCount: scalarCount))
      }
    }
    self.marks = marks
  }

  /// The scalars between a line's start and an offset in that line.
  func scalarCount(from start: Int, to offset: Int, in bytes: [UInt8]) -> Int {
    var (low, high) = (0, marks.count)
    while low < high {
      let middle = (low + high) / 2
      if marks[middle].offset <= offset { low = middle + 1 } else { high = middle }
    }
    var (begin, count) = (min(start, offset), 0)
    if low > 0, marks[low - 1].offset > start {
      (begin, count) = (marks[low - 1].offset, marks[low - 1].scalarCount)
    }
    return count + String(decoding: bytes[begin..<offset], as: UTF8.self).unicodeScalars.count
  }

  /// The first offset at or after one where decoding may begin anew: not within a sequence of UTF-8.
  private static func boundary(from offset: Int, in bytes: [UInt8]) -> Int {
    // A sequence has three continuation bytes at most; a fourth one belongs to none.
    let continuationLimit = 3
    var next = offset
    while next < bytes.count, next < offset + continuationLimit, bytes[next] & 0xC0 == 0x80 { next += 1 }
    return next
  }
}
