/// Which files of a repository make a checkpoint.
enum ModelFiles {
  /// What there is besides weights: configs, tokenizers, templates, licences.
  private static let companionSuffixes = [".json", ".jinja", ".txt", ".model", ".tiktoken", ".py"]
  private static let companionPrefixes = ["LICENSE", "LICENCE", "NOTICE", "USE_POLICY"]
  /// Endings of files that describe weights in other forms.
  private static let foreignSuffix = ".index.json"

  /// Names that say which tensors there are.
  static let description = [Snapshot.configName, "generation_config.json", Snapshot.indexName]

  /// Whether a file that is not weights belongs to a checkpoint.
  static func isCompanion(_ name: String) -> Bool {
    guard isPlainName(name) else { return false }
    if name == Snapshot.indexName { return true }
    return !name.hasSuffix(foreignSuffix)
      && (companionSuffixes.contains { name.hasSuffix($0) } || companionPrefixes.contains { name.hasPrefix($0) })
  }

  /// Whether a name stands for a file at the top of its repository.
  static func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix(".") && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
  }
}
