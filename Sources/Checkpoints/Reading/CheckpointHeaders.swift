internal import Glibc
package import JSONDocuments

/// A checkpoint seen from outside: its configs and the headers of its weight files, without any weight.
///
/// Holds for sparse files too, which have their full size but no bytes behind the header. Tensors are shown in one
/// form, whatever the files have: experts one by one (`FusedExperts`), and float8 with factors as bfloat16 (`BlockScaledFloat8`).
package struct CheckpointHeaders: Sendable {
  /// The folder's path as given.
  package let folder: String
  /// The value of config.json, an object; without what it says of weights that are shown in another form.
  package let config: JSON
  /// How weights are stored that are shown in bfloat16; nil where there are none.
  package let blockScaledFloat8: BlockScaledFloat8?
  /// The value of generation_config.json, an object, where there is one.
  package let generationConfig: JSON?
  /// The weight files in name order.
  package let files: [WeightFile]
  private let presented: [PresentedTensor]
  /// Indices into `presented`.
  private let places: [String: Int]

  /// One weight file.
  package struct WeightFile: Sendable {
    /// The base name.
    package let name: String
    /// The checked header, with the tensors as they are stored.
    package let header: SafetensorsHeader
  }

  /// The file name of a model's config.
  package static let configName = "config.json"
  /// The file name of the defaults for generating text.
  package static let generationConfigName = "generation_config.json"

  /// Reads configs, shard index and headers of a folder and finds that they agree.
  ///
  /// - Parameters:
  ///   - folder: Path of a checkpoint in the layout of Hugging Face.
  ///   - elsewhere: Headers of weight files that are not in the folder, by name.
  /// - Returns: Everything but the weights.
  /// - Throws: What is missing, malformed or contradictory, naming the file and the tensor.
  package static func read(
    _ folder: String,
    elsewhere: [String: SafetensorsHeader] = [:]
  ) throws(CheckpointError) -> CheckpointHeaders {
    try read(folder, index: nil, elsewhere: elsewhere)
  }

  /// The same of a folder whose index may have been read.
  static func read(
    _ folder: String,
    index known: ShardIndex?,
    elsewhere: [String: SafetensorsHeader] = [:]
  ) throws(CheckpointError) -> CheckpointHeaders {
    let names = try Folder.names(in: folder)
    try WeightFileNames.check(names, in: folder)
    let config = try SmallFile.readObject(Folder.path(of: configName, in: folder))
    let generationConfig =
      names.contains(generationConfigName)
      ? try SmallFile.readObject(Folder.path(of: generationConfigName, in: folder)) : nil
    let index = try ShardIndex.read(in: folder, names: names, known: known)
    let fileNames = index?.files ?? [SafetensorsLayout.singleFileName]
    var files: [WeightFile] = []
    for name in fileNames {
      do {
        let header =
          if let header = elsewhere[name] { header } else {
            try SafetensorsHeader.read(Folder.path(of: name, in: folder))
          }
        files.append(WeightFile(name: name, header: header))
      } catch .missingFile where index != nil {
        throw .index(file: ShardIndex.fileName, .missingShard(file: name))
      }
    }
    let stored = files.enumerated().flatMap { number, file in
      file.header.tensors.map {
        PresentedTensor(description: $0.description, place: BytePlace(file: number, range: $0.byteRange))
      }
    }
    var places = try Self.places(of: stored, in: files)
    if let index {
      try index.check(against: files, names: names)
    }
    var presented = stored
    if let split = try FusedExperts(config: config)?.split(stored) {
      presented = split
      places = try Self.places(of: split, in: files)
    }
    let float8 = try BlockScaledFloat8.read(from: config)
    if let float8 {
      presented = try float8.decoded(presented, places: places)
      places = try Self.places(of: presented, in: files)
    }
    let isPlain = try QuantizationConfig.leavesWeightsPlain(in: config)
    return CheckpointHeaders(
      folder: folder,
      config: isPlain || float8 != nil ? QuantizationConfig.removed(from: config) : config,
      blockScaledFloat8: float8,
      generationConfig: generationConfig,
      files: files,
      presented: presented,
      places: places
    )
  }

  /// All tensors, file after file, in the order of their bytes.
  package var tensors: [TensorDescription] { presented.map(\.description) }

  /// The names of all tensors, in the order of `tensors`.
  package var tensorNames: [String] { presented.map(\.description.name) }

  /// What a tensor is, or nil when there is none of that name.
  package func description(of name: String) -> TensorDescription? {
    tensor(name)?.description
  }

  /// A tensor and where its bytes are, or nil when there is none of that name.
  func tensor(_ name: String) -> PresentedTensor? { places[name].map { presented[$0] } }

  /// The bytes of all tensors together.
  package var tensorByteCount: Int { presented.reduce(0) { $0 + $1.description.byteCount } }

  /// Finds that every tensor has a name of its own.
  private static func places(
    of tensors: [PresentedTensor],
    in files: [WeightFile]
  ) throws(CheckpointError) -> [String: Int] {
    var places: [String: Int] = [:]
    places.reserveCapacity(tensors.count)
    for index in tensors.indices {
      let name = tensors[index].description.name
      if let first = places.updateValue(index, forKey: name) {
        throw .duplicateTensor(
          name,
          files: [first, index].map { files[tensors[$0].place.file].name }
        )
      }
    }
    return places
  }
}
