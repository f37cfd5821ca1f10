internal import Diagnostics
internal import JSONDocuments
internal import RecipeGrammar

/// Diagnostics of one document as an editor takes them.
///
/// What is said of an included recipe is shown where the document includes others, with the true place beside it.
struct DiagnosticPlaces {
  /// What editors do with the text of a diagnostic besides underlining it; numbers of the protocol.
  private enum Tag: Int {
    case unnecessary = 1
    case deprecated = 2
  }

  let document: OpenDocument
  let encoding: PositionEncoding
  let grammar: Grammar

  /// The place of a diagnostic in the document.
  func span(of diagnostic: Diagnostic) -> SourceSpan {
    if let file = diagnostic.file, file.name != document.file.name { return includeKey }
    return diagnostic.span ?? SourceSpan(start: 0, end: 0)
  }

  func json(_ diagnostic: Diagnostic) -> JSON {
    .members([
      "range": .range(span(of: diagnostic), of: document.file, in: encoding),
      "severity": .integer(diagnostic.severity.number),
      "code": .string(diagnostic.code.name),
      "source": .string("pare"),
      "message": .string(Self.text(of: diagnostic)),
      "tags": tags(of: diagnostic),
      "relatedInformation": relatedInformation(of: diagnostic),
    ])
  }

  /// The message, what stands under its place, what to do, and notes, a line each.
  private static func text(of diagnostic: Diagnostic) -> String {
    let label = diagnostic.label.isEmpty ? [] : [diagnostic.label]
    let help = diagnostic.help.map { ["help: \($0)"] } ?? []
    return ([diagnostic.message] + label + help + diagnostic.notes.map { "note: \($0)" }).joined(separator: "\n")
  }

  private func tags(of diagnostic: Diagnostic) -> JSON? {
    if MarkedCodes.unnecessary.contains(diagnostic.code.name) { return .array([.integer(Tag.unnecessary.rawValue)]) }
    if MarkedCodes.deprecated.contains(diagnostic.code.name) { return .array([.integer(Tag.deprecated.rawValue)]) }
    return nil
  }

  private func relatedInformation(of diagnostic: Diagnostic) -> JSON? {
    let home = diagnostic.file ?? document.file
    var places = diagnostic.secondary
    if home.name != document.file.name, let span = diagnostic.span {
      places.insert(LabelledSpan(span, diagnostic.message), at: 0)
    }
    guard !places.isEmpty else { return nil }
    return .array(
      places.map { place in
        let file = place.file ?? home
        return .members([
          "location": .members(["uri": .string(address(of: file)), "range": .range(place.span, of: file, in: encoding)]
          ),
          "message": .string(place.label.isEmpty ? diagnostic.message : place.label),
        ])
      }
    )
  }

  /// The address of the document, or of a file that it includes.
  func address(of file: SourceFile) -> String {
    file.name == document.file.name ? document.address.text : DocumentAddress(path: file.name).text
  }

  /// The key that includes other recipes.
  private var includeKey: SourceSpan {
    let draft = Draft.read(document.file)
    return draft.children(of: nil).map { draft.entries[$0] }.last { $0.key == grammar.includeKey }?.span
      ?? SourceSpan(start: 0, end: 0)
  }
}

extension Severity {
  /// The number of the protocol.
  fileprivate var number: Int {
    switch self {
    case .error: 1
    case .warning: 2
    case .note: 3
    }
  }
}
