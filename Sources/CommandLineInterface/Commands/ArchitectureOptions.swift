internal import ArgumentParser
internal import Diagnostics
internal import Models

/// What a model looks like, as several commands ask.
struct ArchitectureOptions: ParsableArguments {
  @Option(
    name: .customLong("architecture"),
    help: ArgumentHelp(
      "An architecture document for the model, in place of the one that its model_type names (docs/models.md).",
      valueName: "file"
    ),
    completion: .file(extensions: ["yaml", "yml"])
  )
  var path: String?

  /// Reads the document; nil where none is given.
  ///
  /// - Throws: `CommandFailure` with what is wrong with it.
  func architecture() throws(CommandFailure) -> Architecture? {
    guard let path else { return nil }
    let checked = Architecture.read(SourceFile(name: path, bytes: try InputFile.read(path)))
    guard let architecture = checked.value else { throw CommandFailure(checked.diagnostics) }
    return architecture
  }
}
