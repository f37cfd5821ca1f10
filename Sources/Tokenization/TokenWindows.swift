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

  /// Reads JSON Lines: each line an object with `input_ids`, with a text, or with a conversation; the first of these counts.
  ///
  /// A conversation is a list of messages, in the text's member or in `messages`, with descriptions of functions in `tools`; the chat
  /// template makes a text of it that has its special tokens already.
  ///
  /// Lines are taken in the order of the file, or in one that a seed draws. Their ids are joined in that order and cut into full windows; what is left over is dropped. Rows of
  /// `input_ids` are windows of their own, cut to the sequence length. Lines of white space only are passed over,
  /// and lines behind the last window that is wanted are not read.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - textMember: The member that holds the text.
  ///   - tokenizer: The model's tokenizer; nil is enough for a file of `input_ids`.
  ///   - chat: The model's chat template; nil is enough for a file without conversations.
  ///   - request: What is wanted.
  /// - Returns: At least one window.
  /// - Throws: The first fault.
  package static func readingJSONLines(
    _ bytes: [UInt8],
    textMember: String = "text",
    tokenizer: Tokenizer?,
    chat: ChatSource? = nil,
    request: Request
  ) throws(CalibrationError) -> TokenWindows {
    var cutter = WindowCutter(request: request, tokenizer: tokenizer, chat: chat)
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
  struct Line {
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
    var cutter = WindowCutter(request: request, tokenizer: tokenizer, chat: nil)
    if text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) {
      try cutter.take(text, tokenizer: tokenizer, addingSpecialTokens: request.addsSpecialTokens, line: nil)
    }
    return try cutter.windows()
  }

  /// Takes rows of ids, each a window of its own, cut to the sequence length.
  ///
  /// - Parameters:
  ///   - count: How many rows there are.
  ///   - request: What is wanted; a seed draws the order of the rows.
  ///   - row: The ids of a row, counted from 0.
  /// - Returns: At least one window.
  /// - Throws: The first fault.
  package static func readingRows(
    count: Int,
    request: Request,
    row: (Int) -> [Int]
  ) throws(CalibrationError) -> TokenWindows {
    var cutter = WindowCutter(request: request, tokenizer: nil, chat: nil)
    var order = Array(0..<count)
    if let seed = request.seed {
      var numbers = SplitMix64(state: seed)
      order = numbers.permuted(order)
    }
    for index in order where !cutter.isComplete { try cutter.take(row(index), line: index + 1) }
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

  static func object(of content: ArraySlice<UInt8>, line: Int) throws(CalibrationError) -> JSON {
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
