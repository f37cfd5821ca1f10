package import Diagnostics

/// A YAML document as it was written: its nodes, every byte between them, and what is wrong with it.
package struct SyntaxTree: Sendable {
  /// The text that was parsed.
  package let file: SourceFile
  /// The document's root node, or nil when there is none; partial when the diagnostics hold an error.
  package let root: SyntaxNode?
  /// The text cut into tokens and what lies between them; their texts joined are the source.
  package let pieces: [SyntaxPiece]
  /// Errors and warnings in source order.
  package let diagnostics: [Diagnostic]

  /// Parses one YAML 1.1 document; never fails, whatever the bytes.
  package static func parse(_ file: SourceFile) -> SyntaxTree {
    var diagnostics: [Diagnostic] = []
    if let fault = EncodingFault.first(in: file.bytes) {
      diagnostics.append(fault.diagnostic(in: file))
      return SyntaxTree(file: file, root: nil, pieces: SyntaxPiece.unread(file), diagnostics: diagnostics)
    }
    let offsets = OffsetTable(file.bytes)
    let pieces = SyntaxPiece.scan(file, offsets: offsets)
    var builder = TreeBuilder(file: file, offsets: offsets)
    let root = builder.build()
    diagnostics = builder.diagnostics
    if root == nil, !diagnostics.hasErrors {
      diagnostics.append(SyntaxDiagnostics.emptyDocument(file, hasComment: pieces.contains { $0.kind == .comment }))
    }
    return SyntaxTree(file: file, root: root, pieces: pieces, diagnostics: diagnostics.inSourceOrder())
  }

  /// The comments, from `#` to the end of the line, in source order.
  package var comments: [SyntaxPiece] { pieces.filter { $0.kind == .comment } }

  /// The deepest nesting of mappings and sequences that is read.
  package static let nestingLimit = 64

  /// The most nodes that a document may have once its aliases are expanded.
  package static let nodeLimit = 100_000
}
