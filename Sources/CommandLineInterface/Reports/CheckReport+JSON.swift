internal import JSONDocuments

extension CheckReport {
  /// The report as one object.
  var json: JSON {
    .object([JSON.Member("diagnostics", .array(entries.map { $0.diagnostic.json(at: $0.fileName) }))])
  }
}
