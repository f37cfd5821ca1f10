internal import Diagnostics
internal import JSONDocuments
internal import Reference

extension CheckReport {
  /// The report in the Static Analysis Results Interchange Format.
  ///
  /// - SeeAlso: OASIS, "SARIF Version 2.1.0"; GitHub, "SARIF support for code scanning".
  var sarif: JSON {
    let codes = Set(diagnostics.map(\.code.name)).sorted()
    let indices = Dictionary(uniqueKeysWithValues: codes.enumerated().map { ($1, $0) })
    let driver = JSON.object([
      JSON.Member("name", .string("Pare")),
      JSON.Member("semanticVersion", .string(Version.current)),
      JSON.Member("rules", .array(codes.map(rule))),
    ])
    let run = JSON.object([
      JSON.Member("tool", .object([JSON.Member("driver", driver)])),
      JSON.Member("columnKind", .string("unicodeCodePoints")),
      JSON.Member("results", .array(entries.map { $0.result(ruleIndex: indices[$0.diagnostic.code.name] ?? 0) })),
    ])
    return .object([
      JSON.Member("$schema", .string("https://json.schemastore.org/sarif-2.1.0.json")),
      JSON.Member("version", .string("2.1.0")),
      JSON.Member("runs", .array([run])),
    ])
  }

  /// A kind of diagnostic, with its page when it has one.
  private func rule(_ code: String) -> JSON {
    var members = [
      JSON.Member("id", .string(code)),
      JSON.Member("shortDescription", text(code.replacing("-", with: " "))),
    ]
    if let topic = Reference.standard.topics(named: code).first(where: { $0.kind == .diagnostic }) {
      let page = JSON.string(topic.document.markdown())
      members += [
        JSON.Member("fullDescription", text(topic.summary)),
        JSON.Member("help", .object([JSON.Member("text", page), JSON.Member("markdown", page)])),
      ]
    }
    return .object(members)
  }
}

extension CheckReport.Entry {
  fileprivate func result(ruleIndex: Int) -> JSON {
    var members = [
      JSON.Member("ruleId", .string(diagnostic.code.name)),
      JSON.Member("ruleIndex", .integer(Int64(ruleIndex))),
      JSON.Member("level", .string(diagnostic.severity.rawValue)),
      JSON.Member("message", text(diagnostic.prose)),
    ]
    if let fileName {
      let place = location(fileName, diagnostic.file, diagnostic.span, label: diagnostic.label)
      members.append(JSON.Member("locations", .array([.object(place)])))
    }
    let related = diagnostic.secondary.enumerated().compactMap { index, other in
      (other.file ?? diagnostic.file).map { file in
        JSON.object(
          [JSON.Member("id", .integer(Int64(index)))] + location(file.name, file, other.span, label: other.label)
        )
      }
    }
    if !related.isEmpty { members.append(JSON.Member("relatedLocations", .array(related))) }
    let fixes = diagnostic.fixIts.filter { $0.applicability != .displayOnly }.compactMap {
      $0.sarif(in: diagnostic.file)
    }
    if !fixes.isEmpty { members.append(JSON.Member("fixes", .array(fixes))) }
    return .object(members)
  }
}

extension FixIt {
  /// The fix with its replacements by file; nil when there is nothing to replace.
  fileprivate func sarif(in file: SourceFile?) -> JSON? {
    var changes: [(file: SourceFile, replacements: [JSON])] = []
    for edit in edits {
      guard let edited = edit.file ?? file else { continue }
      let replacement = JSON.object([
        JSON.Member("deletedRegion", region(edit.span, in: edited)),
        JSON.Member("insertedContent", text(edit.replacement)),
      ])
      if let index = changes.firstIndex(where: { $0.file.name == edited.name }) {
        changes[index].replacements.append(replacement)
      } else {
        changes.append((edited, [replacement]))
      }
    }
    guard !changes.isEmpty else { return nil }
    return .object([
      JSON.Member("description", text(self.message)),
      JSON.Member(
        "artifactChanges",
        .array(
          changes.map { change in
            .object([
              JSON.Member("artifactLocation", artifact(change.file.name)),
              JSON.Member("replacements", .array(change.replacements)),
            ])
          }
        )
      ),
      JSON.Member("properties", .object([JSON.Member("applicability", .string(applicability.rawValue))])),
    ])
  }
}

private func text(_ text: String) -> JSON { .object([JSON.Member("text", .string(text))]) }

private func artifact(_ name: String) -> JSON { .object([JSON.Member("uri", .string(name.uriReference))]) }

private func location(_ name: String, _ file: SourceFile?, _ span: SourceSpan?, label: String) -> [JSON.Member] {
  var place = [JSON.Member("artifactLocation", artifact(name))]
  if let file, let span { place.append(JSON.Member("region", region(span, in: file))) }
  return [JSON.Member("physicalLocation", .object(place))]
    + (label.isEmpty ? [] : [JSON.Member("message", text(label))])
}

private func region(_ span: SourceSpan, in file: SourceFile) -> JSON {
  let (start, end) = (file.position(at: span.start), file.position(at: span.end))
  return .object([
    JSON.Member("startLine", .integer(Int64(start.line))),
    JSON.Member("startColumn", .integer(Int64(start.column))),
    JSON.Member("endLine", .integer(Int64(end.line))),
    JSON.Member("endColumn", .integer(Int64(end.column))),
  ])
}

extension String {
  /// A path as a URI reference (RFC 3986): absolute paths with their scheme, everything unusual percent-encoded.
  fileprivate var uriReference: String {
    var path = self[...]
    while path.hasPrefix("./") { path = path.dropFirst("./".count) }
    let hexadecimalRadix = 16
    let encoded = path.utf8.map { byte in
      let scalar = Unicode.Scalar(byte)
      let isUnreserved = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      if isUnreserved || "/-._~".unicodeScalars.contains(scalar) { return String(scalar) }
      let digits = String(byte, radix: hexadecimalRadix, uppercase: true)
      return "%" + (digits.count == 1 ? "0" : "") + digits
    }.joined()
    return encoded.hasPrefix("/") ? "file://\(encoded)" : encoded
  }
}
