internal import Diagnostics
internal import JSONDocuments
internal import RecipeGrammar
internal import Reference
internal import Syntax
internal import Vocabulary

extension Server {
  /// Places that one definition leads to at most.
  private static let locationLimit = 500

  /// The result of a request about a document.
  mutating func feature(_ method: String, _ parameters: JSON) throws(Failure) -> JSON {
    switch method {
    case "textDocument/hover": try hover(parameters)
    case "textDocument/completion": try completion(parameters)
    case "completionItem/resolve": resolved(parameters)
    case "textDocument/codeAction": try codeActions(parameters)
    case "textDocument/formatting": try formatting(parameters)
    case "textDocument/documentSymbol": try symbols(parameters)
    case "textDocument/definition": try definition(parameters)
    case "textDocument/foldingRange": .array(FoldingRanges.list(SyntaxTree.parse(try document(parameters).file)))
    case "textDocument/documentLink": try links(parameters)
    default: throw Failure(.methodNotFound, "there is no method \"\(method)\"")
    }
  }

  private func document(_ parameters: JSON) throws(Failure) -> OpenDocument {
    let address = try address(parameters)
    guard let document = documents[address] else { throw Self.notOpen(address) }
    return document
  }

  private func offset(_ json: JSON?, in file: SourceFile) throws(Failure) -> Int {
    guard let position = EditorPosition(json) else {
      throw Failure(.invalidParameters, "a position has a line and a character, both from 0")
    }
    return file.offset(of: position, in: client.encoding)
  }

  // MARK: Words

  private mutating func hover(_ parameters: JSON) throws(Failure) -> JSON {
    let file = try document(parameters).file
    let offset = try offset(parameters["position"], in: file)
    let draft = Draft.read(file)
    let model = model(for: draft)
    let explanation = Explanation.of(offset, in: draft, grammar, reference: .standard, model: model)
    guard let explanation else { return .null }
    return .members([
      "contents": markup(explanation.document),
      "range": .range(explanation.span, of: file, in: client.encoding),
    ])
  }

  private func markup(_ document: Document) -> JSON {
    .members([
      "kind": .string(client.showsMarkdown ? "markdown" : "plaintext"),
      "value": .string(text(of: document)),
    ])
  }

  /// Columns of a text for editors that show no Markdown.
  private static let plainWidth = 80

  private func text(of document: Document) -> String {
    client.showsMarkdown
      ? document.markdown(titleLevel: 3)
      : document.text(.init(width: Self.plainWidth, isStyled: false))
  }

  private mutating func completion(_ parameters: JSON) throws(Failure) -> JSON {
    let file = try document(parameters).file
    let offset = try offset(parameters["position"], in: file)
    let draft = Draft.read(file)
    guard let site = draft.site(at: offset) else {
      return .members(["isIncomplete": .boolean(false), "items": .array([])])
    }
    let completion = Completion(draft: draft, site: site, grammar: grammar, model: model(for: draft))
    let (offers, isCut) = completion.offers()
    let items = offers.enumerated().map { $1.json(order: $0, at: site, of: file, client.encoding) }
    return .members(["isIncomplete": .boolean(isCut), "items": .array(items)])
  }

  /// An offer with what the reference says of it.
  private func resolved(_ item: JSON) -> JSON {
    guard item.object != nil, let name = item.at("data", "topic")?.string,
      let topic = Reference.standard.topics(named: name).first
    else { return item }
    var item = item
    item["documentation"] = markup(topic.document)
    return item
  }

  // MARK: Repairs

  private mutating func codeActions(_ parameters: JSON) throws(Failure) -> JSON {
    let address = try address(parameters)
    // What is offered must fit the text as it is now.
    outgoing += publishChanged()
    guard let document = documents[address] else { throw Self.notOpen(address) }
    let start = try offset(parameters.at("range", "start"), in: document.file)
    let end = try offset(parameters.at("range", "end"), in: document.file)
    guard client.takesActions else { return .array([]) }
    let actions = CodeActions(
      places: DiagnosticPlaces(document: document, encoding: client.encoding, grammar: grammar),
      client: client,
      versions: versions
    )
    let only = parameters.at("context", "only")?.array?.compactMap(\.string)
    func isAsked(_ kind: String) -> Bool {
      only?.contains { $0.isEmpty || kind == $0 || kind.hasPrefix($0 + ".") } ?? true
    }
    var offers: [JSON] = []
    if isAsked(CodeActions.quickFix) {
      offers += actions.quickFixes(touching: SourceSpan(start: min(start, end), end: max(start, end)))
    }
    if isAsked(CodeActions.fixAll), let action = actions.everything({ diagnostics(of: $0) }) { offers.append(action) }
    return .array(offers)
  }

  private var versions: [String: Int] {
    Dictionary(documents.values.compactMap { document in document.version.map { (document.file.name, $0) } }) {
      first,
      _ in first
    }
  }

  private func formatting(_ parameters: JSON) throws(Failure) -> JSON {
    let file = try document(parameters).file
    // Of a text that is no whole document the diagnostics speak already.
    guard let formatted = SyntaxTree.parse(file).formatted().value else { return .array([]) }
    return .array(file.edits(to: formatted, client.encoding))
  }

  // MARK: Places

  private func symbols(_ parameters: JSON) throws(Failure) -> JSON {
    let document = try document(parameters)
    let symbols = DocumentSymbols.list(SyntaxTree.parse(document.file), grammar, client.encoding)
    return .array(client.nestsSymbols ? symbols : JSON.flatSymbols(symbols, uri: document.address.text))
  }

  private mutating func definition(_ parameters: JSON) throws(Failure) -> JSON {
    let file = try document(parameters).file
    let offset = try offset(parameters["position"], in: file)
    let draft = Draft.read(file)
    guard let (index, isKey) = draft.entry(at: offset), !isKey, let value = draft.entries[index].value else {
      return .null
    }
    if let path = path(namedBy: index, in: draft) { return .array([Self.location(path, line: 0)]) }
    guard case .modules = Expectation.of(index, in: draft, grammar), let model = model(for: draft) else { return .null }
    let modules = model.modules(matching: Target(draft.meaning(of: value)))
    guard !modules.isEmpty else { return .null }
    let listing = model.listing()
    do throws(Surroundings.Obstacle) {
      let path = try surroundings.keep(listing.name, listing.text)
      return .array(
        modules.compactMap { listing.lines[$0] }.prefix(Self.locationLimit).map { Self.location(path, line: $0) }
      )
    } catch {
      throw Failure(.requestFailed, error.reason)
    }
  }

  private func links(_ parameters: JSON) throws(Failure) -> JSON {
    let file = try document(parameters).file
    let draft = Draft.read(file)
    return .array(
      draft.entries.indices.compactMap { index in
        guard let value = draft.entries[index].value, let path = path(namedBy: index, in: draft) else { return nil }
        return .members([
          "range": .range(value.span, of: file, in: client.encoding),
          "target": .string(DocumentAddress(path: path).text),
        ])
      }
    )
  }

  /// The path of the recipe that an entry includes, or nil when it includes none.
  private func path(namedBy entry: Int, in draft: Draft) -> String? {
    let steps = draft.path(to: entry)
    guard steps.first?.key == grammar.includeKey, let path = draft.entries[entry].value.map(draft.meaning),
      !path.isEmpty,
      let folder = FilePath.folder(of: draft.file.name)
    else { return nil }
    return FilePath.joined(folder, path)
  }

  private static func location(_ path: String, line: Int) -> JSON {
    let place = EditorPosition(line: line, character: 0).json
    return .members([
      "uri": .string(DocumentAddress(path: path).text),
      "range": .members(["start": place, "end": place]),
    ])
  }
}
