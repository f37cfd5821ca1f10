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
    /// A scalar; a block scalar with a comment in its first line is two of them around it.
    case scalar
    case anchor
    case alias
    case tag
    case directive
    case documentMarker
    /// All after the place where the text stops being YAML, and the text around front matter.
    case unread
  }

  /// What it is.
  package let kind: Kind
  /// Where it stands; never empty.
  package let span: SourceSpan
}

extension SyntaxPiece {
  /// Cuts a file into pieces; after an error, and outside the part that is YAML, it is unread.
  static func cut(_ file: SourceFile, part: SourceSpan?) -> [SyntaxPiece] {
    guard let part else { return cut(file, nil) }
    return cut(file, (part, TokenScan(file, part: part)))
  }

  /// Cuts a file by the tokens of the part that is YAML; gives all pieces or those of one kind.
  static func cut(
    _ file: SourceFile,
    _ yaml: (part: SourceSpan, scan: TokenScan)?,
    only kind: Kind? = nil
  ) -> [SyntaxPiece] {
    var cutter = PieceCutter(bytes: file.bytes, kind: kind)
    if let (part, scan) = yaml {
      cutter.add(part.start == file.withoutByteOrderMark.start ? .space : .unread, to: part.start)
      for token in scan.tokens where token.span.start < token.span.end {
        cutter.addTrivia(to: token.span.start)
        if token.isBlockScalar {
          cutter.addBlockScalar(to: token.span.end)
        } else {
          cutter.add(token.kind.pieceKind, to: token.span.end)
        }
      }
      if scan.isWhole { cutter.addTrivia(to: part.end) }
    }
    cutter.add(.unread, to: file.bytes.count)
    return cutter.pieces
  }
}

/// Cuts a text from its start to its end.
private struct PieceCutter {
  private let bytes: [UInt8]
  private let kept: SyntaxPiece.Kind?
  private(set) var pieces: [SyntaxPiece] = []
  private var place = 0

  init(bytes: [UInt8], kind: SyntaxPiece.Kind?) {
    self.bytes = bytes
    kept = kind
  }

  mutating func add(_ kind: SyntaxPiece.Kind, to end: Int) {
    guard end > place else { return }
    if kept == nil || kept == kind {
      pieces.append(SyntaxPiece(kind: kind, span: SourceSpan(start: place, end: end)))
    }
    place = end
  }

  /// The comments in a gap between tokens, and the space around them.
  mutating func addTrivia(to gapEnd: Int) {
    while place < gapEnd {
      let isComment = bytes[place] == UInt8(ascii: "#")
      var end = place + 1
      while end < gapEnd, isComment ? !bytes.hasLineBreak(at: end) : bytes[end] != UInt8(ascii: "#") { end += 1 }
      add(isComment ? .comment : .space, to: end)
    }
  }

  mutating func addBlockScalar(to end: Int) {
    let header = BlockScalarHeader(bytes, SourceSpan(start: place, end: end))
    if let comment = header.comment {
      add(.scalar, to: header.indicators.end)
      addTrivia(to: comment.end)
    }
    add(.scalar, to: end)
  }
}

extension SyntaxToken.Kind {
  fileprivate var pieceKind: SyntaxPiece.Kind {
    switch self {
    case .scalar: .scalar
    case .anchor: .anchor
    case .alias: .alias
    case .tag: .tag
    case .directive: .directive
    case .documentMarker: .documentMarker
    default: .indicator
    }
  }
}
