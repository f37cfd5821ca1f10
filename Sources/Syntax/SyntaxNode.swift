package import Diagnostics

/// One node of a YAML document.
package enum SyntaxNode: Hashable, Sendable {
  case mapping(MappingSyntax)
  case sequence(SequenceSyntax)
  case scalar(ScalarSyntax)

  /// Where the node stands; for an alias, where its anchor is defined.
  package var span: SourceSpan {
    switch self {
    case .mapping(let node): node.span
    case .sequence(let node): node.span
    case .scalar(let node): node.span
    }
  }

  /// The node's anchor and tag.
  package var properties: NodeProperties {
    switch self {
    case .mapping(let node): node.properties
    case .sequence(let node): node.properties
    case .scalar(let node): node.properties
    }
  }

  /// The node as a mapping, or nil.
  package var mapping: MappingSyntax? {
    if case .mapping(let node) = self { node } else { nil }
  }

  /// The node as a sequence, or nil.
  package var sequence: SequenceSyntax? {
    if case .sequence(let node) = self { node } else { nil }
  }

  /// The node as a scalar, or nil.
  package var scalar: ScalarSyntax? {
    if case .scalar(let node) = self { node } else { nil }
  }

  /// Whether the node says nothing: empty, `~` or `null` without quotes.
  package var isNull: Bool { scalar?.plainValue == .null }
}

/// A mapping in block form or in braces.
package struct MappingSyntax: Hashable, Sendable {
  /// The entries by their YAML meaning: those of merge keys first, duplicates left out.
  package let entries: [MappingEntrySyntax]
  /// From the first key, or the brace, to the end of the last value, or the brace.
  package let span: SourceSpan
  /// Whether it is written in braces.
  package let isFlow: Bool
  /// The mapping's anchor and tag.
  package let properties: NodeProperties

  /// The value of a key, or nil without the key.
  package subscript(key: String) -> SyntaxNode? { entry(key)?.value }

  /// The mapping with some of its entries; its place stays.
  package func keeping(_ isKept: (MappingEntrySyntax) -> Bool) -> MappingSyntax {
    MappingSyntax(entries: entries.filter(isKept), span: span, isFlow: isFlow, properties: properties)
  }

  /// The entry of a key, or nil without the key.
  package func entry(_ key: String) -> MappingEntrySyntax? {
    entries.first { $0.key.text == key }
  }
}

/// A key with its value.
package struct MappingEntrySyntax: Hashable, Sendable {
  /// The key.
  package let key: ScalarSyntax
  /// The value; an empty scalar when nothing follows the colon.
  package let value: SyntaxNode

  package init(key: ScalarSyntax, value: SyntaxNode) {
    self.key = key
    self.value = value
  }
}

/// A sequence in block form or in brackets.
package struct SequenceSyntax: Hashable, Sendable {
  /// The items in order.
  package let items: [SyntaxNode]
  /// From the first dash, or the bracket, to the end of the last item, or the bracket.
  package let span: SourceSpan
  /// Whether it is written in brackets.
  package let isFlow: Bool
  /// The sequence's anchor and tag.
  package let properties: NodeProperties
}

/// A scalar with its text as YAML reads it, escapes resolved and lines folded.
package struct ScalarSyntax: Hashable, Sendable {
  /// How a scalar is written.
  package enum Style: Hashable, Sendable {
    case plain
    case singleQuoted
    case doubleQuoted
    case literal
    case folded
  }

  /// The text.
  package let text: String
  /// How it is written.
  package let style: Style
  /// Where it stands, quotes included.
  package let span: SourceSpan
  /// The scalar's anchor and tag.
  package let properties: NodeProperties

  init(text: String, style: Style, span: SourceSpan, properties: NodeProperties) {
    self.text = text
    self.style = style
    self.span = span
    self.properties = properties
  }

  /// The text with its place.
  package var spanned: Spanned<String> { Spanned(text, at: span) }

  /// A plain scalar that stands in no file.
  package init(unplaced text: String) {
    self.init(
      text: text,
      style: .plain,
      span: SourceSpan(start: 0, end: 0),
      properties: NodeProperties(anchor: nil, tag: nil)
    )
  }

  /// A plain scalar of another text in the same place.
  package func plain(_ text: String) -> ScalarSyntax {
    ScalarSyntax(text: text, style: .plain, span: span, properties: properties)
  }
}

/// What may stand before a node.
package struct NodeProperties: Hashable, Sendable {
  /// The name after `&`.
  package let anchor: String?
  /// The tag with its handle expanded, as `tag:yaml.org,2002:python/tuple`.
  package let tag: String?
}
