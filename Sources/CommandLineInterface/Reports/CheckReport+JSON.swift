internal import JSONDocuments
internal import Planning

extension CheckReport {
  /// The report as one object.
  var json: JSON {
    var members = [JSON.Member("diagnostics", .array(entries.map { $0.diagnostic.json(at: $0.fileName) }))]
    if !resolutions.isEmpty { members.append(JSON.Member("resolutions", .array(resolutions.flatMap(resolved)))) }
    return .object(members)
  }

  private func resolved(_ name: String, _ targets: [ResolvedTarget]) -> [JSON] {
    targets.map { target in
      .object([
        JSON.Member("file", .string(name)),
        JSON.Member("modifier", .string(target.modifier)),
        JSON.Member("scheme", .string(target.scheme)),
        JSON.Member("target", .string(target.target)),
        JSON.Member("modules", .integer(Int64(target.moduleCount))),
      ])
    }
  }
}
