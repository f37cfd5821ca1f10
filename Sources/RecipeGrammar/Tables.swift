package import Diagnostics

/// The texts that a grammar is read from.
package struct Tables: Sendable {
  /// Stage kinds, suffixes and sections.
  package var stages: SourceFile
  /// Modifiers and their fields.
  package var modifiers: SourceFile
  /// The releases that had each field.
  package var history: SourceFile
  /// Preset schemes.
  package var schemes: SourceFile
  /// Observers and their arguments.
  package var observers: SourceFile
  /// Checkpoint formats, and the fields of schemes and arguments.
  package var formats: SourceFile
  /// Serving runtimes.
  package var runtimes: SourceFile

  /// The tables of `grammar/language`, as they were when Pare was built.
  package static let embedded = Tables(
    stages: SourceFile(name: "stages.yaml", bytes: PackageResources.stages_yaml),
    modifiers: SourceFile(name: "modifiers.yaml", bytes: PackageResources.modifiers_yaml),
    history: SourceFile(name: "history.yaml", bytes: PackageResources.history_yaml),
    schemes: SourceFile(name: "schemes.yaml", bytes: PackageResources.schemes_yaml),
    observers: SourceFile(name: "observers.yaml", bytes: PackageResources.observers_yaml),
    formats: SourceFile(name: "formats.yaml", bytes: PackageResources.formats_yaml),
    runtimes: SourceFile(name: "runtimes.yaml", bytes: PackageResources.runtimes_yaml)
  )
}

/// A table that cannot be read; place and fault as `file:line:column: …`.
package enum GrammarError: Error, Hashable {
  case broken(String)
}
