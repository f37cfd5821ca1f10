import Diagnostics

/// The YAML at the top of a Markdown document, between two lines that begin with `---` or `+++`.
enum FrontMatter {
  /// Whether a file is a Markdown document, by its name.
  static func isExpected(in file: SourceFile) -> Bool {
    file.name.lowercased().hasSuffix(".md")
  }

  /// The lines between the first two markers, or nil without them.
  static func find(in file: SourceFile) -> SourceSpan? {
    var start: Int?
    let textStart = file.withoutByteOrderMark.start
    for line in 1...file.lines.count {
      let range = file.lines.range(ofLine: line)
      guard isMarker(file.bytes[max(range.lowerBound, textStart)..<max(range.upperBound, textStart)]) else { continue }
      if let start { return SourceSpan(start: start, end: range.lowerBound) }
      start = range.upperBound
    }
    return nil
  }

  private static func isMarker(_ line: ArraySlice<UInt8>) -> Bool {
    let text = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    return text.starts(with: "---".utf8) || text.starts(with: "+++".utf8)
  }
}
