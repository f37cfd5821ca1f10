internal import JSONDocuments

extension Server {
  /// The name of the server, for logs.
  private static let name = "pare"
  /// How edits of a text are sent; a number of the protocol.
  private static let incrementalChanges = 2
  /// What is typed before something is offered.
  private static let triggers = [" ", ":", "[", ",", "."]

  /// Reads who the editor is, and says what the server can do.
  mutating func introduce(_ parameters: JSON) -> JSON {
    client = Client(parameters)
    settings = Settings(parameters["initializationOptions"])
    phase = .running
    return .members([
      "capabilities": .members([
        "positionEncoding": .string(client.encoding.rawValue),
        "textDocumentSync": .members([
          "openClose": .boolean(true),
          "change": .integer(Self.incrementalChanges),
          "save": .members(["includeText": .boolean(false)]),
        ]),
        "hoverProvider": .boolean(true),
        "completionProvider": .members([
          "triggerCharacters": .strings(Self.triggers),
          "resolveProvider": .boolean(true),
        ]),
        "definitionProvider": .boolean(true),
        "documentSymbolProvider": .boolean(true),
        "codeActionProvider": .members(["codeActionKinds": .strings([CodeActions.quickFix, CodeActions.fixAll])]),
        "documentFormattingProvider": .boolean(true),
        "foldingRangeProvider": .boolean(true),
        "documentLinkProvider": .members(["resolveProvider": .boolean(false)]),
      ]),
      "serverInfo": .members(["name": .string(Self.name)]),
    ])
  }

  /// Takes what needs no answer; what cannot be heeded is said in the editor's log.
  mutating func heed(_ method: String, _ parameters: JSON) {
    if method == "exit" {
      phase = .ended(phase == .shutDown ? .orderly : .abrupt)
      return
    }
    guard phase == .running else { return }
    do throws(Failure) {
      switch method {
      case "textDocument/didOpen": try open(parameters)
      case "textDocument/didChange": try change(parameters)
      case "textDocument/didSave": try save(parameters)
      case "textDocument/didClose": try close(parameters)
      case "workspace/didChangeConfiguration":
        settings = settings.changed(by: parameters["settings"])
        forgetModels()
      case "workspace/didChangeWatchedFiles": forgetModels()
      default: break
      }
    } catch {
      log("\(method): \(error.message)")
    }
  }

  /// Reads models anew when they are needed next, and checks everything against them.
  mutating func forgetModels() {
    models.clear()
    told = []
    for address in documents.keys.sorted() { markChanged(address) }
  }
}
