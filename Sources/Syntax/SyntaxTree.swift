package import Diagnostics

/// A YAML document as it was written: its nodes, every byte between them, and what is wrong with it.
package struct SyntaxTree: Sendable {
  /// The text that was parsed.
  package let file: SourceFile
  /// The document's root node, or nil when there is none; partial when the tree is not whole.
  package let root: SyntaxNode?
  /// Errors and warnings in source order.
  package let diagnostics: [Diagnostic]
  /// Whether the text was read to its end as one document; otherwise the diagnostics say why not.
  package let isWhole: Bool
  /// The bytes that are YAML: all but a byte order mark, or a Markdown document's front matter; nil when none are.
  let part: SourceSpan?

  /// Parses one YAML 1.1 document, in a file named `.md` its front matter; never fails, whatever the bytes.
  package static func parse(_ file: SourceFile) -> SyntaxTree {
    guard let part = yamlPart(of: file) else {
      return unread(file, SyntaxDiagnostics.missingFrontMatter(file))
    }
    if let fault = EncodingFault.first(in: file.bytes, part) { return unread(file, fault.diagnostic(in: file)) }
    if let directive = DirectiveLimit.firstBeyond(in: file, part) {
      return unread(file, SyntaxDiagnostics.tooManyDirectives(file, directive, limit: DirectiveLimit.count))
    }
    var builder = TreeBuilder(file: file, part: part)
    let root = builder.build()
    var diagnostics = builder.diagnostics.inSourceOrder()
    if root == nil, !diagnostics.hasErrors {
      let pieces = SyntaxPiece.cut(file, part: part)
      diagnostics.append(SyntaxDiagnostics.emptyDocument(file, hasComment: pieces.contains { $0.kind == .comment }))
    }
    return SyntaxTree(file: file, root: root, diagnostics: diagnostics, isWhole: builder.isWhole, part: part)
  }

  /// The bytes of a file that are YAML, whatever they say: in a file named `.md` its front matter; nil when none are.
  package static func yamlPart(of file: SourceFile) -> SourceSpan? {
    FrontMatter.isExpected(in: file) ? FrontMatter.find(in: file) : file.withoutByteOrderMark
  }

  private static func unread(_ file: SourceFile, _ fault: Diagnostic) -> SyntaxTree {
    SyntaxTree(file: file, root: nil, diagnostics: [fault], isWhole: false, part: nil)
  }

  /// The text cut into tokens and what lies between them; their texts joined are the source.
  ///
  /// - Complexity: Scans the text anew, in linear time.
  package var pieces: [SyntaxPiece] { SyntaxPiece.cut(file, part: part) }

  /// The comments, from `#` to the end of the line, in source order.
  package var comments: [SyntaxPiece] { pieces.filter { $0.kind == .comment } }

  /// The deepest nesting of mappings and sequences that is read.
  package static let nestingLimit = 64

  /// The most nodes that a document's aliases may stand for.
  package static let nodeLimit = 100_000
}

extension SourceFile {
  /// All bytes but a byte order mark at the start.
  var withoutByteOrderMark: SourceSpan {
    let start = bytes.starts(with: SourceFile.byteOrderMark) ? SourceFile.byteOrderMark.count : 0
    return SourceSpan(start: start, end: bytes.count)
  }
}
