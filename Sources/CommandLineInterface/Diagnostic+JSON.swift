internal import Diagnostics
internal import JSONDocuments

extension Diagnostic {
  /// The diagnostic as `check --format json` writes it; lines and columns count from 1, columns in characters.
  var json: JSON {
    let start = position
    let end = span.flatMap { span in file.map { $0.position(at: span.end) } }
    func number(_ value: Int?) -> JSON { value.map { .integer(Int64($0)) } ?? .null }
    return .object([
      JSON.Member("code", .string(code.name)),
      JSON.Member("severity", .string(severity.rawValue)),
      JSON.Member("message", .string(message)),
      JSON.Member("file", file.map { .string($0.name) } ?? .null),
      JSON.Member("line", number(start?.line)),
      JSON.Member("column", number(start?.column)),
      JSON.Member("endLine", number(end?.line)),
      JSON.Member("endColumn", number(end?.column)),
      JSON.Member("notes", .array(((help.map { [$0] } ?? []) + notes).map(JSON.string))),
      JSON.Member("fixes", .array(fixIts.map { $0.json(in: file) })),
    ])
  }
}

extension FixIt {
  fileprivate func json(in file: SourceFile?) -> JSON {
    .object([
      JSON.Member("message", .string(message)),
      JSON.Member("applicability", .string(applicability.rawValue)),
      JSON.Member("edits", .array(edits.map { $0.json(in: file) })),
    ])
  }
}

extension TextEdit {
  fileprivate func json(in file: SourceFile?) -> JSON {
    let start = file?.position(at: span.start)
    let end = file?.position(at: span.end)
    func number(_ value: Int?) -> JSON { value.map { .integer(Int64($0)) } ?? .null }
    return .object([
      JSON.Member("line", number(start?.line)),
      JSON.Member("column", number(start?.column)),
      JSON.Member("endLine", number(end?.line)),
      JSON.Member("endColumn", number(end?.column)),
      JSON.Member("replacement", .string(replacement)),
    ])
  }
}
