internal import Diagnostics
internal import JSONDocuments

/// Repairs that an editor offers.
struct CodeActions {
  static let quickFix = "quickfix"
  static let fixAll = "source.fixAll"

  let places: DiagnosticPlaces
  let client: Client
  /// The versions of open texts by their names.
  let versions: [String: Int]

  /// A repair for each fix-it of the diagnostics that touch a span.
  func quickFixes(touching span: SourceSpan) -> [JSON] {
    places.document.diagnostics.flatMap { diagnostic -> [JSON] in
      let place = places.span(of: diagnostic)
      guard place.start <= span.end, span.start <= place.end else { return [] }
      let offered = diagnostic.fixIts.filter { $0.applicability != .displayOnly }
      let preferred = offered.firstIndex { $0.applicability == .safe }
      return offered.indices.map { index in
        .members([
          "title": .string(offered[index].message),
          "kind": .string(Self.quickFix),
          "diagnostics": .array([places.json(diagnostic)]),
          "isPreferred": index == preferred ? .boolean(true) : nil,
          "edit": edit(offered[index], of: diagnostic),
        ])
      }
    }
  }

  /// All safe repairs of the document together, or nil when there are none.
  func everything(_ check: (SourceFile) -> [Diagnostic]) -> JSON? {
    let file = places.document.file
    let fixed = file.fixing(check)
    guard fixed.fixCount > 0 else { return nil }
    let count = fixed.fixCount == 1 ? "1 problem" : "\(fixed.fixCount) problems"
    return .members([
      "title": .string("fix \(count) safely"),
      "kind": .string(Self.fixAll),
      "edit": edit([(file, file.edits(to: fixed.file, client.encoding))]),
    ])
  }

  private func edit(_ fixIt: FixIt, of diagnostic: Diagnostic) -> JSON {
    var files: [(file: SourceFile, edits: [JSON])] = []
    for edit in fixIt.edits {
      let file = edit.file ?? diagnostic.file ?? places.document.file
      let json = JSON.members([
        "range": .range(edit.span, of: file, in: client.encoding),
        "newText": .string(edit.replacement),
      ])
      if let index = files.firstIndex(where: { $0.file.name == file.name }) {
        files[index].edits.append(json)
      } else {
        files.append((file, [json]))
      }
    }
    return edit(files)
  }

  private func edit(_ files: [(file: SourceFile, edits: [JSON])]) -> JSON {
    guard client.takesVersionedEdits else {
      let changes = files.map { JSON.Member(places.address(of: $0.file), .array($0.edits)) }
      return .members(["changes": .object(changes)])
    }
    let changes = files.map { file, edits -> JSON in
      let version = versions[file.name].map(JSON.integer) ?? .null
      let document = JSON.members(["uri": .string(places.address(of: file)), "version": version])
      return .members(["textDocument": document, "edits": .array(edits)])
    }
    return .members(["documentChanges": .array(changes)])
  }
}
