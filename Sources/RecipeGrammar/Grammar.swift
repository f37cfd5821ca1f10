package import Vocabulary

/// The words of the recipe language: what may stand in a recipe, and what it is when it is omitted.
package struct Grammar: Sendable {
  /// The kinds of work in the order they are done, with a summary of each.
  package let stages: [StageEntry]
  /// What a top-level key with modifiers under it ends in.
  package let stageSuffix: String
  /// What a key inside a stage ends in.
  package let groupSuffix: String
  /// The top-level key that names recipes to include.
  package let includeKey: String
  /// Top-level keys of earlier grammars from which nothing follows.
  package let legacyDocumentKeys: [String]
  /// Keys of stages in earlier grammars from which nothing follows.
  package let legacyStageKeys: [String]
  /// Top-level keys that are neither stages nor sections.
  package let documentFields: [FieldEntry]
  /// Top-level sections besides stages.
  package let sections: [SectionEntry]
  /// The modifiers by name, in table order.
  package let modifiers: [ModifierEntry]
  /// What each release of llm-compressor had.
  package let history: GrammarHistory
  /// Preset schemes in table order.
  package let presets: [PresetEntry]
  /// Observers in table order.
  package let observers: [ObserverEntry]
  /// Checkpoint formats in table order.
  package let formats: [FormatEntry]
  /// Serving runtimes in table order.
  package let runtimes: [RuntimeEntry]
  /// The fields of one `config_groups` entry.
  package let schemeFields: [FieldEntry]
  /// The fields of `weights`, `input_activations`, `output_activations` and `kv_cache_scheme`.
  package let argumentFields: [FieldEntry]
  /// The fields of one entry of AWQ's `mappings`.
  package let balanceMappingFields: [FieldEntry]
  /// The fields of `transform_config`.
  package let transformFields: TransformFields

  /// The language as the tables in `grammar/language` have it.
  package static let standard: Grammar = {
    do {
      return try read(Tables.embedded)
    } catch {
      preconditionFailure("the grammar tables are broken: \(error)")
    }
  }()

  /// The modifier of this exact name, or nil.
  package func modifier(_ name: String) -> ModifierEntry? { modifiers.first { $0.name == name } }

  /// The preset of this name in any case, or nil.
  package func preset(_ name: String) -> PresetEntry? {
    let wanted = name.uppercased()
    return presets.first { $0.name == wanted }
  }

  /// The observer of this name, whatever the case and with or without `_` and `-`, or nil.
  package func observer(_ name: String) -> ObserverEntry? {
    let folded = name.lowercased().filter { $0 != "_" && $0 != "-" }
    return observers.first { $0.name.filter { $0 != "_" } == folded }
  }

  /// The runtime of this exact name, or nil.
  package func runtime(_ name: String) -> RuntimeEntry? { runtimes.first { $0.name == name } }

  /// The section of this exact name, or nil.
  package func section(_ name: String) -> SectionEntry? { sections.first { $0.name == name } }
}

/// The fields of the three mappings inside one another that describe rotations in full.
package struct TransformFields: Hashable, Sendable {
  /// The fields of `transform_config`.
  package let config: [FieldEntry]
  /// The fields of one of its groups.
  package let scheme: [FieldEntry]
  /// The fields of one entry of a group's `apply`.
  package let arguments: [FieldEntry]
}

/// One kind of work.
package struct StageEntry: Hashable, Sendable {
  /// The kind.
  package let kind: StageKind
  /// One sentence on what it does.
  package let summary: String
}

/// A top-level section that is no stage.
package struct SectionEntry: Hashable, Sendable {
  /// The key.
  package let name: String
  /// One sentence on what it says.
  package let summary: String
  /// Its fields in table order.
  package let fields: [FieldEntry]
}

/// One modifier.
package struct ModifierEntry: Hashable, Sendable {
  /// The name in recipes.
  package let name: String
  /// The kind of work.
  package let stage: StageKind
  /// What Pare does for it.
  package let method: ModifierMethod
  /// One sentence on what it does.
  package let summary: String
  /// The paper or program that defines it.
  package let source: String
  /// What to write in its place, for one that is going away.
  package let instead: String?
  /// Its fields in table order.
  package let fields: [FieldEntry]
}

/// What a modifier asks Pare to do; raw values as in the tables.
package enum ModifierMethod: String, CaseIterable, Hashable, Sendable {
  case roundToNearest = "round-to-nearest"
  case gptq
  case autoRound = "auto-round"
  case smoothQuant = "smoothquant"
  case logarithmicEqualization = "log-equalization"
  case awq
  case sparseGPT = "sparsegpt"
  case wanda
  case magnitude
  case constant
  case reap
  case quip
  case spinQuant = "spinquant"
}

/// A scheme with a name.
package struct PresetEntry: Hashable, Sendable {
  /// The canonical name, in capitals.
  package let name: String
  /// One sentence on what it stores.
  package let summary: String
  /// Its arguments, every default filled in.
  package let scheme: QuantizationScheme
}

/// One observer.
package struct ObserverEntry: Hashable, Sendable {
  /// The canonical name.
  package let name: String
  /// One sentence on what it finds.
  package let summary: String
  /// Whether it remembers earlier batches.
  package let accumulates: Bool
  /// Whether it needs calibration data even for weights.
  package let needsCalibration: Bool
  /// The name to write in its place, for one that is an alias.
  package let instead: String?
  /// Its arguments in table order.
  package let fields: [FieldEntry]
}

/// One checkpoint format.
package struct FormatEntry: Hashable, Sendable {
  /// The format.
  package let format: CheckpointFormat
  /// Whether a recipe may ask for it.
  package let isSettable: Bool
  /// One sentence on what it stores.
  package let summary: String
}
