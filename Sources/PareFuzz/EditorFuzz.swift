import JSONDocuments
import LanguageServer

/// An editor whose stream, messages or texts are what the fuzzer thinks of.
enum EditorFuzz {
  /// Places of a text that are asked about.
  private static let placeCount = 12
  private static let address = JSON.string("file:///recipes/input.yaml")

  /// Bytes are a stream as they are, lines are contents of messages, and all is the text of a document.
  static func read(_ bytes: [UInt8]) {
    _ = converse([framed(introduction), bytes])
    let lines = bytes.split(separator: UInt8(ascii: "\n")).map { framed(Array($0)) }
    _ = converse([framed(introduction)] + lines)
    let text = String(decoding: bytes, as: UTF8.self)
    let requests = requests(about: text)
    let answered = converse([introduction, opening(text)].map(framed) + requests.map(framed))
    // Besides the answers there are the introduction's and the diagnostics of the text.
    demand(answered >= requests.count + 2, "\(requests.count) requests, \(answered) messages")
  }

  /// The messages that a server sends.
  private static func converse(_ chunks: [[UInt8]]) -> Int {
    var waiting = chunks[...]
    var count = 0
    let surroundings = Surroundings(
      file: { (_) throws(Surroundings.Obstacle) in throw .init("there are no files") },
      model: { (_) throws(Surroundings.Obstacle) in throw .init("there are no models") },
      keep: { (_, _) throws(Surroundings.Obstacle) in throw .init("nothing is kept") }
    )
    _ = Server.serve(Transport(read: { waiting.popFirst() ?? [] }, write: { _ in count += 1 }), surroundings)
    return count
  }

  private static let introduction = message("initialize", id: 0, .object([]))

  private static func opening(_ text: String) -> JSON {
    let document = JSON.object([.init("uri", address), .init("text", .string(text))])
    return .object([
      .init("jsonrpc", .string("2.0")), .init("method", .string("textDocument/didOpen")),
      .init("params", .object([.init("textDocument", document)])),
    ])
  }

  private static func requests(about text: String) -> [JSON] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(placeCount)
    let places = lines.enumerated().flatMap { line, content in
      [content.utf16.count / 2, content.utf16.count].map { character in
        JSON.object([
          .init("line", .integer(Int64(line))), .init("character", .integer(Int64(character))),
        ])
      }
    }
    let positioned = ["completion", "hover", "definition"].flatMap { method in
      places.map { (method, [("position", $0)]) }
    }
    let range = JSON.object([.init("start", places[0]), .init("end", places[places.count - 1])])
    let others = [
      ("codeAction", [("range", range)]), ("documentSymbol", []), ("foldingRange", []), ("documentLink", []),
      ("formatting", []),
    ]
    return (positioned + others).enumerated().map { index, request in
      let document = JSON.object([.init("uri", address)])
      let parameters = [.init("textDocument", document)] + request.1.map { JSON.Member($0.0, $0.1) }
      return message("textDocument/\(request.0)", id: Int64(index + 1), .object(parameters))
    }
  }

  private static func message(_ method: String, id: Int64, _ parameters: JSON) -> JSON {
    .object([
      .init("jsonrpc", .string("2.0")), .init("id", .integer(id)), .init("method", .string(method)),
      .init("params", parameters),
    ])
  }

  private static func framed(_ message: JSON) -> [UInt8] { framed(Array(message.serialized(.compact).utf8)) }

  private static func framed(_ content: [UInt8]) -> [UInt8] {
    Array("Content-Length: \(content.count)\r\n\r\n".utf8) + content
  }
}
