internal import Diagnostics
internal import JSONDocuments

/// In what units an editor counts the characters of a line.
enum PositionEncoding: String, CaseIterable {
  /// Bytes.
  case utf8 = "utf-8"
  /// Units of UTF-16, as editors count that say nothing.
  case utf16 = "utf-16"
  /// Unicode scalars.
  case utf32 = "utf-32"

  /// The encoding of an editor that names those it knows, its favourite first.
  static func agreed(with names: [String]) -> PositionEncoding {
    names.compactMap(PositionEncoding.init).first ?? .utf16
  }

  /// The least byte that begins a scalar of four bytes in UTF-8, which has two units in UTF-16.
  private static let leastOfFour: UInt8 = 0xF0

  /// The characters that begin with a byte of UTF-8: none with the later bytes of a scalar.
  func characters(at byte: UInt8) -> Int {
    switch self {
    case .utf8: 1
    case .utf16: UTF8.isContinuation(byte) ? 0 : byte < Self.leastOfFour ? 1 : 2
    case .utf32: UTF8.isContinuation(byte) ? 0 : 1
    }
  }
}

/// A place as editors count: line and character from 0.
struct EditorPosition: Hashable, Comparable {
  let line: Int
  let character: Int

  static func < (left: EditorPosition, right: EditorPosition) -> Bool {
    (left.line, left.character) < (right.line, right.character)
  }
}

extension SourceFile {
  /// The byte offset of a place: the line's end where the line is shorter, the text's end where there is no such line, and
  /// the start of a scalar that the place divides.
  func offset(of position: EditorPosition, in encoding: PositionEncoding) -> Int {
    guard position.line < lines.count else { return bytes.count }
    let range = contents(ofLine: position.line + 1)
    var (offset, remaining) = (range.lowerBound, position.character)
    while offset < range.upperBound {
      remaining -= encoding.characters(at: bytes[offset])
      if remaining < 0 { break }
      offset += 1
    }
    while offset > range.lowerBound, offset < range.upperBound, UTF8.isContinuation(bytes[offset]) { offset -= 1 }
    return offset
  }

  /// The place of a byte offset.
  func position(of offset: Int, in encoding: PositionEncoding) -> EditorPosition {
    let offset = min(max(offset, 0), bytes.count)
    let line = lines.line(at: offset)
    let range = contents(ofLine: line)
    let before = bytes[range.lowerBound..<max(min(offset, range.upperBound), range.lowerBound)]
    return EditorPosition(line: line - 1, character: before.reduce(0) { $0 + encoding.characters(at: $1) })
  }

  /// The bytes of a line, from 1, without its line break.
  func contents(ofLine line: Int) -> Range<Int> {
    let range = lines.range(ofLine: line)
    var end = range.upperBound
    while end > range.lowerBound, bytes[end - 1] == UInt8(ascii: "\n") || bytes[end - 1] == UInt8(ascii: "\r") {
      end -= 1
    }
    return range.lowerBound..<end
  }
}

extension EditorPosition {
  /// Reads a place that an editor sends; nil unless both numbers are there and none is negative.
  init?(_ json: JSON?) {
    guard let line = json?["line"]?.int, let character = json?["character"]?.int, line >= 0, character >= 0 else {
      return nil
    }
    self.init(line: line, character: character)
  }

  var json: JSON { .members(["line": .integer(line), "character": .integer(character)]) }
}

extension JSON {
  /// The range of a span as editors count.
  static func range(_ span: SourceSpan, of file: SourceFile, in encoding: PositionEncoding) -> JSON {
    .members([
      "start": file.position(of: span.start, in: encoding).json,
      "end": file.position(of: span.end, in: encoding).json,
    ])
  }
}
