internal import JSONDocuments

/// The token sequences that a model is calibrated or evaluated with.
package struct TokenWindows: Hashable, Sendable {
  /// The sequences in the order of the file: `[window][token]`, none empty, none longer than was asked for.
  package let sequences: [[Int32]]

  /// How many tokens there are in all.
  package var tokenCount: Int { sequences.reduce(0) { $0 + $1.count } }

  /// What is wanted of the windows.
  package struct Request: Hashable, Sendable {
    /// Tokens per window, at least 1.
    package var sequenceLength: Int
    /// Windows wanted at most; nil takes all.
    package var maximumCount: Int?
    /// How many ids the model embeds: ids must be in `0..<vocabularySize`.
    package var vocabularySize: Int
    /// Whether every text gets the special tokens of the tokenizer: as a rule yes to calibrate, no to evaluate.
    package var addsSpecialTokens: Bool
    /// What the order of the lines is drawn with; nil keeps the order of the file.
    package var seed: UInt64?

    package init(
      sequenceLength: Int,
      maximumCount: Int?,
      vocabularySize: Int,
      addsSpecialTokens: Bool,
      seed: UInt64? = nil
    ) {
      precondition(sequenceLength > 0, "a window of \(sequenceLength) tokens")
      precondition(maximumCount.map { $0 > 0 } ?? true, "no window is wanted")
      self.sequenceLength = sequenceLength
      self.maximumCount = maximumCount
      self.vocabularySize = vocabularySize
      self.addsSpecialTokens = addsSpecialTokens
      self.seed = seed
    }
  }

  /// Reads JSON Lines: each line an object with a text, or with `input_ids`, which win where both stand.
  ///
  /// Lines are taken in the order of the file, or in one that a seed draws. Their ids are joined in that order and cut into full windows; what is left over is dropped. Rows of
  /// `input_ids` are windows of their own, cut to the sequence length. Lines of white space only are passed over,
  /// and lines behind the last window that is wanted are not read.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - textMember: The member that holds the text.
  ///   - tokenizer: The model's tokenizer; nil is enough for a file of `input_ids`.
  ///   - request: What is wanted.
  /// - Returns: At least one window.
  /// - Throws: The first fault.
  package static func readingJSONLines(
    _ bytes: [UInt8],
    textMember: String = "text",
    tokenizer: Tokenizer?,
    request: Request
  ) throws(CalibrationError) -> TokenWindows {
    var cutter = WindowCutter(request: request, tokenizer: tokenizer)
    if let seed = request.seed {
      var numbers = SplitMix64(state: seed)
      for line in numbers.permuted(lines(of: bytes)) {
        if cutter.isComplete { break }
        try cutter.take(line, of: bytes, textMember: textMember)
      }
    } else {
      var next = Line(number: 0, range: 0..<0)
      while let line = following(next, in: bytes), !cutter.isComplete {
        try cutter.take(line, of: bytes, textMember: textMember)
        next = line
      }
    }
    return try cutter.windows()
  }

  /// One line of a file, without its line feed.
  fileprivate struct Line {
    /// The number, from 1.
    let number: Int
    /// The bytes.
    let range: Range<Int>
  }

  /// The line after another, or nil behind the last; the line before the first is empty and has number 0.
  private static func following(_ line: Line, in bytes: [UInt8]) -> Line? {
    let start = line.number == 0 ? 0 : line.range.upperBound + 1
    guard start < bytes.count else { return nil }
    return Line(number: line.number + 1, range: start..<(bytes[start...].firstIndex(of: 0x0A) ?? bytes.count))
  }

  private static func lines(of bytes: [UInt8]) -> [Line] {
    Array(
      sequence(state: Line(number: 0, range: 0..<0)) { line in
        guard let next = following(line, in: bytes) else { return nil }
        line = next
        return next
      }
    )
  }

  /// Reads one plain text, which is encoded as a whole; CR LF and lone CR count as line feeds, as for Python's text files.
  ///
  /// - Parameters:
  ///   - bytes: The whole file, UTF-8.
  ///   - tokenizer: The model's tokenizer.
  ///   - request: What is wanted.
  /// - Returns: At least one window.
  /// - Throws: The first fault.
  package static func readingText(
    _ bytes: [UInt8],
    tokenizer: Tokenizer,
    request: Request
  ) throws(CalibrationError) -> TokenWindows {
    guard let text = String(validating: withLineFeeds(bytes), as: UTF8.self) else {
      throw .invalidUTF8(offset: UTF8Text.firstFault(in: bytes) ?? 0)
    }
    var cutter = WindowCutter(request: request, tokenizer: tokenizer)
    if text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) {
      try cutter.take(text, tokenizer: tokenizer, line: nil)
    }
    return try cutter.windows()
  }

  /// The text with every line end as one line feed.
  private static func withLineFeeds(_ bytes: [UInt8]) -> [UInt8] {
    let (feed, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    guard bytes.contains(carriageReturn) else { return bytes }
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    for (index, byte) in bytes.enumerated() {
      if byte == feed, index > 0, bytes[index - 1] == carriageReturn { continue }
      text.append(byte == carriageReturn ? feed : byte)
    }
    return text
  }

  fileprivate static func object(of content: ArraySlice<UInt8>, line: Int) throws(CalibrationError) -> JSON {
    let value: JSON
    do throws(JSONError) {
      value = try JSON.parse(Array(content))
    } catch {
      if error.reason == .invalidUTF8 { throw .invalidUTF8(offset: content.startIndex + (error.offset ?? 0)) }
      throw .invalidLine(line: line, reason: .json(error))
    }
    guard case .object = value else { throw .invalidLine(line: line, reason: .notAnObject) }
    return value
  }
}

/// Joins ids and cuts windows from them.
private struct WindowCutter {
  private let request: TokenWindows.Request
  private let tokenizer: Tokenizer?
  private var workspace = Tokenizer.Workspace()
  private var sequences: [[Int32]] = []
  private var pending: [Int32] = []
  private var hasContent = false

  init(request: TokenWindows.Request, tokenizer: Tokenizer?) {
    self.request = request
    self.tokenizer = tokenizer
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
    } else if let text = members[textMember] {
      guard let text = text.string else { throw .invalidLine(line: line, reason: .wrongKind(member: textMember)) }
      guard let tokenizer else { throw .noTokenizer(line: line) }
      try take(text, tokenizer: tokenizer, line: line)
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

  mutating func take(_ text: String, tokenizer: Tokenizer, line: Int?) throws(CalibrationError) {
    hasContent = true
    var text = text
    let ids = text.withUTF8 { bytes in
      tokenizer.encode(utf8: bytes, addingSpecialTokens: request.addsSpecialTokens, workspace: &workspace)
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
