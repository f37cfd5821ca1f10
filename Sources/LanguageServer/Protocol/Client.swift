internal import JSONDocuments

/// What an editor can do, as it says when it introduces itself.
struct Client {
  /// How it counts characters.
  var encoding = PositionEncoding.utf16
  /// Whether it shows Markdown.
  var showsMarkdown = false
  /// Whether it takes symbols inside one another.
  var nestsSymbols = false
  /// Whether edits may name the version of the text that they are for.
  var takesVersionedEdits = false
  /// Whether it takes actions with their edits; one that does not is offered none.
  var takesActions = false
  /// The folder that is open, as a path.
  var folder: String?

  init() {}

  /// Reads the parameters of `initialize`.
  init(_ parameters: JSON) {
    let capabilities = parameters["capabilities"]
    let document = capabilities?["textDocument"]
    encoding = .agreed(with: Self.strings(capabilities?.at("general", "positionEncodings")))
    showsMarkdown = Self.strings(document?.at("hover", "contentFormat")).contains("markdown")
    nestsSymbols = document?.at("documentSymbol", "hierarchicalDocumentSymbolSupport")?.bool ?? false
    takesVersionedEdits = capabilities?.at("workspace", "workspaceEdit", "documentChanges")?.bool ?? false
    takesActions = document?.at("codeAction", "codeActionLiteralSupport") != nil
    let address =
      parameters["workspaceFolders"]?.array?.first?["uri"]?.string ?? parameters["rootUri"]?.string
    folder = address.flatMap { DocumentAddress($0).path } ?? parameters["rootPath"]?.string
  }

  private static func strings(_ json: JSON?) -> [String] { json?.array?.compactMap(\.string) ?? [] }
}

/// What someone has told their editor to tell the server.
struct Settings: Hashable {
  /// The checkpoint's folder.
  var model: String?
  /// The serving runtime.
  var runtime: String?

  init() {}

  /// Reads options, either alone or as the member `pare` of others; what has another type is as if it were not there.
  init(_ json: JSON?) {
    let options = json?["pare"] ?? json
    model = options?["model"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    runtime = options?["runtime"]?.string.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The settings after a change that an editor tells; many tell changes of settings that are none of the server's.
  func changed(by json: JSON?) -> Settings {
    let options = json?["pare"] ?? json
    let isMeant = json?["pare"]?.object != nil || options?["model"] != nil || options?["runtime"] != nil
    return isMeant ? Settings(json) : self
  }
}
