import Diagnostics

/// What the tags that llm-compressor itself writes into recipes stand for; no other tag means anything.
enum TagMeaning {
  private static let python = "tag:yaml.org,2002:python/"
  private static let enumerations = "object/apply:compressed_tensors.quantization."
  private static let sentinel = "object/apply:llmcompressor.sentinel.Sentinel"
  /// What the sentinel of a field that nobody set is called.
  private static let silence = "not_provided"

  /// Removes the tag at the start of a node and the space after it, or before it when it ends the line.
  private static func removal(_ span: SourceSpan, in file: SourceFile) -> (tag: SourceSpan, edit: TextEdit)? {
    let space = UInt8(ascii: " ")
    guard file.bytes[span.start] == UInt8(ascii: "!") else { return nil }
    let text = file.bytes[span.start..<span.end]
    let end = text.firstIndex { $0 == space || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
    guard let end else { return nil }
    let tag = SourceSpan(start: span.start, end: end)
    if file.bytes[end] == space { return (tag, TextEdit(SourceSpan(start: span.start, end: end + 1), "")) }
    let isSpaced = span.start > 0 && file.bytes[span.start - 1] == space
    return (tag, TextEdit(SourceSpan(start: isSpaced ? span.start - 1 : span.start, end: end), ""))
  }

  /// The node that a tagged node stands for; an unknown tag is reported and left out.
  static func resolve(_ node: SyntaxNode, in file: SourceFile, diagnostics: inout [Diagnostic]) -> SyntaxNode {
    // The tag `!` alone only says that a scalar is no plain one.
    guard let tag = node.properties.tag, tag != "!" else { return node }
    if tag == python + "tuple", node.sequence != nil {
      diagnostics.append(SyntaxDiagnostics.pythonTuple(file, node.span, removal: removal(node.span, in: file)))
      return node
    }
    if tag.hasPrefix(python + enumerations), let name = tag.split(separator: ".").last,
      name.hasPrefix("Quantization") || name == "ActivationOrdering",
      let items = node.sequence?.items, items.count == 1, case .scalar(let value)? = items.first
    {
      let scalar = ScalarSyntax(
        text: value.text,
        style: value.style,
        span: node.span,
        properties: NodeProperties(anchor: node.properties.anchor, tag: nil)
      )
      diagnostics.append(
        SyntaxDiagnostics.pythonTag(file, tag: "…\(name)", node.span, replacement: file[value.span])
      )
      return .scalar(scalar)
    }
    // A sentinel is its name and the file of the program that wrote it.
    if tag == python + sentinel, case .scalar(let name)? = node.sequence?.items.first {
      let isSilent = name.text == silence
      diagnostics.append(
        SyntaxDiagnostics.pythonTag(file, tag: "…Sentinel", node.span, replacement: isSilent ? "null" : name.text)
      )
      let properties = NodeProperties(anchor: node.properties.anchor, tag: nil)
      return .scalar(
        ScalarSyntax(text: isSilent ? "" : name.text, style: .plain, span: node.span, properties: properties)
      )
    }
    diagnostics.append(SyntaxDiagnostics.unsupportedTag(file, tag: tag, node.span))
    return node
  }
}
