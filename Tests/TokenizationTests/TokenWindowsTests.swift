import ChatTemplates
import JSONDocuments
import Testing
import Tokenization

@Suite struct TokenWindowsTests {
  /// One id per letter, `a` to `z` as 0 to 25, and `<` (26) before every text.
  private let tokenizer: Tokenizer

  init() throws {
    let vocabulary = (0..<26).map { #""\#(Character(Unicode.Scalar(UInt8(97 + $0))))": \#($0)"# }.joined(
      separator: ", "
    )
    let text = #"""
      {"model": {"vocab": {\#(vocabulary), "<": 26}, "merges": []},
       "post_processor": {"type": "TemplateProcessing", "special_tokens": {"<": {"ids": [26]}},
         "single": [{"SpecialToken": {"id": "<"}}, {"Sequence": {"id": "A"}}]}}
      """#
    tokenizer = try Tokenizer(json: JSON.parse(Array(text.utf8)))
  }

  private func request(
    _ length: Int,
    count: Int? = nil,
    vocabulary: Int = 100,
    special: Bool = false,
    seed: UInt64? = nil
  ) -> TokenWindows.Request {
    TokenWindows.Request(
      sequenceLength: length,
      maximumCount: count,
      vocabularySize: vocabulary,
      addsSpecialTokens: special,
      seed: seed
    )
  }

  private func lines(_ text: String, _ request: TokenWindows.Request, member: String = "text") throws -> [[Int32]] {
    try TokenWindows.readingJSONLines(Array(text.utf8), textMember: member, tokenizer: tokenizer, request: request)
      .sequences
  }

  private func plain(_ text: String, _ request: TokenWindows.Request) throws -> [[Int32]] {
    try TokenWindows.readingText(Array(text.utf8), tokenizer: tokenizer, request: request).sequences
  }

  @Test func textsAreJoinedAndCutIntoFullWindows() throws {
    let text = #"{"text": "abc"}"# + "\n" + #"{"text": "de"}"# + "\r\n\n  \n" + #"{"text": "fg", "other": 1}"#
    #expect(try lines(text, request(3)) == [[0, 1, 2], [3, 4, 5]])
    #expect(try lines(text, request(3, special: true)) == [[26, 0, 1], [2, 26, 3], [4, 26, 5]])
    #expect(try lines(text, request(7)) == [[0, 1, 2, 3, 4, 5, 6]])
  }

  @Test func readingStopsWithTheLastWindowWanted() throws {
    let text = #"{"text": "abcd"}"# + "\nthis is not JSON"
    #expect(try lines(text, request(2, count: 2)) == [[0, 1], [2, 3]])
    #expect(try lines(text, request(2, count: 1)) == [[0, 1]])
    #expect(throws: CalibrationError.self) { try lines(text, request(2, count: 3)) }
  }

  @Test func aSeedDrawsTheOrderOfTheLines() throws {
    let text = (0..<26).map { #"{"text": "\#(Character(Unicode.Scalar(UInt8(97 + $0))))"}"# + "\n" }.joined()
    let ordered = try lines(text, request(1))
    let drawn = try lines(text, request(1, seed: 7))
    #expect(drawn != ordered && drawn.map { $0[0] }.sorted() == ordered.map { $0[0] })
    #expect(try lines(text, request(1, seed: 7)) == drawn)
    #expect(try lines(text, request(1, seed: 8)) != drawn)
    #expect(try lines(text, request(1, count: 3, seed: 7)) == Array(drawn.prefix(3)))
    let error = #expect(throws: CalibrationError.self) { try lines("{}\n{}\n", request(1, seed: 1)) }
    guard case .noText(let line, _, _)? = error else { return }
    #expect(line == 1 || line == 2)
  }

  @Test func theTextMemberHasAnyName() throws {
    #expect(try lines(#"{"text": 1, "content": "ab"}"#, request(1), member: "content") == [[0], [1]])
  }

  private func chat(_ text: String, template: String?, member: String = "text") throws -> [[Int32]] {
    let surroundings = ChatTemplate.Surroundings(
      specialTokens: ["bos_token": "z"],
      date: .init(year: 2024, month: 7, day: 26)
    )
    return try TokenWindows.readingJSONLines(
      Array(text.utf8),
      textMember: member,
      tokenizer: tokenizer,
      chat: template.map { ChatSource(template: $0, surroundings: surroundings) },
      request: request(2, special: true)
    ).sequences
  }

  @Test func conversationsAreRenderedAndGetNoFurtherTokens() throws {
    let template = "{% for m in messages %}{{ bos_token }}{{ m.content }}{% endfor %}{{ tools[0] if tools }}"
    let text = #"{"messages": [{"content": "ab"}, {"content": "c"}], "tools": ["d"]}"#
    #expect(try chat(text, template: template) == [[25, 0], [1, 25], [2, 3]])
    #expect(try chat(#"{"talk": [{"content": "ab"}], "text": "c"}"#, template: template, member: "talk") == [[25, 0]])
    #expect(try chat(#"{"messages": [{"content": "ab"}], "text": "c"}"#, template: template) == [[26, 2]])
    #expect(try chat(#"{"messages": [{"content": "ab"}], "input_ids": [7]}"#, template: nil) == [[7]])
  }

  @Test func conversationsWithoutARenderingAreFaults() {
    let line = #"{"messages": [{"content": "ab"}]}"#
    #expect(throws: CalibrationError.noTemplate(line: 1)) { try chat(line, template: nil) }
    #expect(throws: CalibrationError.template(line: 1, ChatTemplateError(line: 2, fault: .raised("no")))) {
      try chat(line, template: "x\n{{ raise_exception('no') }}")
    }
    #expect(throws: CalibrationError.invalidLine(line: 1, reason: .wrongKind(member: "messages"))) {
      try chat(#"{"messages": 1}"#, template: "x")
    }
  }

  @Test func rowsOfATensorAreWindows() throws {
    let rows = [[5, 6, 7], [8], [9, 9]]
    let windows = try TokenWindows.readingRows(count: 3, request: request(2)) { rows[$0] }
    #expect(windows.sequences == [[5, 6], [8], [9, 9]])
    let drawn = try TokenWindows.readingRows(count: 3, request: request(2, seed: 3)) { rows[$0] }
    #expect(Set(drawn.sequences) == Set(windows.sequences))
    #expect(try TokenWindows.readingRows(count: 3, request: request(2, count: 1)) { rows[$0] }.sequences == [[5, 6]])
    #expect(throws: CalibrationError.noIDs(line: 2)) {
      try TokenWindows.readingRows(count: 2, request: request(2)) { $0 == 1 ? [] : [1] }
    }
    #expect(throws: CalibrationError.invalidID(line: 1, index: 1, id: -1, vocabularySize: 100)) {
      try TokenWindows.readingRows(count: 1, request: request(2)) { _ in [1, -1] }
    }
    #expect(throws: CalibrationError.empty) { try TokenWindows.readingRows(count: 0, request: request(2)) { _ in [] } }
  }

  @Test func rowsOfIDsAreUsedAsTheyAre() throws {
    let text =
      #"{"input_ids": [5, 6, 7, 8], "text": "abc"}"# + "\n" + #"{"text": "ab"}"# + "\n" + #"{"input_ids": [9]}"#
    #expect(try lines(text, request(2)) == [[5, 6], [0, 1], [9]])
    #expect(try lines(text, request(2, count: 1)) == [[5, 6]])
    let rows = try TokenWindows.readingJSONLines(
      Array(#"{"input_ids": [5]}"#.utf8),
      tokenizer: nil,
      request: request(4)
    )
    #expect(rows.sequences == [[5]])
    #expect(rows.tokenCount == 1)
  }

  @Test func plainTextIsEncodedAsAWhole() throws {
    #expect(try plain("ab\ncd", request(2)) == [[0, 1], [2, 3]])
    #expect(try plain("abcde", request(2, count: 2, special: true)) == [[26, 0], [1, 2]])
  }

  @Test(arguments: [
    ("", CalibrationError.empty),
    (" \n\t\r\n", .empty),
    (#"{"text": "abc"}"#, .noFullWindow(tokenCount: 3, sequenceLength: 4)),
    (#"{"text": ""}"#, .noFullWindow(tokenCount: 0, sequenceLength: 4)),
    ("\n{\"text\": \"abcd\"}\n{\"text\"", .invalidLine(line: 3, reason: .json(JSONError(.unexpectedEnd, at: 7)))),
    ("[1]", .invalidLine(line: 1, reason: .notAnObject)),
    (#"{"text": 5}"#, .invalidLine(line: 1, reason: .wrongKind(member: "text"))),
    (#"{"input_ids": 5}"#, .invalidLine(line: 1, reason: .wrongKind(member: "input_ids"))),
    (#"{"content": "x", "id": 1}"#, .noText(line: 1, textMember: "text", keys: ["content", "id"])),
    (#"{"input_ids": []}"#, .noIDs(line: 1)),
    (#"{"input_ids": [1, 100]}"#, .invalidID(line: 1, index: 1, id: 100, vocabularySize: 100)),
    (#"{"input_ids": [1, 2, 3, 4, 5, -1]}"#, .invalidID(line: 1, index: 5, id: -1, vocabularySize: 100)),
    (#"{"input_ids": [1, 2.0]}"#, .invalidID(line: 1, index: 1, id: nil, vocabularySize: 100)),
    (#"{"input_ids": [9223372036854775807]}"#, .invalidID(line: 1, index: 0, id: .max, vocabularySize: 100)),
  ])
  func faultsOfLinesAreNamed(text: String, error: CalibrationError) {
    #expect(throws: error) { try lines(text, request(4)) }
  }

  @Test func idsOfATokenizerLargerThanTheModelAreRefused() {
    let expected = CalibrationError.invalidID(line: 2, index: 1, id: 3, vocabularySize: 3)
    #expect(throws: expected) { try lines("{\"text\": \"abc\"}\n{\"text\": \"ad\"}", request(2, vocabulary: 3)) }
    let plainly = CalibrationError.invalidID(line: nil, index: 3, id: 3, vocabularySize: 3)
    #expect(throws: plainly) { try plain("abcd", request(2, vocabulary: 3)) }
  }

  @Test func bytesThatAreNotUTF8AreRefused() {
    let bytes = Array("{\"text\": \"ab\"}\n{\"text\": \"".utf8) + [0xFF] + Array("\"}".utf8)
    #expect(throws: CalibrationError.invalidUTF8(offset: 25)) {
      try TokenWindows.readingJSONLines(bytes, tokenizer: tokenizer, request: request(9))
    }
    #expect(throws: CalibrationError.invalidUTF8(offset: 2)) {
      try TokenWindows.readingText([0x61, 0x62, 0xC3], tokenizer: tokenizer, request: request(1))
    }
  }

  @Test func plainTextHasTheSameFaults() {
    #expect(throws: CalibrationError.empty) { try plain(" \n", request(1)) }
    #expect(throws: CalibrationError.noFullWindow(tokenCount: 2, sequenceLength: 3)) { try plain("ab", request(3)) }
  }

  @Test func textWithoutATokenizerIsRefused() {
    #expect(throws: CalibrationError.noTokenizer(line: 1)) {
      try TokenWindows.readingJSONLines(Array(#"{"text": "a"}"#.utf8), tokenizer: nil, request: request(1))
    }
  }
}
