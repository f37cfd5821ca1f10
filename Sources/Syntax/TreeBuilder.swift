import CLibYAML
import Diagnostics

/// Builds nodes from libyaml's events, giving aliases, merge keys and the known tags their meaning.
struct TreeBuilder {
  let file: SourceFile
  /// Whether the text was read to its end as one document.
  private(set) var isWhole = false
  private(set) var diagnostics: [Diagnostic] = []

  private let part: SourceSpan
  private let offsets: OffsetTable
  private var open: [Frame] = []
  private var anchors: [String: Anchor] = [:]
  private var root: SyntaxNode?
  /// The names of the anchors in the order in which they were first seen.
  private var anchorNames: [String] = []
  private var undefinedCount = 0
  private var nodeCount = 0
  private var aliasedCount = 0
  private var documentCount = 0
  private var isFinished = false

  init(file: SourceFile, part: SourceSpan) {
    self.file = file
    self.part = part
    offsets = OffsetTable(file.bytes, part: part)
  }

  /// The undefined aliases that get a suggestion, and the anchors it is sought among: enough for any honest mistake.
  private static let (suggestionLimit, candidateLimit) = (50, 200)

  /// A collection whose end has not come.
  private struct Frame {
    let isMapping: Bool
    let isFlow: Bool
    let start: Int
    let properties: NodeProperties
    let countBefore: Int
    var items: [SyntaxNode] = []
    var end: Int
  }

  private enum Anchor {
    case open
    case node(SyntaxNode, count: Int)
  }

  /// The root node; what stood open at an error is closed there.
  mutating func build() -> SyntaxNode? {
    file.bytes.withUnsafeBufferPointer { bytes in
      let parser = LibYAMLParser(UnsafeBufferPointer(rebasing: bytes[part.start..<part.end]))
      while !isFinished {
        if let failure = parser.nextEvent({ handle($0) }) {
          diagnostics.append(SyntaxDiagnostics.syntaxError(file, failure, offsets: offsets))
          isFinished = true
        }
      }
    }
    while let frame = open.last { close(at: frame.end) }
    return root
  }

  private mutating func handle(_ event: yaml_event_t) {
    let span = span(event)
    switch event.type {
    case YAML_STREAM_END_EVENT:
      isFinished = true
      isWhole = true
    case YAML_DOCUMENT_START_EVENT:
      documentCount += 1
      if documentCount > 1 {
        diagnostics.append(SyntaxDiagnostics.severalDocuments(file, span))
        isFinished = true
      }
    case YAML_ALIAS_EVENT:
      alias(text(event.data.alias.anchor) ?? "", span)
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let value = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      let properties = NodeProperties(anchor: text(scalar.anchor), tag: text(scalar.tag))
      let node = ScalarSyntax(
        text: String(decoding: value, as: UTF8.self),
        style: ScalarSyntax.Style(scalar.style),
        span: contentSpan(span, properties),
        properties: properties
      )
      add(.scalar(node), count: 1)
    case YAML_SEQUENCE_START_EVENT:
      let sequence = event.data.sequence_start
      let properties = NodeProperties(anchor: text(sequence.anchor), tag: text(sequence.tag))
      push(isMapping: false, isFlow: sequence.style == YAML_FLOW_SEQUENCE_STYLE, span, properties)
    case YAML_MAPPING_START_EVENT:
      let mapping = event.data.mapping_start
      let properties = NodeProperties(anchor: text(mapping.anchor), tag: text(mapping.tag))
      push(isMapping: true, isFlow: mapping.style == YAML_FLOW_MAPPING_STYLE, span, properties)
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
      if let frame = open.last { close(at: frame.isFlow ? span.end : frame.end) }
    default:
      break
    }
  }

  private mutating func push(isMapping: Bool, isFlow: Bool, _ span: SourceSpan, _ properties: NodeProperties) {
    if open.count == SyntaxTree.nestingLimit {
      diagnostics.append(SyntaxDiagnostics.nestingTooDeep(file, span, limit: SyntaxTree.nestingLimit))
      isFinished = true
      return
    }
    if let anchor = properties.anchor { define(anchor, .open) }
    open.append(
      Frame(
        isMapping: isMapping,
        isFlow: isFlow,
        start: span.start,
        properties: properties,
        countBefore: nodeCount,
        end: span.end
      )
    )
  }

  private mutating func close(at end: Int) {
    let frame = open.removeLast()
    let span = SourceSpan(start: frame.start, end: max(end, frame.start))
    let node: SyntaxNode =
      if frame.isMapping {
        .mapping(mapping(frame, span))
      } else {
        .sequence(
          SequenceSyntax(items: frame.items, span: span, isFlow: frame.isFlow, properties: frame.properties)
        )
      }
    add(node, count: nodeCount - frame.countBefore + 1, isCounted: true)
  }

  /// Puts a finished node into the collection around it.
  private mutating func add(_ node: SyntaxNode, count: Int, isCounted: Bool = false) {
    nodeCount += isCounted ? 1 : count
    let meaning = TagMeaning.resolve(node, in: file, diagnostics: &diagnostics)
    if let anchor = node.properties.anchor { define(anchor, .node(meaning, count: count)) }
    place(meaning, endingAt: node.span.end)
  }

  private mutating func place(_ node: SyntaxNode, endingAt end: Int) {
    if open.isEmpty {
      root = node
    } else {
      open[open.count - 1].items.append(node)
      open[open.count - 1].end = max(open[open.count - 1].end, end)
    }
  }

  private mutating func define(_ name: String, _ anchor: Anchor) {
    if anchors.updateValue(anchor, forKey: name) == nil { anchorNames.append(name) }
  }

  private mutating func alias(_ name: String, _ span: SourceSpan) {
    let nothing = SyntaxNode.scalar(
      ScalarSyntax(text: "", style: .plain, span: span, properties: NodeProperties(anchor: nil, tag: nil))
    )
    switch anchors[name] {
    case nil:
      undefinedCount += 1
      let known = anchorNames.suffix(undefinedCount <= TreeBuilder.suggestionLimit ? TreeBuilder.candidateLimit : 0)
      diagnostics.append(SyntaxDiagnostics.undefinedAlias(file, Spanned(name, at: span), known: known))
      place(nothing, endingAt: span.end)
    case .open:
      diagnostics.append(SyntaxDiagnostics.recursiveAlias(file, Spanned(name, at: span)))
      place(nothing, endingAt: span.end)
    case .node(let node, let count):
      guard aliasedCount + count <= SyntaxTree.nodeLimit else {
        diagnostics.append(
          SyntaxDiagnostics.aliasExpansion(file, Spanned(name, at: span), limit: SyntaxTree.nodeLimit)
        )
        isFinished = true
        return
      }
      aliasedCount += count
      nodeCount += count
      place(node, endingAt: span.end)
    }
  }

  /// Pairs keys and values; merge keys give way to keys written out.
  private mutating func mapping(_ frame: Frame, _ span: SourceSpan) -> MappingSyntax {
    var own: [MappingEntrySyntax] = []
    var places: [String: SourceSpan] = [:]
    var merged: [MappingEntrySyntax] = []
    for index in stride(from: 0, to: frame.items.count - 1, by: 2) {
      let (key, value) = (frame.items[index], frame.items[index + 1])
      guard case .scalar(let scalar) = key else {
        diagnostics.append(SyntaxDiagnostics.complexKey(file, key.span))
        continue
      }
      if scalar.text == "<<", scalar.style == .plain {
        merged += mergedEntries(value)
        continue
      }
      if let first = places[scalar.text] {
        diagnostics.append(SyntaxDiagnostics.duplicateKey(file, scalar.spanned, first: first))
        continue
      }
      places[scalar.text] = scalar.span
      own.append(MappingEntrySyntax(key: scalar, value: value))
    }
    var seen = Set(places.keys)
    let kept = merged.filter { seen.insert($0.key.text).inserted }
    return MappingSyntax(entries: kept + own, span: span, isFlow: frame.isFlow, properties: frame.properties)
  }

  private mutating func mergedEntries(_ value: SyntaxNode) -> [MappingEntrySyntax] {
    let sources = value.sequence?.items ?? [value]
    guard sources.allSatisfy({ $0.mapping != nil }) else {
      diagnostics.append(SyntaxDiagnostics.invalidMerge(file, value.span))
      return []
    }
    return sources.flatMap { $0.mapping?.entries ?? [] }
  }

  private func span(_ event: yaml_event_t) -> SourceSpan {
    let start = offsets.byte(Int(event.start_mark.index))
    return SourceSpan(start: start, end: max(offsets.byte(Int(event.end_mark.index)), start))
  }

  /// The span of a scalar without its anchor and tag, which libyaml counts in.
  private func contentSpan(_ span: SourceSpan, _ properties: NodeProperties) -> SourceSpan {
    guard properties.anchor != nil || properties.tag != nil else { return span }
    var start = span.start
    let bytes = file.bytes
    while start < span.end, bytes[start] == UInt8(ascii: "&") || bytes[start] == UInt8(ascii: "!") {
      while start < span.end, !TreeBuilder.isSpace(bytes[start]) { start += 1 }
      while start < span.end, TreeBuilder.isSpace(bytes[start]) { start += 1 }
    }
    return SourceSpan(start: start, end: span.end)
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains(byte)
  }

  private func text(_ pointer: UnsafeMutablePointer<UInt8>?) -> String? {
    pointer.map { String(cString: $0) }
  }
}
