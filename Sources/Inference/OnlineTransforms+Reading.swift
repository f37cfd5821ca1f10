package import Checkpoints
internal import Kernels
package import Models
internal import Tensors
internal import Vocabulary

extension OnlineTransforms {
  /// Reads the run-time transforms of a checkpoint's linear layers.
  ///
  /// Transforms of queries and keys are left out: both are multiplied by one orthogonal matrix, which leaves attention as it
  /// is unless keys are rounded.
  ///
  /// - Parameters:
  ///   - config: The checkpoint's transforms.
  ///   - checkpoint: Where the matrices are stored; Sylvester's need not be.
  ///   - modules: The model's modules.
  /// - Returns: The transforms of each layer that has any, by name.
  /// - Throws: `quantizationConfig` naming a member that cannot be followed, `missingTensor`, `shape`, `elementType` and
  ///   `notFinite` naming a matrix.
  package static func read(
    _ config: TransformConfig,
    from checkpoint: Checkpoint,
    modules: [Module]
  ) throws(CheckpointError) -> [String: OnlineTransforms] {
    let matcher = ModuleMatcher(modules: modules)
    var found: [String: OnlineTransforms] = [:]
    for group in config.groups {
      var reader = try MatrixReader(group, checkpoint: checkpoint, matcher: matcher)
      for place in reader.places {
        let transform = try reader.transform(at: place)
        switch place.location {
        case .input where found[place.layer.name]?.input == nil:
          found[place.layer.name, default: OnlineTransforms()].input = transform
        case .output where found[place.layer.name]?.output == nil:
          found[place.layer.name, default: OnlineTransforms()].output = transform
        default:
          throw .quantizationConfig(
            member: "\(MatrixReader.path(of: group)).apply",
            .unknown("\(place.location.rawValue) of \(place.layer.name)")
          )
        }
      }
    }
    return found
  }
}

/// Reads the matrices of one group, each once.
private struct MatrixReader {
  /// A side of a layer that is transformed.
  struct Place {
    let layer: LinearOutline
    let location: TransformConfig.Location
    let isInverse: Bool
    /// Channels that one matrix multiplies.
    let size: Int
  }

  /// What places have in common that share a matrix.
  private struct Key: Hashable {
    let size: Int
    /// Stored inverses are matrices of their own.
    let isStoredInverse: Bool
  }

  let places: [Place]
  private let group: TransformConfig.Group
  private let checkpoint: Checkpoint
  private var matrices: [Key: BlockTransform] = [:]

  init(
    _ group: TransformConfig.Group,
    checkpoint: Checkpoint,
    matcher: ModuleMatcher
  ) throws(CheckpointError) {
    self.group = group
    self.checkpoint = checkpoint
    let path = Self.path(of: group)
    if group.isRandomized { throw .quantizationConfig(member: "\(path).randomize", .unknown("true")) }
    var places: [Place] = []
    for application in group.applications where [.input, .output].contains(application.location) {
      func modules(_ texts: [String]) -> Set<Int> {
        Set(texts.flatMap { matcher.matches(Target($0)).map(\.module) })
      }
      for module in modules(application.targets).subtracting(modules(application.ignored)).sorted() {
        guard let layer = matcher.modules[module].linear else { continue }
        let width = application.location == .input ? layer.columns : layer.rows
        let size = group.blockSize ?? width
        guard width % size == 0 else { throw .unevenGroups(columns: width, groupSize: size) }
        places.append(
          Place(layer: layer, location: application.location, isInverse: application.isInverse, size: size)
        )
      }
    }
    self.places = places
  }

  static func path(of group: TransformConfig.Group) -> String {
    "\(QuantizationConfig.key).transform_config.config_groups.\(group.name)"
  }

  /// The transform of a place.
  mutating func transform(at place: Place) throws(CheckpointError) -> BlockTransform {
    let key = key(of: place)
    let matrix: BlockTransform
    if let known = matrices[key] {
      matrix = known
    } else {
      matrix = try read(key, for: place)
      matrices[key] = matrix
    }
    return place.isInverse && !key.isStoredInverse ? matrix.transposed : matrix
  }

  private func key(of place: Place) -> Key {
    Key(size: place.size, isStoredInverse: group.matrix == .randomMatrix && place.isInverse)
  }

  private func read(_ key: Key, for place: Place) throws(CheckpointError) -> BlockTransform {
    if group.matrix == .hadamard, let hadamard = SignedHadamard.sylvester(key.size) {
      return BlockTransform(hadamard)
    }
    // A matrix is stored once, under the first module that has it.
    let sharing = [place] + places.filter { self.key(of: $0) == key }
    let names = sharing.map { group.tensorName(of: $0.layer.name, at: $0.location) }
    guard let tensor = names.lazy.compactMap(checkpoint.tensorIfPresent).first else { throw .missingTensor(names[0]) }
    let scale = group.matrix == .randomMatrix ? 1 : 1 / Double(key.size).squareRoot()
    return BlockTransform(try tensor.square(key.size, scale: scale))
  }
}

extension StoredTensor {
  /// A square matrix of floats of 16, 32 or 64 bits, multiplied by a factor in float64 and rounded to float32.
  fileprivate func square(_ size: Int, scale: Double) throws(CheckpointError) -> Matrix {
    let name = description.name
    guard description.shape == [size, size] else {
      throw .shape(tensor: name, found: description.shape, expected: [size, size])
    }
    guard description.elementType == .float64 else {
      let matrix = try matrix()
      return Matrix(rowCount: size, columnCount: size, elements: matrix.elements.map { Float(Double($0) * scale) })
    }
    let elements = elements(as: UInt64.self).map { Float(Double(bitPattern: $0) * scale) }
    if let offset = elements.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(tensor: name, position: description.position(of: offset))
    }
    return Matrix(rowCount: size, columnCount: size, elements: elements)
  }
}
