package import JSONDocuments

/// A checkpoint of which only the configs and the shard index are at hand.
package struct CheckpointIndex: Sendable {
  /// The value of config.json, an object, as `CheckpointHeaders` shows it.
  package let config: JSON
  /// The names of all tensors as `CheckpointHeaders` shows them.
  package let tensorNames: [String]

  /// Reads config and index.
  fileprivate init(_ folder: String, _ index: ShardIndex) throws(CheckpointError) {
    let config = try SmallFile.readObject(Folder.path(of: CheckpointHeaders.configName, in: folder))
    let names = FusedExperts(config: config)?.split(index.tensorNames) ?? index.tensorNames
    let isFloat8 = try BlockScaledFloat8.read(from: config) != nil
    let isPlain = try QuantizationConfig.leavesWeightsPlain(in: config)
    self.config = isPlain || isFloat8 ? QuantizationConfig.removed(from: config) : config
    tensorNames = isFloat8 ? BlockScaledFloat8.decoded(names) : names
  }
}

/// What of a checkpoint is at hand besides weights.
package enum CheckpointOutside: Sendable {
  /// Configs and the headers of all weight files.
  case headers(CheckpointHeaders)
  /// Config and index, and no weight file.
  case index(CheckpointIndex)

  /// Config and index where these are all.
  package var index: CheckpointIndex? {
    if case .index(let index) = self { index } else { nil }
  }

  /// Reads what a folder has.
  ///
  /// - Parameter folder: Path of a checkpoint in the layout of Hugging Face.
  /// - Returns: Config and index where no weight file of the index is there, and headers otherwise.
  /// - Throws: What is missing, malformed or contradictory, naming the file.
  package static func read(_ folder: String) throws(CheckpointError) -> CheckpointOutside {
    let names = Set(try Folder.names(in: folder))
    guard names.contains(ShardIndex.fileName) else { return .headers(try CheckpointHeaders.read(folder)) }
    let index = try ShardIndex.read(Folder.path(of: ShardIndex.fileName, in: folder))
    guard isAlone(index, among: names) else { return .headers(try CheckpointHeaders.read(folder, index: index)) }
    return .index(try CheckpointIndex(folder, index))
  }

  /// Reads config and index; nil where there is no index, or a weight file beside it.
  package static func readIndex(_ folder: String) throws(CheckpointError) -> CheckpointIndex? {
    let names = Set(try Folder.names(in: folder))
    guard names.contains(ShardIndex.fileName) else { return nil }
    let index = try ShardIndex.read(Folder.path(of: ShardIndex.fileName, in: folder))
    return isAlone(index, among: names) ? try CheckpointIndex(folder, index) : nil
  }

  private static func isAlone(_ index: ShardIndex, among names: Set<String>) -> Bool {
    !index.files.contains(where: names.contains) && !names.contains(SafetensorsLayout.singleFileName)
  }
}
