import Diagnostics

/// Puts tokens of a text that is known to be well-formed together into a document.
struct WrittenReader {
  private let file: SourceFile
  private let tokens: [SyntaxToken]
  private let comments: [SourceSpan]
  private var next = 0
  /// The column of the block around, as libyaml counts the indentation of block scalars.
  private var blockColumn = -1

  /// Reads the document of a whole tree.
  static func read(_ file: SourceFile, _ tokens: [SyntaxToken], comments: [SourceSpan]) -> WrittenDocument {
    var reader = WrittenReader(file: file, tokens: tokens, comments: comments)
    let prologue = reader.markers()
    let root = reader.node(allowsSequenceInPlace: false)
    return WrittenDocument(prologue: prologue, root: root, epilogue: reader.markers())
  }

  private init(file: SourceFile, tokens: [SyntaxToken], comments: [SourceSpan]) {
    self.file = file
    self.tokens = tokens
    self.comments = comments
  }

  private var kind: SyntaxToken.Kind? { next < tokens.count ? tokens[next].kind : nil }

  private mutating func take() -> SyntaxToken {
    defer { next += 1 }
    return tokens[next]
  }

  /// The span of the next token if it is of a kind.
  private mutating func take(_ kind: SyntaxToken.Kind) -> SourceSpan? {
    self.kind == kind ? take().span : nil
  }

  private mutating func markers() -> [SourceSpan] {
    var spans: [SourceSpan] = []
    while kind == .directive || kind == .documentMarker { spans.append(take().span) }
    return spans
  }

  /// The node that begins here; an empty one where none does.
  private mutating func node(allowsSequenceInPlace: Bool, isInFlow: Bool = false) -> WrittenNode {
    var properties: [SourceSpan] = []
    var isTagged = false
    while kind == .anchor || kind == .tag {
      isTagged = isTagged || kind == .tag
      properties.append(take().span)
    }
    return WrittenNode(
      properties: properties,
      content: content(allowsSequenceInPlace, isInFlow: isInFlow, isTagged: isTagged)
    )
  }

  private mutating func content(_ allowsSequenceInPlace: Bool, isInFlow: Bool, isTagged: Bool) -> WrittenNode.Content {
    switch kind {
    case .alias:
      return .text(WrittenText(span: take().span, form: .alias))
    case .scalar:
      let token = take()
      return .text(WrittenText(span: token.span, form: form(token, isInFlow: isInFlow, isTagged: isTagged)))
    case .blockSequenceStart, .blockMappingStart:
      return .collection(block())
    case .blockEntry where allowsSequenceInPlace:
      return .collection(sequenceInPlace())
    case .flowSequenceStart, .flowMappingStart:
      return .collection(flow())
    default:
      return .empty
    }
  }

  private func form(_ token: SyntaxToken, isInFlow: Bool, isTagged: Bool) -> WrittenText.Form {
    if token.isBlockScalar { return .block(parentIndentation: blockColumn) }
    let source = file.bytes[token.span.start..<token.span.end]
    if source.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) { return .folded }
    guard !isTagged, let text = Quoting.requoted(token, isInFlow: isInFlow) else { return .asIs }
    return .requoted(text)
  }

  // MARK: Blocks

  private mutating func block() -> WrittenCollection {
    let start = take()
    let isMapping = start.kind == .blockMappingStart
    let column = file.column(at: start.span.start)
    let outer = blockColumn
    blockColumn = column
    defer { blockColumn = outer }
    let entries = entries(isMapping: isMapping)
    _ = take(.blockEnd)
    return WrittenCollection(
      isMapping: isMapping,
      style: .block(CommentColumns(all: column)),
      entries: entries,
      span: SourceSpan(start: start.span.start, end: end)
    )
  }

  /// A sequence whose dashes stand below the key that it belongs to.
  ///
  /// A comment below the dashes belongs to what follows, unless it is indented further or an item commented out.
  private mutating func sequenceInPlace() -> WrittenCollection {
    let start = tokens[next].span.start
    let column = file.column(at: start)
    let entries = entries(isMapping: false)
    return WrittenCollection(
      isMapping: false,
      style: .block(CommentColumns(all: column + 1, items: column)),
      entries: entries,
      span: SourceSpan(start: start, end: end)
    )
  }

  private mutating func entries(isMapping: Bool) -> [WrittenEntry] {
    var entries: [WrittenEntry] = []
    if isMapping {
      while kind == .key || kind == .value { entries.append(pair(isInFlow: false)) }
    } else {
      while let dash = take(.blockEntry) {
        entries.append(WrittenEntry(mark: dash.start, key: nil, colon: nil, value: node(allowsSequenceInPlace: false)))
      }
    }
    return entries
  }

  private mutating func pair(isInFlow: Bool) -> WrittenEntry {
    let keyToken = take(.key)
    let isImplied = keyToken.map { $0.start == $0.end } ?? false
    let start = next
    var key = node(allowsSequenceInPlace: !isInFlow, isInFlow: isInFlow)
    if isImplied, case .collection = key.content { key = keptAsIs(tokens[start..<next]) }
    let colon = take(.value)?.start
    let value =
      colon == nil
      ? WrittenNode(properties: [], content: .empty)
      : node(allowsSequenceInPlace: !isInFlow, isInFlow: isInFlow)
    return WrittenEntry(mark: isImplied ? nil : keyToken?.start, key: key, colon: colon, value: value)
  }

  /// A collection that is a key, which must stay on its line and within libyaml's 1024 characters.
  private func keptAsIs(_ tokens: ArraySlice<SyntaxToken>) -> WrittenNode {
    let span = SourceSpan(start: tokens.first?.span.start ?? end, end: end)
    return WrittenNode(properties: [], content: .text(WrittenText(span: span, form: .asIs)))
  }

  /// The end of the last token taken.
  private var end: Int { next > 0 ? tokens[next - 1].span.end : 0 }

  // MARK: Brackets and braces

  private mutating func flow() -> WrittenCollection {
    let opener = take()
    let isMapping = opener.kind == .flowMappingStart
    let closing = isMapping ? SyntaxToken.Kind.flowMappingEnd : .flowSequenceEnd
    var entries: [WrittenEntry] = []
    while let kind, kind != closing {
      var entry =
        kind == .key || isMapping
        ? pair(isInFlow: true)
        : WrittenEntry(mark: nil, key: nil, colon: nil, value: node(allowsSequenceInPlace: false, isInFlow: true))
      entry.comma = take(.flowEntry)?.start
      entries.append(entry)
      // A token that begins no entry stands in no well-formed text; going on would never end.
      if entry.comma == nil { break }
    }
    _ = take(closing)
    let span = SourceSpan(start: opener.span.start, end: end)
    let width = comments.hasAny(in: span) ? nil : InlineText.width(of: entries, in: file.bytes)
    return WrittenCollection(isMapping: isMapping, style: .flow(inlineWidth: width), entries: entries, span: span)
  }
}

extension SourceFile {
  /// The bytes between the start of the line and an offset.
  fileprivate func column(at offset: Int) -> Int {
    let start = lines.start(ofLine: lines.line(at: offset))
    let isFirstWithMark = start < withoutByteOrderMark.start
    return offset - (isFirstWithMark ? withoutByteOrderMark.start : start)
  }
}

extension [SourceSpan] {
  /// Whether any of these spans, which are in order, begins within another.
  fileprivate func hasAny(in span: SourceSpan) -> Bool {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].start < span.start { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low].start < span.end
  }
}
