import JSONDocuments
import LanguageServer
import TestSupport
import Testing

/// The conversation itself: headers, order, and what is no message.
@Suite struct ProtocolTests {
  private static let introduction =
    #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#
  private static let shutdown = #"{"jsonrpc":"2.0","id":"s","method":"shutdown"}"#
  private static let exit = #"{"jsonrpc":"2.0","method":"exit"}"#

  private static func code(_ message: JSON?) -> Int? { message?["error"]?["code"]?.int }

  @Test func anEditorThatShutsDownFirstEndsInOrder() throws {
    let heard = try Editor.converse([Self.introduction, Self.shutdown, Self.exit].map(Editor.framed))
    #expect(heard.ending == .orderly)
    #expect(heard.messages.count == 2)
    #expect(try heard.answer(1)["result"]?["capabilities"]?["positionEncoding"]?.string == "utf-16")
    #expect(try heard.answer(.string("s"))["result"] == .null)
  }

  @Test(arguments: [
    [introduction, exit], [exit], [introduction], [],
  ])
  func anEditorThatLeavesWithoutShuttingDownEndsAbruptly(messages: [String]) throws {
    #expect(try Editor.converse(messages.map(Editor.framed)).ending == .abrupt)
  }

  @Test func theStreamMayEndInsteadOfExit() throws {
    #expect(try Editor.converse([Self.introduction, Self.shutdown].map(Editor.framed)).ending == .orderly)
  }

  @Test func theFirstEncodingThatBothKnowIsAgreedUpon() throws {
    for (names, expected) in [("\"utf-8\",\"utf-16\"", "utf-8"), ("\"x\",\"utf-32\"", "utf-32"), ("\"x\"", "utf-16")] {
      let text = """
        {"jsonrpc":"2.0","id":1,"method":"initialize",\
        "params":{"capabilities":{"general":{"positionEncodings":[\(names)]}}}}
        """
      let heard = try Editor.converse([Editor.framed(text)])
      #expect(try heard.answer(1)["result"]?["capabilities"]?["positionEncoding"]?.string == expected)
    }
  }

  @Test func messagesMayComeInAnyPieces() throws {
    let bytes = [Self.introduction, Self.shutdown, Self.exit].flatMap(Editor.framed)
    for size in [1, 2, 3, 7, 64, bytes.count] {
      let chunks = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
      let heard = try Editor.converse(chunks)
      #expect(heard.ending == .orderly)
      #expect(heard.messages.count == 2, "in pieces of \(size)")
    }
  }

  @Test func requestsBeforeTheIntroductionAreRefusedAndNotificationsPassedOver() throws {
    let hover = #"{"jsonrpc":"2.0","id":7,"method":"textDocument/hover","params":{}}"#
    let open = #"{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{}}"#
    let heard = try Editor.converse([hover, open, Self.introduction].map(Editor.framed))
    #expect(Self.code(try heard.answer(7)) == -32002)
    #expect(try heard.answer(1)["result"] != nil)
    #expect(heard.messages.count == 2)
  }

  @Test func afterTheShutdownNothingIsAnswered() throws {
    let again = #"{"jsonrpc":"2.0","id":9,"method":"initialize","params":{}}"#
    let heard = try Editor.converse([Self.introduction, again, Self.shutdown, again, Self.exit].map(Editor.framed))
    #expect(heard.messages.filter { $0["id"]?.int == 9 }.map(Self.code) == [-32600, -32600])
    #expect(heard.ending == .orderly)
  }

  @Test(arguments: [
    ("{", -32700), ("", -32700), ("nul", -32700), ("\u{7}", -32700), (#"{"a":"\ud800"}"#, -32700),
    (String(repeating: "[", count: 5000), -32700), ("[]", -32600), ("3", -32600), ("{}", -32600),
    (#"{"jsonrpc":"1.0","method":"exit"}"#, -32600), (#"{"jsonrpc":"2.0","id":{},"method":"x"}"#, -32600),
    (#"{"jsonrpc":"2.0","id":null,"method":"x"}"#, -32600), (#"{"jsonrpc":"2.0","id":1.5,"method":"x"}"#, -32600),
    (#"{"jsonrpc":"2.0","id":1,"method":3}"#, -32600), (#"{"jsonrpc":"2.0","id":1}"#, -32600),
  ])
  func whatIsNoMessageIsRefusedAndTheConversationGoesOn(text: String, code: Int) throws {
    let heard = try Editor.converse([text, Self.introduction, Self.shutdown, Self.exit].map(Editor.framed))
    #expect(Self.code(heard.messages.first) == code)
    #expect(heard.messages.count == 3)
    #expect(heard.ending == .orderly)
  }

  @Test func answersOfAnEditorAreHeardInSilence() throws {
    let answers = [#"{"jsonrpc":"2.0","id":4,"result":null}"#, #"{"jsonrpc":"2.0","id":4,"error":{"code":1}}"#]
    let heard = try Editor.converse(([Self.introduction] + answers).map(Editor.framed))
    #expect(heard.messages.count == 1)
  }

  @Test func anUnknownMethodIsSaidToBeUnknown() throws {
    var editor = Editor()
    let request = editor.ask("textDocument/rename", Editor.document)
    editor.tell("textDocument/unheardOf", .null)
    editor.tell("$/setTrace", .null)
    let heard = try editor.converse()
    #expect(Self.code(try heard.answer(request)) == -32601)
    #expect(heard.ending == .orderly)
  }

  @Test(arguments: [
    "Content-Length: -5\r\n\r\n", "Content-Length: 99999999999999999999999\r\n\r\n", "Content-Length: +5\r\n\r\n",
    "Content-Length: five\r\n\r\n", "Content-Length:\r\n\r\n", "hello\r\n\r\n", "\u{0}\u{1}\n",
    "{\"jsonrpc\": \"2.0\"}\n",
    String(repeating: "x", count: 10_000) + "\r\n",
  ])
  func afterHeadersWithoutSenseTheNextMessageIsRead(headers: String) throws {
    let heard = try Editor.converse([Array(headers.utf8)] + [Self.introduction, Self.shutdown].map(Editor.framed))
    #expect(Self.code(heard.messages.first) == -32700)
    #expect(heard.messages.count == 3)
    #expect(heard.ending == .orderly)
  }

  @Test func aMessageBeyondTheLimitIsPassedOverWithoutBeingKept() throws {
    let size = 65 << 20
    let chunk = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
    let head = Array("Content-Length: \(size)\r\n\r\n".utf8)
    let body = Array(repeating: chunk, count: size / chunk.count)
    let heard = try Editor.converse([head] + body + [Self.introduction, Self.shutdown].map(Editor.framed))
    #expect(Self.code(heard.messages.first) == -32700)
    #expect(heard.messages.count == 3)
  }

  @Test func otherHeadersAndCaseDoNotMatter() throws {
    let text = Self.introduction
    let frame =
      "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:\(text.utf8.count)\r\n\r\n\(text)"
    #expect(try Editor.converse([Array(frame.utf8)]).messages.count == 1)
  }

  @Test func aStreamThatEndsWithinAMessageEnds() throws {
    let frame = Editor.framed(Self.introduction)
    for count in [1, 10, 30, frame.count - 1] {
      let heard = try Editor.converse([Array(frame[..<count])])
      #expect(heard.messages.isEmpty)
      #expect(heard.ending == .abrupt)
    }
  }

  @Test func aWithdrawnRequestThatIsStillWaitingIsNotAnswered() throws {
    let request = #"{"jsonrpc":"2.0","id":5,"method":"textDocument/hover","params":{}}"#
    let withdrawal = #"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":5}}"#
    let together = Editor.framed(request) + Editor.framed(withdrawal)
    let heard = try Editor.converse([Editor.framed(Self.introduction), together])
    #expect(Self.code(try heard.answer(5)) == -32800)
    let late = try Editor.converse([Self.introduction, request, withdrawal].map(Editor.framed))
    #expect(Self.code(try late.answer(5)) == -32602)
  }

  @Test func documentsThatAreNotOpenAreSaidNotToBe() throws {
    var editor = Editor()
    let request = editor.ask("textDocument/hover", Editor.at(0, 0))
    editor.change([.make(["text": .string("a")])])
    editor.tell("textDocument/didClose", Editor.document)
    editor.tell("textDocument/didSave", .make([:]))
    let heard = try editor.converse()
    #expect(Self.code(try heard.answer(request)) == -32602)
    #expect(heard.told("window/logMessage").count == 3)
    #expect(heard.told("textDocument/publishDiagnostics").isEmpty)
  }

  @Test(arguments: [
    #"{}"#, #"{"textDocument":3}"#, #"{"textDocument":{"uri":"file:///recipes/recipe.yaml"}}"#,
    #"{"textDocument":{"uri":"file:///recipes/recipe.yaml"},"position":{"line":-1,"character":0}}"#,
    #"{"textDocument":{"uri":"file:///recipes/recipe.yaml"},"position":{"line":0,"character":"x"}}"#,
    #"{"textDocument":{"uri":"file:///recipes/recipe.yaml"},"position":{"line":1e300,"character":0}}"#,
    "[]", "null",
  ])
  func parametersWithoutSenseAreRefused(text: String) throws {
    var editor = Editor()
    editor.open("quant_stage:\n")
    let parameters = try JSON.parse(Array(text.utf8))
    let methods = ["hover", "completion", "definition", "codeAction"].map { "textDocument/\($0)" }
    let requests = methods.map { editor.ask($0, parameters) }
    let heard = try editor.converse()
    for request in requests { #expect(Self.code(try heard.answer(request)) == -32602) }
  }

  @Test func placesBeyondTheTextAreItsEnds() throws {
    var editor = Editor()
    editor.open("quant_stage:\n")
    let requests = ["hover", "completion", "definition"].flatMap { method in
      [Editor.at(0, 4_000_000_000), Editor.at(4_000_000_000, 0)].map { editor.ask("textDocument/\(method)", $0) }
    }
    let heard = try editor.converse()
    for request in requests { #expect(try heard.answer(request)["result"] != nil) }
  }
}
