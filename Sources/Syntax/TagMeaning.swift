import Diagnostics

/// What the tags that llm-compressor itself writes into recipes stand for; no other tag means anything.
enum TagMeaning {
  private static let python = "tag:yaml.org,2002:python/"
  private static let enumerations = "object/apply:compressed_tensors.quantization."

  /// The node that a tagged node stands for; an unknown tag is reported and left out.
  static func resolve(_ node: SyntaxNode, in file: SourceFile, diagnostics: inout [Diagnostic]) -> SyntaxNode {
    // The tag `!` alone only says that a scalar is no plain one.
    guard let tag = node.properties.tag, tag != "!" else { return node }
    if tag == python + "tuple", node.sequence != nil {
      diagnostics.append(SyntaxDiagnostics.pythonTag(file, tag: "python/tuple", node.span, replacement: nil))
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
    diagnostics.append(SyntaxDiagnostics.unsupportedTag(file, tag: tag, node.span))
    return node
  }
}
