import Syntax
import Vocabulary

extension Grammar {
  /// Reads a grammar from its tables.
  ///
  /// - Throws: `GrammarError` with the place of the first fault.
  package static func read(_ tables: Tables) throws(GrammarError) -> Grammar {
    let stages = try TableReader(tables.stages)
    let suffixes = try stages.mapping("suffixes", in: stages.root)
    let legacy = try stages.mapping("legacy", in: stages.root)
    let formats = try TableReader(tables.formats)
    return Grammar(
      stages: try stageEntries(stages),
      stageSuffix: try stages.text("stage", in: suffixes),
      groupSuffix: try stages.text("group", in: suffixes),
      includeKey: try stages.text("include", in: stages.root),
      legacyDocumentKeys: try stages.texts("document", in: legacy),
      legacyStageKeys: try stages.texts("stage", in: legacy),
      documentFields: try stages.fields(stages.mapping("document", in: stages.root)),
      sections: try sectionEntries(stages),
      modifiers: try modifierEntries(TableReader(tables.modifiers)),
      history: try GrammarHistory.read(TableReader(tables.history)),
      presets: try presetEntries(TableReader(tables.schemes)),
      observers: try observerEntries(TableReader(tables.observers)),
      formats: try formatEntries(formats),
      runtimes: try runtimeEntries(TableReader(tables.runtimes)),
      schemeFields: try formats.fields(formats.mapping("scheme", in: formats.root)),
      argumentFields: try formats.fields(formats.mapping("arguments", in: formats.root)),
      balanceMappingFields: try formats.fields(formats.mapping("balance_mapping", in: formats.root)),
      transformFields: TransformFields(
        config: try formats.fields(formats.mapping("transform_config", in: formats.root)),
        scheme: try formats.fields(formats.mapping("transform", in: formats.root)),
        arguments: try formats.fields(formats.mapping("transform_arguments", in: formats.root))
      )
    )
  }

  private static func stageEntries(_ reader: TableReader) throws(GrammarError) -> [StageEntry] {
    var entries: [StageEntry] = []
    for entry in try reader.mapping("stages", in: reader.root).entries {
      guard let kind = StageKind(rawValue: entry.key.text) else {
        throw reader.fault(at: entry.key.span, "unknown stage \(entry.key.text)")
      }
      entries.append(StageEntry(kind: kind, summary: try reader.text("summary", in: reader.mapping(entry.value))))
    }
    return entries
  }

  private static func sectionEntries(_ reader: TableReader) throws(GrammarError) -> [SectionEntry] {
    var entries: [SectionEntry] = []
    for entry in try reader.mapping("sections", in: reader.root).entries {
      let body = try reader.mapping(entry.value)
      entries.append(
        SectionEntry(
          name: entry.key.text,
          summary: try reader.text("summary", in: body),
          fields: try reader.fields(reader.mapping("fields", in: body))
        )
      )
    }
    return entries
  }

  private static func modifierEntries(_ reader: TableReader) throws(GrammarError) -> [ModifierEntry] {
    var entries: [ModifierEntry] = []
    for entry in try reader.mapping("modifiers", in: reader.root).entries {
      let body = try reader.mapping(entry.value)
      try reader.expectKeys(["stage", "method", "summary", "source", "instead", "fields"], in: body)
      entries.append(
        ModifierEntry(
          name: entry.key.text,
          stage: try reader.word("stage", in: body),
          method: try reader.word("method", in: body),
          summary: try reader.text("summary", in: body),
          source: try reader.text("source", in: body),
          instead: try reader.optionalText("instead", in: body),
          fields: try reader.fields(reader.mapping("fields", in: body))
        )
      )
    }
    return entries
  }

  private static func observerEntries(_ reader: TableReader) throws(GrammarError) -> [ObserverEntry] {
    var entries: [ObserverEntry] = []
    for entry in try reader.mapping("observers", in: reader.root).entries {
      let body = try reader.mapping(entry.value)
      try reader.expectKeys(["summary", "accumulates", "calibrated", "instead", "fields"], in: body)
      entries.append(
        ObserverEntry(
          name: entry.key.text,
          summary: try reader.text("summary", in: body),
          accumulates: try reader.boolean("accumulates", in: body),
          needsCalibration: try reader.boolean("calibrated", in: body),
          instead: try reader.optionalText("instead", in: body),
          fields: try reader.fields(body["fields"].map { node throws(GrammarError) in try reader.mapping(node) })
        )
      )
    }
    return entries
  }

  private static func formatEntries(_ reader: TableReader) throws(GrammarError) -> [FormatEntry] {
    var entries: [FormatEntry] = []
    for entry in try reader.mapping("formats", in: reader.root).entries {
      guard let format = CheckpointFormat(rawValue: entry.key.text) else {
        throw reader.fault(at: entry.key.span, "unknown format \(entry.key.text)")
      }
      let body = try reader.mapping(entry.value)
      entries.append(
        FormatEntry(
          format: format,
          isSettable: try reader.boolean("settable", in: body),
          summary: try reader.text("summary", in: body)
        )
      )
    }
    return entries
  }
}
