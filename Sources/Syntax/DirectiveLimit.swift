import Diagnostics

/// A limit on directives, because libyaml compares each with all before it.
enum DirectiveLimit {
  /// The most lines that may begin with `%`; a document needs two or three.
  static let count = 64

  /// The first line beyond the limit, without its break.
  static func firstBeyond(in file: SourceFile, _ part: SourceSpan) -> SourceSpan? {
    let bytes = file.bytes
    var seen = 0
    for index in part.start..<part.end where bytes[index] == UInt8(ascii: "%") {
      guard index == part.start || bytes[index - 1] == UInt8(ascii: "\n") || bytes[index - 1] == UInt8(ascii: "\r")
      else { continue }
      seen += 1
      guard seen > count else { continue }
      let end = bytes[index..<part.end].firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
      return SourceSpan(start: index, end: end ?? part.end)
    }
    return nil
  }
}
