import Syntax

/// What each release of llm-compressor had, and what Pare makes of the fields that are gone.
package struct GrammarHistory: Hashable, Sendable {
  /// The newest release that the tables know.
  package let latest: String
  /// Modifiers by name, those that are gone among them.
  package let modifiers: [String: ModifierHistory]

  /// The past of a field, or nil when no release had it.
  package func field(_ name: String, of modifier: String) -> FieldHistory? { modifiers[modifier]?.fields[name] }
}

/// When a modifier existed.
package struct ModifierHistory: Hashable, Sendable {
  /// The first release that had it.
  package let since: String
  /// The last release that had it; nil when the latest has.
  package let until: String?
  /// What took its place, for one that is gone.
  package let instead: String?
  /// Its fields by name.
  package let fields: [String: FieldHistory]
}

/// When a field existed, and what became of it.
package struct FieldHistory: Hashable, Sendable {
  /// What Pare makes of a field that is gone; raw values as in the table.
  package enum Effect: String, CaseIterable, Hashable, Sendable {
    /// Nothing follows from it.
    case nothing
    /// It stands in the quantization modifier that must come after.
    case moved
    /// It has another name.
    case renamed
    /// Nobody can say what would follow.
    case unknown
  }

  /// The first release that had it; nil for a field of the program before llm-compressor.
  package let since: String?
  /// The last release that had it; nil when the latest has.
  package let until: String?
  /// What Pare makes of it; nil for a field that the latest release has.
  package let effect: Effect?
  /// The new name of a renamed field, or the field to write in its place.
  package let replacement: String?
  /// The only value from which nothing follows, as written; nil when nothing follows from any.
  package let accepts: String?
  /// What took its place.
  package let instead: String?
}

extension GrammarHistory {
  static func read(_ reader: TableReader) throws(GrammarError) -> GrammarHistory {
    var modifiers: [String: ModifierHistory] = [:]
    for entry in try reader.mapping("modifiers", in: reader.root).entries {
      let body = try reader.mapping(entry.value)
      try reader.expectKeys(["since", "until", "instead", "fields"], in: body)
      var fields: [String: FieldHistory] = [:]
      for field in try reader.mapping("fields", in: body).entries {
        fields[field.key.text] = try fieldHistory(reader, reader.mapping(field.value))
      }
      modifiers[entry.key.text] = ModifierHistory(
        since: try reader.text("since", in: body),
        until: try reader.optionalText("until", in: body),
        instead: try reader.optionalText("instead", in: body),
        fields: fields
      )
    }
    return GrammarHistory(latest: try reader.text("latest", in: reader.root), modifiers: modifiers)
  }

  private static func fieldHistory(_ reader: TableReader, _ body: MappingSyntax) throws(GrammarError) -> FieldHistory {
    try reader.expectKeys(["since", "until", "effect", "to", "accepts", "instead"], in: body)
    return FieldHistory(
      since: try reader.optionalText("since", in: body),
      until: try reader.optionalText("until", in: body),
      effect: body["effect"] == nil ? nil : try reader.word("effect", in: body),
      replacement: try reader.optionalText("to", in: body),
      accepts: try reader.optionalText("accepts", in: body),
      instead: try reader.optionalText("instead", in: body)
    )
  }
}
