import CLibYAML
import Diagnostics

/// A token of YAML, of which those that indentation implies have no text.
struct SyntaxToken {
  /// What a token is.
  enum Kind: Hashable {
    case directive
    case documentMarker
    case blockSequenceStart
    case blockMappingStart
    case blockEnd
    case flowSequenceStart
    case flowSequenceEnd
    case flowMappingStart
    case flowMappingEnd
    case blockEntry
    case flowEntry
    /// Before every key; its text is a question mark or nothing.
    case key
    case value
    case alias
    case anchor
    case tag
    case scalar(ScalarSyntax.Style)
  }

  /// What it is.
  let kind: Kind
  /// Where it stands; empty where indentation implies it.
  let span: SourceSpan
  /// What a quoted scalar says; empty for all others.
  let quotedText: String

  /// Whether it is a scalar behind a bar or a greater-than sign.
  var isBlockScalar: Bool { kind == .scalar(.literal) || kind == .scalar(.folded) }
}

/// The tokens of a text as far as it is YAML.
struct TokenScan {
  /// The tokens in their order.
  private(set) var tokens: [SyntaxToken] = []
  /// Whether the text was read to its end.
  private(set) var isWhole = false

  /// Scans a part of a file's bytes; ends at the first error and where nesting is too deep.
  init(_ file: SourceFile, part: SourceSpan) {
    let offsets = OffsetTable(file.bytes, part: part)
    var tokens: [SyntaxToken] = []
    var isFinished = false
    var end = part.start
    var depth = 0
    file.bytes.withUnsafeBufferPointer { bytes in
      let parser = LibYAMLParser(UnsafeBufferPointer(rebasing: bytes[part.start..<part.end]))
      var hasMore = true
      while hasMore, !isFinished, depth <= SyntaxTree.nestingLimit {
        hasMore = parser.nextToken { token in
          if token.type == YAML_STREAM_END_TOKEN { isFinished = true }
          guard let kind = SyntaxToken.Kind(token) else { return }
          depth += kind.depthChange
          let start = max(offsets.byte(Int(token.start_mark.index)), end)
          let span = SourceSpan(start: start, end: max(offsets.byte(Int(token.end_mark.index)), start))
          tokens.append(SyntaxToken(kind: kind, span: span, quotedText: kind.isQuoted ? Self.text(token) : ""))
          end = span.end
        }
      }
    }
    self.tokens = tokens
    isWhole = isFinished
  }

  private static func text(_ token: yaml_token_t) -> String {
    let scalar = token.data.scalar
    return String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
  }
}

extension SyntaxToken.Kind {
  fileprivate init?(_ token: yaml_token_t) {
    switch token.type {
    case YAML_VERSION_DIRECTIVE_TOKEN, YAML_TAG_DIRECTIVE_TOKEN: self = .directive
    case YAML_DOCUMENT_START_TOKEN, YAML_DOCUMENT_END_TOKEN: self = .documentMarker
    case YAML_BLOCK_SEQUENCE_START_TOKEN: self = .blockSequenceStart
    case YAML_BLOCK_MAPPING_START_TOKEN: self = .blockMappingStart
    case YAML_BLOCK_END_TOKEN: self = .blockEnd
    case YAML_FLOW_SEQUENCE_START_TOKEN: self = .flowSequenceStart
    case YAML_FLOW_SEQUENCE_END_TOKEN: self = .flowSequenceEnd
    case YAML_FLOW_MAPPING_START_TOKEN: self = .flowMappingStart
    case YAML_FLOW_MAPPING_END_TOKEN: self = .flowMappingEnd
    case YAML_BLOCK_ENTRY_TOKEN: self = .blockEntry
    case YAML_FLOW_ENTRY_TOKEN: self = .flowEntry
    case YAML_KEY_TOKEN: self = .key
    case YAML_VALUE_TOKEN: self = .value
    case YAML_ALIAS_TOKEN: self = .alias
    case YAML_ANCHOR_TOKEN: self = .anchor
    case YAML_TAG_TOKEN: self = .tag
    case YAML_SCALAR_TOKEN: self = .scalar(ScalarSyntax.Style(token.data.scalar.style))
    default: return nil
    }
  }

  fileprivate var depthChange: Int {
    switch self {
    case .blockSequenceStart, .blockMappingStart, .flowSequenceStart, .flowMappingStart: 1
    case .blockEnd, .flowSequenceEnd, .flowMappingEnd: -1
    default: 0
    }
  }

  fileprivate var isQuoted: Bool { self == .scalar(.singleQuoted) || self == .scalar(.doubleQuoted) }
}

extension ScalarSyntax.Style {
  /// The style by libyaml's name for it.
  init(_ style: yaml_scalar_style_t) {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: self = .singleQuoted
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: self = .doubleQuoted
    case YAML_LITERAL_SCALAR_STYLE: self = .literal
    case YAML_FOLDED_SCALAR_STYLE: self = .folded
    default: self = .plain
    }
  }
}
