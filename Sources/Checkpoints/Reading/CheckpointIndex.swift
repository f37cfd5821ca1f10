package import JSONDocuments

/// A checkpoint of which only the configs and the shard index are at hand.
package struct CheckpointIndex: Sendable {
  /// The value of config.json, an object, as `CheckpointHeaders` shows it.
  package let config: JSON
  /// The names of all tensors as `CheckpointHeaders` shows them.
  package let tensorNames: [String]

  /// Reads config and index of a folder.
  ///
  /// - Parameter folder: Path of a checkpoint in the layout of Hugging Face.
  /// - Returns: Both, or nil when there is no index or one of its weight files is there.
  /// - Throws: What is malformed, naming the file.
  package static func read(_ folder: String) throws(CheckpointError) -> CheckpointIndex? {
    let names = Set(try Folder.names(in: folder))
    guard names.contains(ShardIndex.fileName) else { return nil }
    let index = try ShardIndex.read(Folder.path(of: ShardIndex.fileName, in: folder))
    guard !index.files.contains(where: names.contains), !names.contains(SafetensorsLayout.singleFileName) else {
      return nil
    }
    let config = try SmallFile.readObject(Folder.path(of: CheckpointHeaders.configName, in: folder))
    let tensorNames = FusedExperts(config: config)?.split(index.tensorNames) ?? index.tensorNames
    let isFloat8 = try BlockScaledFloat8.read(from: config) != nil
    let isPlain = try QuantizationConfig.leavesWeightsPlain(in: config)
    return CheckpointIndex(
      config: isPlain || isFloat8 ? QuantizationConfig.removed(from: config) : config,
      tensorNames: isFloat8 ? BlockScaledFloat8.decoded(tensorNames) : tensorNames
    )
  }
}
