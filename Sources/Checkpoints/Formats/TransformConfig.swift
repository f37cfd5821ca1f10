package import Vocabulary

/// The `transform_config` of a quantization config: matrices that activations are multiplied by at run time, and weights
/// before they were stored.
///
/// ## What the tool stores
///
/// llm-compressor 0.14.0.1 with compressed-tensors 0.19.0 writes every group of the recipe's last rotation modifier, also those
/// whose matrices are merged into weights whole. Merged matrices leave no tensor. A matrix that is applied at run time is
/// stored as `<module>.<group>_<location>.weight`, `[n, n]` with `n` the `head_dim` or else the width of the side, in the type
/// that `precision` names, float64 by default. It is stored once for each group and size, under the first module that has it;
/// the others share it. Of `random-matrix` an inverse is a matrix of its own and stored as such.
///
/// Of `hadamard` and `random-hadamard` entries are ±1; readers divide by `√n`, and transpose where `inverse` says so. In a
/// random one the signs are those of rows: `D·H`. Of `random-matrix` it is the very matrix that inputs `x` are multiplied
/// by, `x·T`, or outputs.
///
/// ## Who reads it
///
/// transformers 5.17 applies no transform: of a quantized model it leaves the tensors as unexpected keys and computes garbage, and
/// it cannot load a model that is transformed alone. vLLM applies `input` and `output` of linear layers, one of each for a
/// layer and without tensor parallelism; it divides every matrix by `√n`, so that a `random-matrix` comes out wrong there.
package struct TransformConfig: Hashable, Sendable {
  /// The groups, in file order.
  package var groups: [Group]

  package init(groups: [Group] = []) {
    self.groups = groups
  }

  /// Transforms of one kind that share their matrices, one for each size.
  package struct Group: Hashable, Sendable {
    /// The key in `config_groups`, such as `R4`.
    package var name: String
    /// Which matrices transform.
    package var matrix: RotationMatrix
    /// Where they are applied.
    package var applications: [Application]
    /// Channels that one matrix multiplies, `head_dim`; nil for all.
    package var blockSize: Int?
    /// The type in which run-time transforms are stored and computed.
    package var precision: ElementType
    /// Whether rows and columns of the matrices are permuted at random.
    package var isRandomized: Bool
    /// Whether the matrices are trained.
    package var isTrained: Bool

    package init(
      name: String,
      matrix: RotationMatrix,
      applications: [Application],
      blockSize: Int? = nil,
      precision: ElementType = .float64,
      isRandomized: Bool = false,
      isTrained: Bool = false
    ) {
      self.name = name
      self.matrix = matrix
      self.applications = applications
      self.blockSize = blockSize
      self.precision = precision
      self.isRandomized = isRandomized
      self.isTrained = isTrained
    }

    /// Whether a server has to multiply anything.
    package var hasOnlinePart: Bool { applications.contains(where: \.location.isOnline) }

    /// The name of the tensor that a module's matrix is stored in.
    package func tensorName(of module: String, at location: Location) -> String {
      "\(module).\(name)_\(location.rawValue).weight"
    }
  }

  /// A place of some modules where a group's matrices are applied.
  package struct Application: Hashable, Sendable {
    /// Module names, class names, or `re:` with a pattern.
    package var targets: [String]
    /// The place.
    package var location: Location
    /// Whether the inverse is applied instead.
    package var isInverse: Bool
    /// Modules that are left out although a target matches them.
    package var ignored: [String]

    package init(targets: [String], location: Location, isInverse: Bool = false, ignored: [String] = []) {
      self.targets = targets
      self.location = location
      self.isInverse = isInverse
      self.ignored = ignored
    }
  }

  /// What of a module is multiplied; raw values as in configs.
  package enum Location: String, CaseIterable, Hashable, Sendable {
    /// Inputs, at run time.
    case input
    /// The columns of the weight, before it was stored.
    case weightInput = "weight_input"
    /// The rows of the weight and the bias, before they were stored.
    case weightOutput = "weight_output"
    /// Outputs, at run time.
    case output
    /// Keys behind the rotary embedding, at run time.
    case keyCache = "k_cache"
    /// Queries behind the rotary embedding, at run time.
    case queries = "q_attn"

    /// Whether a server has to do it.
    package var isOnline: Bool { self != .weightInput && self != .weightOutput }
  }
}
