internal import Checkpoints
internal import Inference
internal import Kernels
internal import Models
internal import Modifiers
internal import Planning
internal import Tensors
internal import Vocabulary

/// Quantizes layers as their assignments say, writes them, and keeps account.
final class LayerCompressor {
  private let plan: Plan
  private let outline: ModelOutline
  private let reader: WeightReader
  private let writer: CheckpointWriter
  private let options: RunOptions
  private let assignments: [String: Int]
  private let outputs: [[PlannedTensor]]
  private var reports: [Int: LayerReport] = [:]

  init(plan: Plan, outline: ModelOutline, reader: WeightReader, writer: CheckpointWriter, options: RunOptions) {
    self.plan = plan
    self.outline = outline
    self.reader = reader
    self.writer = writer
    self.options = options
    assignments = Dictionary(plan.assignments.enumerated().map { ($1.layer.name, $0) }) { first, _ in first }
    var outputs = [[PlannedTensor]](repeating: [], count: plan.assignments.count)
    for output in plan.outputs {
      if case .quantized(let index) = output.origin { outputs[index].append(output) }
    }
    self.outputs = outputs
  }

  /// What was done so far, in module order.
  var report: RunReport {
    var report = RunReport()
    report.layers = reports.sorted { $0.key < $1.key }.map(\.value)
    return report
  }

  /// Whether a layer's quantization reads the second moments of its input.
  func usesMoments(_ layer: String) -> Bool {
    assignments[layer].map { plan.assignments[$0].usesMoments } ?? false
  }

  /// How a layer's columns are to be visited; nil when its quantization does not care.
  private func order(of assignment: Assignment) -> ColumnOrder {
    assignment.arguments.activationOrder == .static ? .descendingEnergy : .natural
  }

  /// Writes the tensors that stay as they are, after a look at their numbers.
  func copyUnchanged() throws(ExecutionError) {
    for output in plan.outputs where output.origin == .copied {
      try stopIfInterrupted()
      try checked { () throws(CheckpointError) in
        let tensor = try reader.checkpoint.tensor(output.description.name)
        try reader.checkFinite(tensor)
        try writer.copy(tensor)
        tensor.dontNeed()
      }
    }
  }

  /// Quantizes the layers of one step, which share an input, and leaves in them what a server will compute with.
  ///
  /// - Parameters:
  ///   - names: The layers' module names.
  ///   - layers: Their weights.
  ///   - moments: Second moments of their input, if any of them asked.
  /// - Throws: `ExecutionError` naming the layer that cannot be factored, or what the disk refused.
  func settle(
    _ names: [String],
    _ layers: inout [LinearLayer],
    moments: SecondMoments?
  ) throws(ExecutionError) {
    var factors: [ColumnOrder: [Double: InverseFactor]] = [:]
    for (index, name) in names.enumerated() {
      guard let number = assignments[name] else { continue }
      try stopIfInterrupted()
      let assignment = plan.assignments[number]
      guard case .gptq(let parameters) = assignment.method else {
        try round(number, &layers[index].weight)
        continue
      }
      guard let moments else { preconditionFailure("a step whose moments were asked for has none") }
      let order = order(of: assignment)
      let factor: InverseFactor
      if let known = factors[order]?[parameters.dampeningFraction] {
        factor = known
      } else {
        factor = try self.factor(moments, order: order, dampening: parameters.dampeningFraction, layer: name)
        factors[order, default: [:]][parameters.dampeningFraction] = factor
      }
      try quantize(
        number,
        &layers[index].weight,
        factor: factor,
        blockSize: parameters.blockSize,
        tokenCount: moments.tokenCount
      )
    }
  }

  /// Quantizes every layer that no calibration pass has settled, reading one at a time.
  func roundRemaining() throws(ExecutionError) {
    for (number, assignment) in plan.assignments.enumerated() where reports[number] == nil {
      try stopIfInterrupted()
      var weight = try checked { () throws(CheckpointError) in try reader.matrix(assignment.source) }
      try round(number, &weight)
    }
  }

  private func factor(
    _ moments: SecondMoments,
    order: ColumnOrder,
    dampening: Double,
    layer: String
  ) throws(ExecutionError) -> InverseFactor {
    let factor: InverseFactor
    do throws(FactorizationError) {
      factor = try InverseFactor(of: moments, order: order, dampeningFraction: dampening, on: options.processor)
    } catch {
      throw .factorization(layer: layer, error)
    }
    if factor.dampeningFraction > dampening {
      options.progress(.dampened(layer: layer, asked: dampening, used: factor.dampeningFraction))
    }
    return factor
  }

  private func quantize(
    _ number: Int,
    _ weight: inout Matrix,
    factor: InverseFactor,
    blockSize: Int,
    tokenCount: Int
  ) throws(ExecutionError) {
    let assignment = plan.assignments[number]
    let dense = weight
    let grid = QuantizationGrid(
      of: weight,
      arguments: assignment.arguments,
      observer: assignment.observer,
      storage: outline.elementType,
      on: options.processor
    )
    let (quantized, loss) = GPTQ.quantize(
      &weight,
      on: grid,
      factor: factor,
      blockSize: blockSize,
      processor: options.processor
    )
    try finish(number, quantized, dense: dense, stored: weight, loss: loss, tokenCount: tokenCount)
  }

  private func round(_ number: Int, _ weight: inout Matrix) throws(ExecutionError) {
    let assignment = plan.assignments[number]
    let dense = weight
    let quantized = RoundToNearest.quantize(
      weight,
      arguments: assignment.arguments,
      observer: assignment.observer,
      storage: outline.elementType,
      arithmetic: options.arithmetic,
      on: options.processor
    )
    quantized.dequantize(into: &weight, on: options.processor)
    try finish(number, quantized, dense: dense, stored: weight, loss: nil, tokenCount: nil)
  }

  private func finish(
    _ number: Int,
    _ quantized: QuantizedWeight,
    dense: Matrix,
    stored: Matrix,
    loss: Double?,
    tokenCount: Int?
  ) throws(ExecutionError) {
    let assignment = plan.assignments[number]
    let layer = StoredLayer(
      quantized: quantized,
      arguments: assignment.arguments,
      elementType: outline.elementType,
      processor: options.processor
    )
    try checked { () throws(CheckpointError) in try layer.write(outputs[number], with: writer) }
    let difference = options.processor.difference(of: dense, and: stored)
    reports[number] = LayerReport(
      name: assignment.layer.name,
      group: assignment.group,
      relativeError: difference.relativeError,
      zeroFraction: difference.zeroFraction,
      loss: loss,
      tokenCount: tokenCount
    )
    options.progress(.quantized(done: reports.count, of: plan.assignments.count, layer: assignment.layer.name))
  }

  private func stopIfInterrupted() throws(ExecutionError) {
    guard !options.isInterrupted() else { throw .interrupted }
  }
}
