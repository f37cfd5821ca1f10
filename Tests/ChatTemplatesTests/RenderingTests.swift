import ChatTemplates
import Foundation
import JSONDocuments
import TestSupport
import Testing

/// Renderings that Jinja and transformers have recorded (`tools/oracles/templates`).
@Suite struct RenderingTests {
  private static let fixtures = Places.fixtures(of: "ChatTemplates")

  /// A piece of the language, and what became of it.
  struct Piece: Sendable, CustomTestStringConvertible {
    let source: String
    let record: JSON

    var testDescription: String { source }
  }

  private static func recorded(_ name: String) throws -> JSON {
    try JSON.parse(Array(Data(contentsOf: fixtures.appending(path: name))))
  }

  private static let snippets = (try? recorded("snippets.json")) ?? .null
  static let pieces = (snippets["pieces"]?.array ?? []).map { Piece(source: $0["source"]?.string ?? "", record: $0) }
  static let templates = Places.files(in: fixtures.appending(path: "templates"), suffix: "jinja")
  private static let surroundings = ChatTemplate.Surroundings(
    specialTokens: ["bos_token": "<s>", "eos_token": "</s>"],
    date: .init(year: 2024, month: 7, day: 26)
  )

  @Test func thereAreRecords() {
    #expect(Self.pieces.count > 120)
    #expect(Self.templates.count > 4)
  }

  @Test(arguments: pieces)
  func aPieceBecomesWhatJinjaMakesOfIt(piece: Piece) throws {
    try Self.expect(piece.record) {
      try ChatTemplate(piece.source)
        .render(
          try #require(Self.snippets["variables"]),
          surroundings: .init(specialTokens: [:], date: Self.surroundings.date)
        )
    }
  }

  @Test(arguments: templates)
  func aTemplateRendersConversationsAsTransformersDoes(file: URL) throws {
    let source = try String(contentsOf: file, encoding: .utf8)
    let records = try #require(Self.recorded("renderings.json")[file.deletingPathExtension().lastPathComponent]?.array)
    #expect(records.count > 4)
    for record in records { try Self.expect(record, of: source) }
  }

  @Test func templatesOfSharedTokenizersRenderAsTransformersDoes() throws {
    guard let folder = Places.shared("data/tokenizers") else { return }
    for member in try #require(Self.recorded("tokenizers.json").object) {
      let path = folder.appending(path: "\(member.key)/tokenizer_config.json")
      guard let data = try? Data(contentsOf: path) else { continue }
      let source = try #require(JSON.parse(Array(data))["chat_template"]?.string)
      for record in try #require(member.value.array) { try Self.expect(record, of: source) }
    }
  }

  private static func expect(_ record: JSON, of source: String) throws {
    try expect(record) {
      try ChatTemplate(source).render(
        messages: record["messages"] ?? .null,
        tools: record["tools"],
        surroundings: surroundings
      )
    }
  }

  private static func expect(_ record: JSON, _ render: () throws -> String) throws {
    guard let kind = record["fault"]?.string else {
      let text = try render()
      #expect(text == record["text"]?.string)
      #expect(Array(text.utf8) == record["text"]?.string.map { Array($0.utf8) })
      return
    }
    let error = #expect(throws: ChatTemplateError.self) { try render() }
    switch (kind, error?.fault) {
    case ("syntax", .syntax), ("syntax", .unsupported):
      if case .unsupported = error?.fault { break }
      #expect(error?.line == record["line"]?.int)
    case ("undefined", .undefined): break
    case ("raised", .raised(let message)): #expect(message == record["message"]?.string)
    case ("raised", .type), ("other", .type), ("other", .limit), ("other", .undefined): break
    default: Issue.record("\(kind) became \(String(describing: error))")
    }
  }
}
