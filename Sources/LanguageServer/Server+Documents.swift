internal import Diagnostics
internal import JSONDocuments
internal import Planning
internal import RecipeGrammar
internal import Recipes

extension Server {
  // MARK: What the editor tells

  mutating func open(_ parameters: JSON) throws(Failure) {
    let item = parameters["textDocument"]
    guard let address = item?["uri"]?.string, let text = item?["text"]?.string else {
      throw Failure(.invalidParameters, "a document has a uri and a text")
    }
    documents[address] = OpenDocument(address: DocumentAddress(address), version: item?["version"]?.int, text: text)
    markChanged(address)
  }

  mutating func change(_ parameters: JSON) throws(Failure) {
    let address = try address(parameters)
    guard let changes = parameters["contentChanges"]?.array else {
      throw Failure(.invalidParameters, "contentChanges is no list")
    }
    // The text is taken out, so that the change finds it alone.
    guard var document = documents.removeValue(forKey: address) else { throw Self.notOpen(address) }
    defer { documents[address] = document }
    try document.apply(changes, version: parameters.at("textDocument", "version")?.int, encoding: client.encoding)
    markChanged(address)
  }

  mutating func save(_ parameters: JSON) throws(Failure) {
    let address = try address(parameters)
    guard documents[address] != nil else { throw Self.notOpen(address) }
    // Between two savings a model may have been replaced.
    models.clear()
    markChanged(address)
  }

  mutating func close(_ parameters: JSON) throws(Failure) {
    let address = try address(parameters)
    guard documents.removeValue(forKey: address) != nil else { throw Self.notOpen(address) }
    changed.removeAll { $0 == address }
    outgoing.append(Self.publication([], address: address, version: nil))
    markIncluding()
  }

  /// The address of the document that parameters are about.
  func address(_ parameters: JSON) throws(Failure) -> String {
    guard let address = parameters.at("textDocument", "uri")?.string else {
      throw Failure(.invalidParameters, "textDocument has no uri")
    }
    return address
  }

  static func notOpen(_ address: String) -> Failure { Failure(.invalidParameters, "\(address) is not open") }

  /// Notes that a text must be checked, and so must those that may include it.
  mutating func markChanged(_ address: String) {
    if !changed.contains(address) { changed.append(address) }
    markIncluding()
  }

  private mutating func markIncluding() {
    let including = documents.values.filter(\.includesOthers).map(\.address.text)
    changed += including.filter { !changed.contains($0) }.sorted()
  }

  // MARK: What the editor is told

  /// Checks what changed, and gives the notifications to send.
  mutating func publishChanged() -> [JSON] {
    for address in changed {
      guard var document = documents[address] else { continue }
      document.diagnostics = diagnostics(of: document.file)
      documents[address] = document
      let places = DiagnosticPlaces(document: document, encoding: client.encoding, grammar: grammar)
      outgoing.append(
        Self.publication(document.diagnostics.map(places.json), address: address, version: document.version)
      )
    }
    changed = []
    defer { outgoing = [] }
    return outgoing
  }

  private static func publication(_ diagnostics: [JSON], address: String, version: Int?) -> JSON {
    .notification(
      "textDocument/publishDiagnostics",
      .members([
        "uri": .string(address),
        "version": version.map(JSON.integer),
        "diagnostics": .array(diagnostics),
      ])
    )
  }

  // MARK: Checking

  /// What is to be said of a text: against the model, when it holds by itself and there is one.
  mutating func diagnostics(of file: SourceFile) -> [Diagnostic] {
    let checked = Recipe.check(file, grammar: grammar, including: loader())
    guard let recipe = checked.value, !checked.hasErrors, let model = model(for: Draft.read(file)) else {
      return checked.diagnostics
    }
    let name = settings.runtime ?? recipe.sections.runtime?.value
    let runtime = name.flatMap(grammar.runtime)
    if let name, runtime == nil {
      show("there is no runtime \"\(name)\"; known are \(grammar.runtimes.map(\.name).joined(separator: ", "))")
    }
    let request = PlanRequest(runtime: runtime, grammar: grammar)
    return Plan.check(recipe, on: model.outline, request: request).diagnostics(after: checked.diagnostics)
  }

  /// Where recipes come from that another includes: open texts first, and then files.
  func loader() -> RecipeLoader {
    let open = Dictionary(documents.values.map { ($0.file.name, $0.file) }) { first, _ in first }
    let surroundings = surroundings
    return RecipeLoader { (path, source) throws(RecipeLoader.Failure) in
      guard let folder = FilePath.folder(of: source.name) else {
        throw RecipeLoader.Failure("the recipe that names it has no folder yet")
      }
      let name = FilePath.joined(folder, path)
      if let file = open[name] { return file }
      do throws(Surroundings.Obstacle) {
        return try surroundings.file(name)
      } catch {
        throw RecipeLoader.Failure(error.reason)
      }
    }
  }

  /// The model that a recipe is checked against: the editor's setting, whose path is relative to the open folder, or else
  /// the one that the recipe names, relative to its own.
  mutating func model(for draft: Draft) -> ConfiguredModel? {
    let section = draft.children(of: nil).last { draft.entries[$0].key == "model" }
    let own = section.flatMap { draft.value(of: "path", in: $0).map(draft.meaning) }
    guard let path = settings.model ?? own, !path.isEmpty else { return nil }
    let base = settings.model == nil ? FilePath.folder(of: draft.file.name) : client.folder
    guard let folder = path.hasPrefix("/") ? "/" : base else { return nil }
    do throws(Surroundings.Obstacle) {
      return try models.model(in: FilePath.joined(folder, path), surroundings)
    } catch {
      // A recipe may name a model that only another machine has; a setting is for this one.
      if settings.model != nil { show(error.reason) } else if told.insert(error.reason).inserted { log(error.reason) }
      return nil
    }
  }
}
