internal import Diagnostics
internal import JSONDocuments

extension SourceFile {
  /// Edits that turn this text into another: the lines that differ, from the first to the last.
  func edits(to other: SourceFile, _ encoding: PositionEncoding) -> [JSON] {
    guard bytes != other.bytes else { return [] }
    let (mine, theirs) = (allLines, other.allLines)
    let limit = min(mine.count, theirs.count)
    var prefix = 0
    while prefix < limit, mine[prefix] == theirs[prefix] { prefix += 1 }
    var suffix = 0
    while suffix < limit - prefix, mine[mine.count - 1 - suffix] == theirs[theirs.count - 1 - suffix] { suffix += 1 }
    // Where as many lines stay, each may be replaced by itself, and the cursor finds its line again.
    if mine.count == theirs.count {
      return (prefix..<mine.count - suffix).filter { mine[$0] != theirs[$0] }.map { index in
        edit(lines: index..<index + 1, theirs[index...index], encoding)
      }
    }
    return [edit(lines: prefix..<mine.count - suffix, theirs[prefix..<theirs.count - suffix], encoding)]
  }

  private var allLines: [ArraySlice<UInt8>] { (1...lines.count).map { bytes[lines.range(ofLine: $0)] } }

  private func edit(
    lines range: Range<Int>,
    _ replacement: ArraySlice<ArraySlice<UInt8>>,
    _ encoding: PositionEncoding
  ) -> JSON {
    let start = range.lowerBound < lines.count ? lines.start(ofLine: range.lowerBound + 1) : bytes.count
    let end = range.upperBound < lines.count ? lines.start(ofLine: range.upperBound + 1) : bytes.count
    return .members([
      "range": .range(SourceSpan(start: start, end: end), of: self, in: encoding),
      "newText": .string(String(decoding: replacement.joined(), as: UTF8.self)),
    ])
  }
}
