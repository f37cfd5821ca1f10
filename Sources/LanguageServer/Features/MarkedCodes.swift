/// Codes of diagnostics whose text editors show in another way: faded, or struck out.
package enum MarkedCodes {
  /// Codes of text from which nothing follows.
  package static let unnecessary: Set<String> = [
    "disabled-stage", "field-without-effect", "legacy-key", "observer-without-effect", "overwritten-field",
    "targets-without-effect",
  ]
  /// Codes of words that are going away.
  package static let deprecated: Set<String> = [
    "deprecated-modifier", "obsolete-target", "outlived-field", "renamed-field",
  ]
}
