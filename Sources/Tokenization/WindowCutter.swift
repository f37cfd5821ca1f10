internal import ChatTemplates
internal import JSONDocuments

/// Joins ids and cuts windows from them.
struct WindowCutter {
  private let request: TokenWindows.Request
  private let tokenizer: Tokenizer?
  private let chat: ChatSource?
  /// The chat template, from the first conversation on.
  private var template: ChatTemplate?
  private var workspace = Tokenizer.Workspace()
  private var sequences: [[Int32]] = []
  private var pending: [Int32] = []
  private var hasContent = false

  init(request: TokenWindows.Request, tokenizer: Tokenizer?, chat: ChatSource?) {
    self.request = request
    self.tokenizer = tokenizer
    self.chat = chat
  }

  /// Whether there are as many windows as are wanted.
  var isComplete: Bool { request.maximumCount.map { sequences.count >= $0 } ?? false }

  /// Takes a line with anything but white space in it.
  mutating func take(_ line: TokenWindows.Line, of bytes: [UInt8], textMember: String) throws(CalibrationError) {
    let content = bytes[line.range]
    guard content.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
    try take(TokenWindows.object(of: content, line: line.number), textMember: textMember, line: line.number)
  }

  private mutating func take(_ members: JSON, textMember: String, line: Int) throws(CalibrationError) {
    hasContent = true
    if let row = members["input_ids"] {
      guard let row = row.array else { throw .invalidLine(line: line, reason: .wrongKind(member: "input_ids")) }
      try take(row, line: line)
    } else if let member = [textMember, "messages"].first(where: { members[$0] != nil }), let content = members[member]
    {
      guard let tokenizer else { throw .noTokenizer(line: line) }
      if content.array != nil {
        let text = try rendered(content, tools: members["tools"], line: line)
        try take(text, tokenizer: tokenizer, addingSpecialTokens: false, line: line)
      } else {
        guard let text = content.string else { throw .invalidLine(line: line, reason: .wrongKind(member: member)) }
        try take(text, tokenizer: tokenizer, addingSpecialTokens: request.addsSpecialTokens, line: line)
      }
    } else {
      throw .noText(line: line, textMember: textMember, keys: members.object?.map(\.key) ?? [])
    }
  }

  private mutating func take(_ row: [JSON], line: Int) throws(CalibrationError) {
    if row.isEmpty { throw .noIDs(line: line) }
    var ids: [Int32] = []
    for (index, element) in row.enumerated() {
      guard let id = element.int, let small = Int32(exactly: id), isEmbedded(small) else {
        throw invalid(element.int, index: index, line: line)
      }
      if index < request.sequenceLength { ids.append(small) }
    }
    sequences.append(ids)
  }

  /// The text that the chat template makes of a conversation.
  private mutating func rendered(_ messages: JSON, tools: JSON?, line: Int) throws(CalibrationError) -> String {
    guard let chat else { throw .noTemplate(line: line) }
    do throws(ChatTemplateError) {
      let template = if let template { template } else { try ChatTemplate(chat.template) }
      self.template = template
      return try template.render(messages: messages, tools: tools, surroundings: chat.surroundings)
    } catch {
      throw .template(line: line, error)
    }
  }

  /// Takes the ids of a row of a tensor.
  mutating func take(_ row: [Int], line: Int) throws(CalibrationError) {
    hasContent = true
    if row.isEmpty { throw .noIDs(line: line) }
    if let index = row.firstIndex(where: { $0 < 0 || $0 >= request.vocabularySize }) {
      throw invalid(row[index], index: index, line: line)
    }
    sequences.append(row.prefix(request.sequenceLength).map { Int32($0) })
  }

  mutating func take(
    _ text: String,
    tokenizer: Tokenizer,
    addingSpecialTokens: Bool,
    line: Int?
  ) throws(CalibrationError) {
    hasContent = true
    var text = text
    let ids = text.withUTF8 { bytes in
      tokenizer.encode(utf8: bytes, addingSpecialTokens: addingSpecialTokens, workspace: &workspace)
    }
    if let index = ids.firstIndex(where: { !isEmbedded($0) }) {
      throw invalid(Int(ids[index]), index: index, line: line)
    }
    pending.append(contentsOf: ids)
    var start = 0
    while pending.count - start >= request.sequenceLength, !isComplete {
      sequences.append(Array(pending[start..<(start + request.sequenceLength)]))
      start += request.sequenceLength
    }
    pending.removeFirst(start)
  }

  private func isEmbedded(_ id: Int32) -> Bool { id >= 0 && Int(id) < request.vocabularySize }

  private func invalid(_ id: Int?, index: Int, line: Int?) -> CalibrationError {
    .invalidID(line: line, index: index, id: id, vocabularySize: request.vocabularySize)
  }

  func windows() throws(CalibrationError) -> TokenWindows {
    guard hasContent else { throw .empty }
    guard !sequences.isEmpty else {
      throw .noFullWindow(tokenCount: pending.count, sequenceLength: request.sequenceLength)
    }
    return TokenWindows(sequences: sequences)
  }
}
