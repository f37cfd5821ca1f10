internal import Inference
internal import Kernels
internal import Models
internal import Modifiers
internal import Planning
internal import Tensors
internal import Vocabulary

/// A layer on its way: its weight as it is now, and what is known of how it came to be.
struct SettledLayer {
  /// The module's name.
  let name: String
  /// What a server multiplies the layer's inputs and outputs by.
  let online: OnlineTransforms
  /// `W` before pruning and quantization, after rotation and smoothing; empty once account is kept of the layer.
  private(set) var dense: Matrix
  /// What a server will compute with.
  var weight: Matrix
  /// The codes, where the layer is quantized.
  var quantized: QuantizedWeight?
  /// The loss of SparseGPT or GPTQ.
  var loss: Double?
  /// Tokens whose inputs were looked at; nil where none were needed.
  var tokenCount: Int?

  init(name: String, _ layer: LinearLayer) {
    self.name = name
    online = layer.online
    dense = layer.weight
    weight = layer.weight
  }

  /// Lets go of what the layer was: a block's layers wait for its end to be written, and should not take twice the memory.
  mutating func releaseDense() { dense = Matrix(rowCount: 0, columnCount: 0) }
}

/// Prunes and quantizes the layers of one step, which share an input and therefore second moments and their factors.
final class LayerSettlement {
  private let compressor: ModelCompressor
  private let statistics: StepStatistics
  private var factors: [FactorKey: InverseFactor] = [:]
  /// Second moments of inputs behind their run-time transform, once a layer has asked for them.
  private var turnedMoments: SecondMoments?

  /// Zeros of a layer that nobody prunes here are a mask when they are at least this share of it: half is the least that
  /// anyone prunes, and weights that once were 4-bit codes have about an eighth.
  private static let prunedShare = 0.45

  private struct FactorKey: Hashable {
    let order: ColumnOrder
    let dampening: Double
    let isTurned: Bool
  }

  /// Makes the settlement of layers that read one tensor.
  init(compressor: ModelCompressor, statistics: StepStatistics) {
    self.compressor = compressor
    self.statistics = statistics
  }

  /// Settles the layers of a step.
  func settle(_ layers: inout [SettledLayer]) throws(ExecutionError) {
    for index in layers.indices { try prune(&layers[index]) }
    // A global scale is that of the largest weight of all layers that share it, as they are now.
    var maxima: [Int: Float] = [:]
    for layer in layers {
      guard let set = compressor.assignment(of: layer.name)?.scaleSet else { continue }
      maxima[set] = max(maxima[set] ?? 0, layer.weight.magnitude)
    }
    for index in layers.indices {
      let set = compressor.assignment(of: layers[index].name)?.scaleSet
      try quantize(&layers[index], fusedMaximum: set.flatMap { maxima[$0] })
    }
  }

  /// Settles one layer whose global scale's largest weight is known.
  func settle(_ layer: inout SettledLayer, fusedMaximum: Float?) throws(ExecutionError) {
    try prune(&layer)
    try quantize(&layer, fusedMaximum: fusedMaximum)
  }

  private func prune(_ layer: inout SettledLayer) throws(ExecutionError) {
    guard compressor.isActive(.pruning), let pruning = compressor.pruning(of: layer.name) else { return }
    try compressor.stopIfInterrupted()
    let sparsity = compressor.sparsity(of: pruning)
    let processor = compressor.options.processor
    switch pruning.method {
    case .sparseGPT(let parameters):
      let order = order(of: compressor.assignment(of: layer.name), pruning)
      let factor = try factor(order, dampening: parameters.dampeningFraction, layer)
      layer.loss = SparseGPT.prune(
        &layer.weight,
        factor: factor,
        sparsity: sparsity,
        structure: pruning.structure,
        blockSize: parameters.blockSize,
        preservesMask: parameters.preservesMask || pruning.keepsZeros,
        processor: processor
      )
      layer.tokenCount = statistics.tokenCount
    case .wanda:
      guard let energies = energies(of: layer) else { preconditionFailure("energies were asked for") }
      guard energies.contains(where: { $0 > 0 }) else {
        throw .factorization(layer: layer.name, .noInput)
      }
      ScoredPruning.wanda(
        &layer.weight,
        energies: energies,
        sparsity: sparsity,
        structure: pruning.structure,
        on: processor
      )
      layer.tokenCount = statistics.tokenCount
    case .magnitude:
      ScoredPruning.magnitude(&layer.weight, sparsity: sparsity, structure: pruning.structure, on: processor)
    case .constant, .reap: break
    }
  }

  private func quantize(_ layer: inout SettledLayer, fusedMaximum: Float?) throws(ExecutionError) {
    let storage = compressor.outline.elementType
    let processor = compressor.options.processor
    guard compressor.isActive(.quantization), let assignment = compressor.assignment(of: layer.name) else {
      if compressor.isLastPass { layer.weight.round(to: storage) }
      return
    }
    try compressor.stopIfInterrupted()
    var request = GridRequest(
      arguments: assignment.arguments,
      observer: assignment.observer,
      storage: storage,
      fusedMaximum: fusedMaximum
    )
    if assignment.weighsInputs, statistics.channels != nil {
      request.importance = energies(of: layer)?.map { Float($0 / Double(max(statistics.tokenCount, 1))) }
    }
    switch assignment.method {
    case .gptq(let parameters):
      let pruning = compressor.pruning(of: layer.name)
      let order = order(of: assignment, pruning)
      let factor = try factor(order, dampening: parameters.dampeningFraction, layer)
      let grid = QuantizationGrid(of: layer.weight, as: request, on: processor)
      let (quantized, loss) = GPTQ.quantize(
        &layer.weight,
        on: grid,
        factor: factor,
        blockSize: parameters.blockSize,
        keepsZeros: pruning != nil
          || processor.difference(of: layer.dense, and: layer.dense).zeroFraction >= Self.prunedShare,
        processor: processor
      )
      layer.quantized = quantized
      layer.loss = loss + (layer.loss ?? 0)
      layer.tokenCount = statistics.tokenCount
    case .roundToNearest, .autoRound:
      let quantized = RoundToNearest.quantize(
        layer.weight,
        as: request,
        arithmetic: compressor.options.arithmetic,
        on: processor
      )
      quantized.dequantize(into: &layer.weight, on: processor)
      layer.quantized = quantized
    }
  }

  /// How a layer's columns are visited: one order for pruning and quantization, so that they share a factor.
  private func order(of assignment: Assignment?, _ pruning: PlannedPruning?) -> ColumnOrder {
    guard let assignment, case .gptq = assignment.method, assignment.arguments.activationOrder == .static else {
      // An n:m mask gains from it, zeros anywhere do not.
      if assignment == nil, let pruning, pruning.structure != .unstructured {
        return SparseGPT.order(for: pruning.structure)
      }
      return .natural
    }
    guard let pruning, case .sparseGPT = pruning.method else { return .descendingEnergy }
    return SparseGPT.order(for: pruning.structure)
  }

  /// Second moments of what a layer's weight is multiplied by; nil where nobody asked.
  ///
  /// Layers of a step that have a run-time transform have the same one.
  private func moments(of layer: SettledLayer) -> SecondMoments? {
    guard let transform = layer.online.input else { return statistics.moments }
    if turnedMoments == nil {
      turnedMoments = statistics.moments?.transformed(by: transform, on: compressor.options.processor)
    }
    return turnedMoments
  }

  /// `Σ x²` of each channel of what a layer's weight is multiplied by; nil where nobody asked.
  private func energies(of layer: SettledLayer) -> [Double]? {
    guard layer.online.input != nil else { return statistics.channels?.energies }
    // Rounding may leave less than nothing of a sum of squares.
    return moments(of: layer)?.diagonal.map { Double(max($0, 0)) }
  }

  private func factor(
    _ order: ColumnOrder,
    dampening: Double,
    _ layer: SettledLayer
  ) throws(ExecutionError) -> InverseFactor {
    let key = FactorKey(order: order, dampening: dampening, isTurned: layer.online.input != nil)
    if let known = factors[key] { return known }
    guard let moments = moments(of: layer) else { preconditionFailure("moments were asked for") }
    let options = compressor.options
    let factor: InverseFactor
    do throws(FactorizationError) {
      factor = try InverseFactor(of: moments, order: order, dampeningFraction: dampening, on: options.processor)
    } catch {
      throw .factorization(layer: layer.name, error)
    }
    if factor.dampeningFraction > dampening {
      options.progress(.dampened(layer: layer.name, asked: dampening, used: factor.dampeningFraction))
    }
    factors[key] = factor
    return factor
  }
}

extension ModelCompressor {
  /// The sparsity of a layer, once all layers have been looked at where it follows from them.
  func sparsity(of pruning: PlannedPruning) -> Double {
    switch pruning.sparsity {
    case .fraction(let fraction): fraction
    case .outlierWeighted(let weighting, let container): surveyed[container] ?? weighting.mean
    }
  }
}
