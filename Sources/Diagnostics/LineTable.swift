/// The byte offsets at which the lines of a text begin; a line ends with LF, CR LF or CR.
package struct LineTable: Hashable, Sendable {
  /// Offsets of the first byte of each line; never empty.
  private let starts: [Int]
  private let byteCount: Int

  package init(_ bytes: [UInt8]) {
    let lineFeed = UInt8(ascii: "\n")
    let carriageReturn = UInt8(ascii: "\r")
    var starts = [0]
    for index in bytes.indices {
      let isLoneReturn =
        bytes[index] == carriageReturn && (index + 1 == bytes.count || bytes[index + 1] != lineFeed)
      if bytes[index] == lineFeed || isLoneReturn {
        starts.append(index + 1)
      }
    }
    self.starts = starts
    self.byteCount = bytes.count
  }

  /// The number of lines; a text that ends with a line break has an empty last line.
  package var count: Int { starts.count }

  /// The line, from 1, that holds a byte offset.
  package func line(at offset: Int) -> Int {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// The offset of the first byte of a line.
  package func start(ofLine line: Int) -> Int {
    precondition(line >= 1 && line <= starts.count, "line \(line) of \(starts.count)")
    return starts[line - 1]
  }

  /// The bytes of a line, its line break included.
  package func range(ofLine line: Int) -> Range<Int> {
    let start = start(ofLine: line)
    return start..<(line < starts.count ? starts[line] : byteCount)
  }
}
