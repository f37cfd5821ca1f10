import CLibYAML
package import Diagnostics

/// A token of the source or what lies between two tokens.
package struct SyntaxPiece: Hashable, Sendable {
  /// What a piece is.
  package enum Kind: Hashable, Sendable {
    /// Spaces, line breaks and a byte order mark.
    case space
    /// From `#` to the end of the line.
    case comment
    /// A dash, colon, comma, bracket, brace or question mark.
    case indicator
    case scalar
    case anchor
    case alias
    case tag
    case directive
    case documentMarker
    /// All after the place where the text stops being YAML.
    case unread
  }

  /// What it is.
  package let kind: Kind
  /// Where it stands; never empty.
  package let span: SourceSpan

  /// All of a file as one unread piece.
  static func unread(_ file: SourceFile) -> [SyntaxPiece] {
    file.bytes.isEmpty ? [] : [SyntaxPiece(kind: .unread, span: SourceSpan(start: 0, end: file.bytes.count))]
  }

  /// Cuts a file into pieces; after an error the rest is unread.
  static func scan(_ file: SourceFile, offsets: OffsetTable) -> [SyntaxPiece] {
    var pieces: [SyntaxPiece] = []
    var end = 0
    var depth = 0
    var isFinished = false
    file.bytes.withUnsafeBufferPointer { bytes in
      let parser = LibYAMLParser(bytes)
      var hasMore = true
      while hasMore, !isFinished, depth <= SyntaxTree.nestingLimit {
        hasMore = parser.nextToken { token in
          if token.type == YAML_STREAM_END_TOKEN {
            isFinished = true
            return
          }
          depth += token.type.depthChange
          let start = max(offsets.byte(Int(token.start_mark.index)), end)
          let tokenEnd = max(offsets.byte(Int(token.end_mark.index)), start)
          guard let kind = token.type.pieceKind, tokenEnd > start else { return }
          pieces += trivia(file.bytes, end..<start)
          pieces.append(SyntaxPiece(kind: kind, span: SourceSpan(start: start, end: tokenEnd)))
          end = tokenEnd
        }
      }
    }
    if isFinished {
      pieces += trivia(file.bytes, end..<file.bytes.count)
    } else if end < file.bytes.count {
      pieces.append(SyntaxPiece(kind: .unread, span: SourceSpan(start: end, end: file.bytes.count)))
    }
    return pieces
  }

  /// The comments in a gap between tokens, and the space around them.
  private static func trivia(_ bytes: [UInt8], _ gap: Range<Int>) -> [SyntaxPiece] {
    var pieces: [SyntaxPiece] = []
    var start = gap.lowerBound
    while start < gap.upperBound {
      let isComment = bytes[start] == UInt8(ascii: "#")
      var end = start + 1
      while end < gap.upperBound {
        let byte = bytes[end]
        let isBreak = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
        if isComment ? isBreak : byte == UInt8(ascii: "#") { break }
        end += 1
      }
      pieces.append(SyntaxPiece(kind: isComment ? .comment : .space, span: SourceSpan(start: start, end: end)))
      start = end
    }
    return pieces
  }
}

extension yaml_token_type_t {
  /// What the token is to a reader, or nil for one that has no text of its own.
  fileprivate var pieceKind: SyntaxPiece.Kind? {
    switch self {
    case YAML_SCALAR_TOKEN: .scalar
    case YAML_ANCHOR_TOKEN: .anchor
    case YAML_ALIAS_TOKEN: .alias
    case YAML_TAG_TOKEN: .tag
    case YAML_VERSION_DIRECTIVE_TOKEN, YAML_TAG_DIRECTIVE_TOKEN: .directive
    case YAML_DOCUMENT_START_TOKEN, YAML_DOCUMENT_END_TOKEN: .documentMarker
    case YAML_KEY_TOKEN, YAML_VALUE_TOKEN, YAML_BLOCK_ENTRY_TOKEN, YAML_FLOW_ENTRY_TOKEN: .indicator
    case YAML_FLOW_SEQUENCE_START_TOKEN, YAML_FLOW_SEQUENCE_END_TOKEN: .indicator
    case YAML_FLOW_MAPPING_START_TOKEN, YAML_FLOW_MAPPING_END_TOKEN: .indicator
    default: nil
    }
  }

  fileprivate var depthChange: Int {
    switch self {
    case YAML_BLOCK_SEQUENCE_START_TOKEN, YAML_BLOCK_MAPPING_START_TOKEN, YAML_FLOW_SEQUENCE_START_TOKEN,
      YAML_FLOW_MAPPING_START_TOKEN:
      1
    case YAML_BLOCK_END_TOKEN, YAML_FLOW_SEQUENCE_END_TOKEN, YAML_FLOW_MAPPING_END_TOKEN: -1
    default: 0
    }
  }
}
