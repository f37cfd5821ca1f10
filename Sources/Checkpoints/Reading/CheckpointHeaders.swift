internal import Glibc
package import JSONDocuments

/// A checkpoint seen from outside: its configs and the headers of its weight files, without any weight.
///
/// Holds for sparse files too, which have their full size but no bytes behind the header.
package struct CheckpointHeaders: Sendable {
  /// The folder's path as given.
  package let folder: String
  /// The value of config.json, an object.
  package let config: JSON
  /// The value of generation_config.json, an object, where there is one.
  package let generationConfig: JSON?
  /// The weight files in name order.
  package let files: [WeightFile]
  private let places: [String: Place]

  /// One weight file.
  package struct WeightFile: Sendable {
    /// The base name.
    package let name: String
    /// The checked header.
    package let header: SafetensorsHeader
  }

  /// Where a tensor is: an index into `files` and one into that file's tensors.
  private struct Place {
    let file: Int
    let tensor: Int
  }

  /// The file name of a model's config.
  package static let configName = "config.json"
  /// The file name of the defaults for generating text.
  package static let generationConfigName = "generation_config.json"

  /// Reads configs, shard index and headers of a folder and finds that they agree.
  ///
  /// - Parameter folder: Path of a checkpoint in the layout of Hugging Face.
  /// - Returns: Everything but the weights.
  /// - Throws: What is missing, malformed or contradictory, naming the file and the tensor.
  package static func read(_ folder: String) throws(CheckpointError) -> CheckpointHeaders {
    let names = try Folder.names(in: folder)
    let config = try SmallFile.readObject(Folder.path(of: configName, in: folder))
    let generationConfig =
      names.contains(generationConfigName)
      ? try SmallFile.readObject(Folder.path(of: generationConfigName, in: folder)) : nil
    let index =
      names.contains(ShardIndex.fileName)
      ? try ShardIndex.read(Folder.path(of: ShardIndex.fileName, in: folder)) : nil
    let fileNames = index?.files ?? [SafetensorsLayout.singleFileName]
    var files: [WeightFile] = []
    for name in fileNames {
      do {
        files.append(WeightFile(name: name, header: try SafetensorsHeader.read(Folder.path(of: name, in: folder))))
      } catch .missingFile where index != nil {
        throw .index(file: ShardIndex.fileName, .missingShard(file: name))
      }
    }
    let headers = CheckpointHeaders(
      folder: folder,
      config: config,
      generationConfig: generationConfig,
      files: files,
      places: try places(in: files)
    )
    if let index {
      try index.check(against: files, names: names)
    }
    return headers
  }

  /// The names of all tensors, file after file, in the order of their bytes.
  package var tensorNames: [String] {
    files.flatMap { $0.header.tensors.map(\.description.name) }
  }

  /// What a tensor is, or nil when there is none of that name.
  package func description(of name: String) -> TensorDescription? {
    location(of: name)?.entry.description
  }

  /// Where a tensor is, or nil when there is none of that name.
  ///
  /// - Parameter name: The full name.
  /// - Returns: The index of its file in `files`, and its entry in the file's header.
  package func location(of name: String) -> (file: Int, entry: TensorEntry)? {
    guard let place = places[name] else { return nil }
    return (place.file, files[place.file].header.tensors[place.tensor])
  }

  /// The bytes of all tensors together.
  package var tensorByteCount: Int {
    files.reduce(0) { $0 + $1.header.fileByteCount - $1.header.dataStart }
  }

  private static func places(in files: [WeightFile]) throws(CheckpointError) -> [String: Place] {
    var places: [String: Place] = [:]
    places.reserveCapacity(files.reduce(0) { $0 + $1.header.tensors.count })
    for (fileIndex, file) in files.enumerated() {
      for (tensorIndex, tensor) in file.header.tensors.enumerated() {
        let name = tensor.description.name
        if let first = places.updateValue(Place(file: fileIndex, tensor: tensorIndex), forKey: name) {
          throw .duplicateTensor(name, files: [files[first.file].name, file.name])
        }
      }
    }
    return places
  }
}
