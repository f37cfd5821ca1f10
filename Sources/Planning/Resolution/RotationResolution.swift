internal import Checkpoints
internal import Diagnostics
package import Models
package import Recipes
internal import Vocabulary

extension RotationPlan {
  /// Finds what a rotation modifier does to a model.
  ///
  /// - Parameters:
  ///   - stage: The modifier, whose sizes have been checked.
  ///   - outline: The model.
  /// - Returns: The plan; nil where the modifier needs an architecture that is not known.
  package static func resolve(_ stage: RotationStage, on outline: ModelOutline) -> RotationPlan? {
    var resolution = RotationResolution(stage, outline)
    switch stage.method {
    case .quip(let sides):
      for side in QuIPRotation.allCases where sides.contains(side) { resolution.rotateLayers(side) }
    case .spinQuant(let spaces):
      guard let decoder = outline.decoder else { return nil }
      for space in SpinQuantRotation.allCases where spaces.contains(space) { resolution.rotate(space, of: decoder) }
    }
    return resolution.plan
  }
}

/// A rotation plan that is being made.
private struct RotationResolution {
  private let stage: RotationStage
  private let outline: ModelOutline
  private var matrices: [RotationPlan.Matrix] = []
  private var foldedNorms: [RotationPlan.FoldedNorm] = []
  private var merges: [RotationPlan.Merge] = []
  private var groups: [TransformConfig.Group] = []
  private var tensors: [RotationPlan.StoredMatrix] = []

  init(_ stage: RotationStage, _ outline: ModelOutline) {
    self.stage = stage
    self.outline = outline
  }

  var plan: RotationPlan {
    RotationPlan(
      matrices: matrices,
      foldedNorms: foldedNorms,
      merges: merges,
      untiesHead: changesTiedHead,
      transforms: TransformConfig(groups: groups.filter(\.hasOnlinePart)),
      tensors: tensors
    )
  }

  /// Rotates one side of each layer that the modifier targets, with the inverse on the same side at run time.
  mutating func rotateLayers(_ side: QuIPRotation) {
    let layers = targetedLayers
    let targets = stage.targets.map(\.value.description)
    let ignored = stage.ignored.map(\.value.description)
    func application(_ location: TransformConfig.Location, isInverse: Bool) -> TransformConfig.Application {
      TransformConfig.Application(targets: targets, location: location, isInverse: isInverse, ignored: ignored)
    }
    switch side {
    case .v:
      open("v", [application(.input, isInverse: false), application(.weightInput, isInverse: true)])
      for layer in layers {
        let matrix = merge(layer.name, .inputs, width: layer.columns)
        store(matrix, of: layer.name, at: .input, isInverse: false)
      }
    case .u:
      open("u", [application(.weightOutput, isInverse: false), application(.output, isInverse: true)])
      for layer in layers {
        let matrix = merge(layer.name, .outputs, width: layer.rows)
        store(matrix, of: layer.name, at: .output, isInverse: true)
      }
    }
  }

  /// Rotates one space of a decoder (arXiv:2405.16406, figure 1).
  mutating func rotate(_ space: SpinQuantRotation, of decoder: DecoderOutline) {
    switch space {
    case .residual: rotateResidual(of: decoder)
    case .values:
      let dimension = decoder.configuration.headDimension
      open(space.rawValue, blockSize: dimension)
      for block in RotatableBlock.all(of: decoder) ?? [] {
        merge(block.value.name, .outputs, width: block.value.rows)
        merge(block.output.name, .inputs, width: block.output.columns)
      }
    case .queriesAndKeys:
      let parts = decoder.blocks.map(\.attention.name)
      let applications = [TransformConfig.Location.queries, .keyCache].map {
        TransformConfig.Application(targets: Self.patterns(parts), location: $0)
      }
      open(space.rawValue, applications, blockSize: decoder.configuration.headDimension)
      for part in parts {
        store(matrix(width: decoder.configuration.headDimension), of: part, at: .queries, isInverse: false)
      }
    case .downProjection:
      let layers = (RotatableBlock.all(of: decoder) ?? []).map(\.down)
      let targets = Self.patterns(layers.map(\.name))
      open(
        space.rawValue,
        [
          TransformConfig.Application(targets: targets, location: .input),
          TransformConfig.Application(targets: targets, location: .weightInput, isInverse: true),
        ],
        blockSize: stage.blockSize?.value
      )
      for layer in layers {
        let matrix = merge(layer.name, .inputs, width: layer.columns)
        store(matrix, of: layer.name, at: .input, isInverse: false)
      }
    }
  }

  private mutating func rotateResidual(of decoder: DecoderOutline) {
    let width = decoder.configuration.hiddenSize
    open(SpinQuantRotation.residual.rawValue, blockSize: stage.blockSize?.value)
    merge(decoder.embedding, .table, width: width)
    for block in RotatableBlock.all(of: decoder) ?? [] {
      for (norm, readers) in block.readers {
        foldedNorms.append(RotationPlan.FoldedNorm(tensor: norm.tensor, readers: readers.map(\.name)))
        for reader in readers { merge(reader.name, .inputs, width: width) }
      }
      for writer in [block.output, block.down] { merge(writer.name, .outputs, width: width) }
    }
    foldedNorms.append(RotationPlan.FoldedNorm(tensor: decoder.finalNorm, readers: [decoder.headName]))
    merge(decoder.headName, .inputs, width: width)
  }

  /// Begins a group; all that follows belongs to it.
  private mutating func open(
    _ name: String,
    _ applications: [TransformConfig.Application] = [],
    blockSize: Int?
  ) {
    groups.append(
      TransformConfig.Group(
        name: name,
        matrix: stage.matrix,
        applications: applications,
        blockSize: blockSize,
        precision: stage.precision
      )
    )
  }

  private mutating func open(_ name: String, _ applications: [TransformConfig.Application]) {
    open(name, applications, blockSize: stage.blockSize?.value)
  }

  /// The group's matrix for a side of so many channels.
  private mutating func matrix(width: Int) -> Int {
    guard let group = groups.last else { preconditionFailure("a matrix belongs to a group") }
    let matrix = RotationPlan.Matrix(group: group.name, kind: stage.matrix, size: group.blockSize ?? width)
    if let known = matrices.firstIndex(of: matrix) { return known }
    matrices.append(matrix)
    return matrices.count - 1
  }

  @discardableResult
  private mutating func merge(_ module: String, _ side: RotationPlan.Side, width: Int) -> Int {
    let matrix = matrix(width: width)
    merges.append(RotationPlan.Merge(module: module, side: side, matrix: matrix))
    return matrix
  }

  /// Stores a matrix under the first module that has it.
  private mutating func store(
    _ matrix: Int,
    of module: String,
    at location: TransformConfig.Location,
    isInverse: Bool
  ) {
    guard let group = groups.last, !tensors.contains(where: { $0.matrix == matrix }) else { return }
    let size = matrices[matrix].size
    tensors.append(
      RotationPlan.StoredMatrix(
        description: TensorDescription(
          name: group.tensorName(of: module, at: location),
          elementType: group.precision,
          shape: [size, size]
        ),
        matrix: matrix,
        isInverse: isInverse && stage.matrix == .randomMatrix
      )
    )
  }

  /// The layers that the modifier targets, in module order.
  private var targetedLayers: [LinearOutline] {
    let matcher = ModuleMatcher(modules: outline.modules)
    func modules(_ targets: [Target]) -> Set<Int> {
      Set(targets.flatMap { matcher.matches($0).map(\.module) })
    }
    let targeted = modules(stage.targets.map(\.value)).subtracting(modules(stage.ignored.map(\.value)))
    return targeted.sorted().compactMap { outline.modules[$0].linear }
  }

  /// Whether a head without weights of its own is changed, or the embedding that it shares.
  private var changesTiedHead: Bool {
    guard let decoder = outline.decoder, decoder.head == nil else { return false }
    return merges.contains { $0.module == decoder.headName || $0.module == decoder.embedding }
  }

  /// Patterns for modules of all blocks: one for each last part of their names.
  private static func patterns(_ modules: [String]) -> [String] {
    var patterns: [String] = []
    for module in modules {
      let pattern = "\(Target.patternPrefix).*\(DottedName(module).last)$"
      if !patterns.contains(pattern) { patterns.append(pattern) }
    }
    return patterns
  }
}
