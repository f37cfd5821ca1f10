import Diagnostics

extension SyntaxNode {
  /// The node as it would be with so many bytes before it.
  package func shifted(by offset: Int) -> SyntaxNode {
    switch self {
    case .scalar(let scalar): return .scalar(scalar.shifted(by: offset))
    case .sequence(let sequence):
      return .sequence(
        SequenceSyntax(
          items: sequence.items.map { $0.shifted(by: offset) },
          span: sequence.span.shifted(by: offset),
          isFlow: sequence.isFlow,
          properties: sequence.properties
        )
      )
    case .mapping(let mapping):
      return .mapping(
        MappingSyntax(
          entries: mapping.entries.map { entry in
            MappingEntrySyntax(key: entry.key.shifted(by: offset), value: entry.value.shifted(by: offset))
          },
          span: mapping.span.shifted(by: offset),
          isFlow: mapping.isFlow,
          properties: mapping.properties
        )
      )
    }
  }
}

extension MappingSyntax {
  /// The mapping with other entries in place of its own; its place stays.
  package func replacing(_ entries: [MappingEntrySyntax]) -> MappingSyntax {
    MappingSyntax(entries: entries, span: span, isFlow: isFlow, properties: properties)
  }
}

extension ScalarSyntax {
  fileprivate func shifted(by offset: Int) -> ScalarSyntax {
    ScalarSyntax(text: text, style: style, span: span.shifted(by: offset), properties: properties)
  }
}

extension SourceSpan {
  fileprivate func shifted(by offset: Int) -> SourceSpan {
    SourceSpan(start: start + offset, end: end + offset)
  }
}
