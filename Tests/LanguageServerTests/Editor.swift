import Checkpoints
import Diagnostics
import Foundation
import JSONDocuments
import LanguageServer
import Models
import RecipeGrammar
import TestSupport
import Testing

/// An editor that says what it has to say, a message at a time, and keeps what it hears.
struct Editor {
  /// Files of its machine by path.
  var files: [String: String] = [:]
  /// What it sends when it introduces itself.
  var capabilities = Editor.everything
  var options: JSON = .null
  private var said: [JSON] = []
  private var requestCount = 0

  static let address = "file:///recipes/recipe.yaml"
  static let path = "/recipes/recipe.yaml"
  /// The folder of the model that its machine has, and the file in which texts are kept for it.
  static let (model, listing) = ("/models/tiny-stories", "/kept")

  static let everything = JSON.make([
    "textDocument": .make([
      "hover": .make(["contentFormat": .array([.string("markdown")])]),
      "codeAction": .make(["codeActionLiteralSupport": .make([:])]),
      "documentSymbol": .make(["hierarchicalDocumentSymbolSupport": .boolean(true)]),
    ]),
    "workspace": .make(["workspaceEdit": .make(["documentChanges": .boolean(true)])]),
  ])

  mutating func tell(_ method: String, _ parameters: JSON) {
    said.append(.make(["jsonrpc": .string("2.0"), "method": .string(method), "params": parameters]))
  }

  /// Asks, and gives the mark of the question.
  @discardableResult
  mutating func ask(_ method: String, _ parameters: JSON = .null) -> Int {
    requestCount += 1
    said.append(
      .make([
        "jsonrpc": .string("2.0"), "id": .integer(Int64(requestCount)), "method": .string(method),
        "params": parameters,
      ])
    )
    return requestCount
  }

  mutating func open(_ text: String, at address: String = Self.address) {
    tell(
      "textDocument/didOpen",
      .make([
        "textDocument": .make([
          "uri": .string(address), "languageId": .string("yaml"), "version": .integer(1), "text": .string(text),
        ])
      ])
    )
  }

  mutating func change(_ changes: [JSON], version: Int64 = 2, at address: String = Self.address) {
    tell(
      "textDocument/didChange",
      .make([
        "textDocument": .make(["uri": .string(address), "version": .integer(version)]),
        "contentChanges": .array(changes),
      ])
    )
  }

  static func place(_ line: Int, _ character: Int) -> JSON {
    .make(["line": .integer(Int64(line)), "character": .integer(Int64(character))])
  }

  static func range(_ start: (Int, Int), _ end: (Int, Int)) -> JSON {
    .make(["start": place(start.0, start.1), "end": place(end.0, end.1)])
  }

  static func at(_ line: Int, _ character: Int) -> JSON {
    .make(["textDocument": .make(["uri": .string(address)]), "position": place(line, character)])
  }

  static let document = JSON.make(["textDocument": .make(["uri": .string(address)])])

  /// Introduces itself, says everything, takes its leave, and gives what it heard.
  func converse() throws -> Heard {
    var introduced = Editor()
    introduced.ask("initialize", .make(["capabilities": capabilities, "initializationOptions": options]))
    introduced.tell("initialized", .make([:]))
    let leave: [JSON] = [
      .make(["jsonrpc": .string("2.0"), "id": .string("leave"), "method": .string("shutdown")]),
      .make(["jsonrpc": .string("2.0"), "method": .string("exit")]),
    ]
    let first = introduced.said[0].with("id", .string("introduction"))
    let messages = [first, introduced.said[1]] + said + leave
    return try Self.converse(messages.map(Self.framed), files: files)
  }

  /// Sends chunks of bytes as they are.
  static func converse(_ chunks: [[UInt8]], files: [String: String] = [:]) throws -> Heard {
    var waiting = chunks[...]
    var heard: [UInt8] = []
    let transport = Transport(read: { waiting.popFirst() ?? [] }, write: { heard += $0 })
    let ending = Server.serve(transport, surroundings(files))
    return Heard(ending: ending, messages: try messages(heard))
  }

  static func framed(_ message: JSON) -> [UInt8] { framed(message.serialized(.compact)) }

  static func framed(_ text: String) -> [UInt8] {
    Array("Content-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8)
  }

  private static func surroundings(_ files: [String: String]) -> Surroundings {
    Surroundings(
      file: { (path) throws(Surroundings.Obstacle) in
        guard let text = files[path] else { throw .init("there is no such file") }
        return SourceFile(name: path, text: text)
      },
      model: { (folder) throws(Surroundings.Obstacle) in
        guard folder == model, let outline = try? bundledModel() else { throw .init("there is no model in \(folder)") }
        return outline
      },
      keep: { (name, _) throws(Surroundings.Obstacle) in "\(listing)/\(name)" }
    )
  }

  private static func bundledModel() throws -> ModelOutline {
    let folder = Places.inRepository("models/tiny-stories").path(percentEncoded: false)
    let headers = try CheckpointHeaders.read(folder)
    return try ModelOutline(
      config: headers.config,
      tensors: headers.tensors
    )
  }

  /// Messages in the bytes that a server sent, whose headers must be right.
  private static func messages(_ bytes: [UInt8]) throws -> [JSON] {
    var messages: [JSON] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let end = try #require(rest.firstRange(of: Array("\r\n\r\n".utf8)))
      let header = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
      let count = try #require(header.hasPrefix("Content-Length: ") ? Int(header.dropFirst(16)) : nil)
      try #require(count <= rest.count)
      messages.append(try JSON.parse(Array(rest[end.upperBound..<end.upperBound + count])))
      rest = rest[(end.upperBound + count)...]
    }
    return messages
  }
}

/// What an editor heard.
struct Heard {
  let ending: Server.Ending
  let messages: [JSON]

  func answer(_ id: Int) throws -> JSON { try answer(.integer(Int64(id))) }

  func answer(_ id: JSON) throws -> JSON {
    try #require(messages.first { $0["id"] == id }, "no answer to \(id)")
  }

  func result(_ id: Int) throws -> JSON {
    let answer = try answer(id)
    return try #require(answer["result"], "\(answer)")
  }

  /// What was told by a method, in order.
  func told(_ method: String) -> [JSON] {
    messages.filter { $0["method"]?.string == method }.compactMap { $0["params"] }
  }

  /// The codes in the last publication of a document.
  func codes(of address: String = Editor.address) -> [String] {
    diagnostics(of: address).compactMap { $0["code"]?.string }
  }

  func diagnostics(of address: String = Editor.address) -> [JSON] {
    told("textDocument/publishDiagnostics").last { $0["uri"]?.string == address }?["diagnostics"]?.array ?? []
  }
}

extension JSON {
  static func make(_ members: KeyValuePairs<String, JSON>) -> JSON {
    .object(members.map { Member($0, $1) })
  }

  func with(_ key: String, _ value: JSON) -> JSON {
    var copy = self
    copy[key] = value
    return copy
  }
}

/// A text with the sign `‸` where the cursor is.
struct MarkedText {
  let text: String
  /// The cursor, in units of UTF-16.
  let line: Int
  let character: Int

  init(_ marked: String) throws {
    let mark = try #require(marked.firstRange(of: "‸"), "no cursor in the text")
    let before = marked[..<mark.lowerBound].split(separator: "\n", omittingEmptySubsequences: false)
    line = before.count - 1
    character = before.last?.utf16.count ?? 0
    text = marked.replacing("‸", with: "")
  }
}

/// A text under edits, as an editor applies them that counts in UTF-16.
enum EditedText {
  static func apply(_ edits: [JSON], to text: String) throws -> String {
    var units = Array(text.utf16)
    func offset(_ place: JSON?) throws -> Int {
      let line = try #require(place?["line"]?.int)
      let character = try #require(place?["character"]?.int)
      var start = 0
      for _ in 0..<line { start = (units[start...].firstIndex(of: 0x0A) ?? units.count - 1) + 1 }
      return start + character
    }
    let spans = try edits.map { edit in
      (try offset(edit["range"]?["start"])..<(try offset(edit["range"]?["end"])), try #require(edit["newText"]?.string))
    }
    for (span, replacement) in spans.sorted(by: { $0.0.lowerBound > $1.0.lowerBound }) {
      units.replaceSubrange(span, with: replacement.utf16)
    }
    return String(decoding: units, as: UTF16.self)
  }
}
