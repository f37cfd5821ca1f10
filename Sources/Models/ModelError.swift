/// Why a model cannot be described from its config and headers.
package enum ModelError: Error, Hashable, Sendable {
  /// config.json lacks a key that the architecture needs.
  case missingKey(String, family: String)
  /// A value of config.json is not of the kind, or not in the range, that its key needs.
  case malformedValue(key: String, expected: String)
  /// config.json asks for something that Pare's forward pass does not have, such as a kind of rotary scaling.
  case unsupported(key: String, value: String, known: [String])
  /// A tensor that the architecture needs is in no file.
  case missingTensor(String)
  /// A tensor's shape is not the one that config.json leads to.
  case shape(tensor: String, found: [Int], expected: [Int])
}
