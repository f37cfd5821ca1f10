package import Diagnostics

/// Where the recipes come from that another one includes; this room knows no files.
package struct RecipeLoader: Sendable {
  /// Why a recipe cannot be included, as one sentence.
  package struct Failure: Error {
    /// The reason.
    package let reason: String

    package init(_ reason: String) {
      self.reason = reason
    }
  }

  private let read: @Sendable (String, SourceFile) throws(Failure) -> SourceFile

  /// - Parameter read: Gives the recipe of a path, which is relative to the folder of the recipe that names it. The
  ///   name of what it gives is the path by which that recipe is known; two paths to one recipe give one name.
  package init(_ read: @escaping @Sendable (_ path: String, _ source: SourceFile) throws(Failure) -> SourceFile) {
    self.read = read
  }

  /// The recipe of a path.
  ///
  /// - Throws: `Failure` when there is none.
  func load(_ path: String, from source: SourceFile) throws(Failure) -> SourceFile { try read(path, source) }

  /// A loader for texts that stand alone.
  package static let none = RecipeLoader { (_, _) throws(Failure) in throw Failure("nothing can be included here") }
}
