internal import Diagnostics
internal import JSONDocuments

extension Diagnostic {
  /// The diagnostic as `check --format json` writes it.
  ///
  /// Lines and columns count from 1, columns in characters; the end is after the last character. Related places and edits
  /// name their file, which can be another one.
  func json(at fileName: String?) -> JSON {
    .object(
      [
        JSON.Member("code", .string(code.name)),
        JSON.Member("severity", .string(severity.rawValue)),
        JSON.Member("message", .string(message)),
      ] + place(span, in: file, named: file?.name ?? fileName) + [
        JSON.Member("label", .string(label)),
        JSON.Member("related", .array(secondary.map { $0.json(in: file) })),
        JSON.Member("notes", .array(((help.map { [$0] } ?? []) + notes).map(JSON.string))),
        JSON.Member("fixes", .array(fixIts.map { $0.json(in: file) })),
      ]
    )
  }
}

extension LabelledSpan {
  fileprivate func json(in file: SourceFile?) -> JSON {
    let file = self.file ?? file
    return .object(place(span, in: file, named: file?.name) + [JSON.Member("label", .string(label))])
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
    let file = self.file ?? file
    return .object(place(span, in: file, named: file?.name) + [JSON.Member("replacement", .string(replacement))])
  }
}

/// Where something stands; null where that is nowhere.
private func place(_ span: SourceSpan?, in file: SourceFile?, named name: String?) -> [JSON.Member] {
  let start = span.flatMap { span in file?.position(at: span.start) }
  let end = span.flatMap { span in file?.position(at: span.end) }
  func number(_ value: Int?) -> JSON { value.map { .integer(Int64($0)) } ?? .null }
  return [
    JSON.Member("file", name.map(JSON.string) ?? .null),
    JSON.Member("line", number(start?.line)),
    JSON.Member("column", number(start?.column)),
    JSON.Member("endLine", number(end?.line)),
    JSON.Member("endColumn", number(end?.column)),
  ]
}
