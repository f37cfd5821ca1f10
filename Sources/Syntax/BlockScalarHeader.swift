import Diagnostics

/// The first line of a block scalar: `|2-  # comment`.
struct BlockScalarHeader {
  /// What happens to the line breaks at the end.
  enum Chomping {
    /// One is kept.
    case clip
    /// None is kept.
    case strip
    /// All are kept.
    case keep
  }

  /// The bar or the greater-than sign with what follows it.
  let indicators: SourceSpan
  /// What happens to the line breaks at the end.
  let chomping: Chomping
  /// The spaces before each line, counted from the parent's indentation; nil when the first line shows them.
  let indentation: Int?
  /// The comment, from `#` to the end of the line, or nil.
  let comment: SourceSpan?
  /// Where the first line of the content begins, or the end of the scalar.
  let bodyStart: Int

  /// Reads the header of a well-formed block scalar.
  init(_ bytes: [UInt8], _ span: SourceSpan) {
    var place = span.start + 1
    var chomping = Chomping.clip
    var indentation: Int?
    while place < span.end {
      let byte = bytes[place]
      if byte == UInt8(ascii: "-") {
        chomping = .strip
      } else if byte == UInt8(ascii: "+") {
        chomping = .keep
      } else if (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(byte) {
        indentation = Int(byte - UInt8(ascii: "0"))
      } else {
        break
      }
      place += 1
    }
    indicators = SourceSpan(start: span.start, end: place)
    self.chomping = chomping
    self.indentation = indentation
    while place < span.end, bytes[place].isSpaceOrTab { place += 1 }
    let commentStart = place
    while place < span.end, !bytes.hasLineBreak(at: place) { place += 1 }
    comment = place > commentStart ? SourceSpan(start: commentStart, end: place) : nil
    let isPair = bytes[place...].starts(with: [UInt8(ascii: "\r"), UInt8(ascii: "\n")])
    bodyStart = min(place + (isPair ? 2 : 1), span.end)
  }
}
