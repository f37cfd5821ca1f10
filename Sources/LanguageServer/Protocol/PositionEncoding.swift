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

  func width(_ scalar: Unicode.Scalar) -> Int {
    switch self {
    case .utf8: UTF8.width(scalar)
    case .utf16: UTF16.width(scalar)
    case .utf32: 1
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
    for scalar in String(decoding: bytes[range], as: UTF8.self).unicodeScalars {
      remaining -= encoding.width(scalar)
      if remaining < 0 { break }
      offset += UTF8.width(scalar)
    }
    return offset
  }

  /// The place of a byte offset.
  func position(of offset: Int, in encoding: PositionEncoding) -> EditorPosition {
    let offset = min(max(offset, 0), bytes.count)
    let line = lines.line(at: offset)
    let range = contents(ofLine: line)
    let text = String(
      decoding: bytes[range.lowerBound..<max(min(offset, range.upperBound), range.lowerBound)],
      as: UTF8.self
    )
    return EditorPosition(line: line - 1, character: text.unicodeScalars.reduce(0) { $0 + encoding.width($1) })
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
