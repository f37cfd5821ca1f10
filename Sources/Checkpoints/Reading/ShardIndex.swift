internal import JSONDocuments

/// Which file of a folder holds which tensor, as `model.safetensors.index.json` says.
struct ShardIndex: Sendable {
  /// Base names of the shards, each once, in byte order.
  let files: [String]
  /// The base name of each tensor's file.
  private let fileOfTensor: [String: String]

  /// The names of all tensors, in byte order.
  var tensorNames: [String] { fileOfTensor.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

  /// The file name of an index.
  static let fileName = "model.safetensors.index.json"

  /// Reads the index that says where a folder's tensors are; nil where they are in one file.
  ///
  /// An index that was left behind when its shards went is not followed.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - names: All names in it.
  ///   - known: The index, where it has been read.
  /// - Returns: The index.
  /// - Throws: `index` where the folder holds the model twice, and what is malformed.
  static func read(
    in folder: String,
    names: [String],
    known: ShardIndex? = nil
  ) throws(CheckpointError) -> ShardIndex? {
    guard names.contains(fileName) else { return nil }
    let index = if let known { known } else { try read(Folder.path(of: fileName, in: folder)) }
    let single = SafetensorsLayout.singleFileName
    guard names.contains(single), !index.files.contains(single) else { return index }
    guard !index.files.contains(where: names.contains) else {
      throw .index(file: fileName, .fileBesideShards(file: single))
    }
    return nil
  }

  /// Reads an index and finds that its file names stay in the folder.
  static func read(_ path: String) throws(CheckpointError) -> ShardIndex {
    let document = try SmallFile.readObject(path)
    do {
      return try ShardIndex(document)
    } catch {
      throw .index(file: fileName, error)
    }
  }

  private init(_ document: JSON) throws(IndexFault) {
    let maps = (document.object ?? []).filter { $0.key == "weight_map" }
    guard maps.count == 1, let members = maps[0].value.object else { throw .malformedWeightMap }
    var fileOfTensor: [String: String] = [:]
    fileOfTensor.reserveCapacity(members.count)
    var files: Set<String> = []
    var last: String?
    for member in members {
      guard let file = member.value.string else { throw .malformedWeightMap }
      // Neighbours mostly share a file.
      if file != last {
        guard Folder.isPlainName(file) else { throw .fileName(tensor: member.key, file: file) }
        files.insert(file)
        last = file
      }
      guard fileOfTensor.updateValue(file, forKey: member.key) == nil else { throw .repeatedTensor(member.key) }
    }
    self.fileOfTensor = fileOfTensor
    self.files = files.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Finds that the index and the shards list the same tensors, and that no shard is left out.
  ///
  /// - Parameters:
  ///   - shards: The headers of `files`, in which every name stands once.
  ///   - names: All names in the folder.
  /// - Throws: `index`, naming the tensor or the shard.
  func check(against shards: [CheckpointHeaders.WeightFile], names: [String]) throws(CheckpointError) {
    let known = Set(files)
    if let stray = names.first(where: { ShardName.matches($0) && !known.contains($0) }) {
      throw .index(file: Self.fileName, .unlistedShard(file: stray))
    }
    do {
      try compare(with: shards)
    } catch {
      throw .index(file: Self.fileName, error)
    }
  }

  private func compare(with shards: [CheckpointHeaders.WeightFile]) throws(IndexFault) {
    for shard in shards {
      for tensor in shard.header.tensors {
        let name = tensor.description.name
        guard fileOfTensor[name] == shard.name else { throw .unlistedTensor(name, file: shard.name) }
      }
    }
    // Names differ, so that as many as the index has are all of them.
    guard shards.map(\.header.tensors.count).reduce(0, +) < fileOfTensor.count else { return }
    let found = Set(shards.flatMap { $0.header.tensors.map(\.description.name) })
    let missing = fileOfTensor.filter { !found.contains($0.key) }.min { $0.key < $1.key }
    if let missing { throw .missingTensor(missing.key, file: missing.value) }
  }
}
