package import Diagnostics
package import Models

/// What the server is given of the machine that it runs on; it opens no file itself.
package struct Surroundings: Sendable {
  /// Why something cannot be had, as one sentence.
  package struct Obstacle: Error {
    /// The reason.
    package let reason: String

    package init(_ reason: String) {
      self.reason = reason
    }
  }

  /// Gives the file of an absolute path, under that name.
  package let file: @Sendable (_ path: String) throws(Obstacle) -> SourceFile
  /// Describes the model in a folder.
  package let model: @Sendable (_ folder: String) throws(Obstacle) -> ModelOutline
  /// Keeps a text where an editor can open it as long as the server runs, and gives its absolute path; the same name
  /// replaces what it stood for.
  package let keep: @Sendable (_ name: String, _ text: String) throws(Obstacle) -> String

  package init(
    file: @escaping @Sendable (_ path: String) throws(Obstacle) -> SourceFile,
    model: @escaping @Sendable (_ folder: String) throws(Obstacle) -> ModelOutline,
    keep: @escaping @Sendable (_ name: String, _ text: String) throws(Obstacle) -> String
  ) {
    self.file = file
    self.model = model
    self.keep = keep
  }
}
