internal import Checkpoints
internal import Inference
internal import Kernels
internal import Models
internal import Modifiers
internal import Planning
internal import Tensors
internal import Vocabulary

/// Carries out what a plan has for each layer: prunes, quantizes, writes, and keeps account.
final class ModelCompressor {
  let plan: Plan
  let outline: ModelOutline
  let reader: RotatedReader
  let options: RunOptions
  private let staging: StagingFolder
  let writer: CheckpointWriter
  private let journal: RunJournal
  private let assignments: [String: Int]
  private let prunings: [String: Int]
  private let outputs: [[PlannedTensor]]
  private let tensors: [String: PlannedTensor]
  private let layerCount: Int
  /// Layers whose weights are stored transposed.
  private let transposed: Set<String>
  private var settled: Set<String> = []
  private var kinds: Set<StageKind> = [.smoothing, .pruning, .quantization]
  private(set) var scratch: ScratchTensors?
  /// Whether what is settled now is written, and not kept for a later pass.
  private(set) var isLastPass = true
  private var rewritten: Set<String> = []
  private var reports: [String: LayerReport] = [:]
  private var histograms: [String: WeightHistogram] = [:]
  private(set) var smoothingReports: [SmoothingReport] = []
  private var expertReports: [String: ExpertReport] = [:]
  /// The sparsity of each container of layers whose sparsity follows from outliers.
  var surveyed: [Int: Double] = [:]
  /// What was done since it was last noted.
  private var unnoted = JournalRecord(.layers)

  init(plan: Plan, outline: ModelOutline, reader: RotatedReader, start: RunStart, options: RunOptions) {
    self.plan = plan
    self.outline = outline
    self.reader = reader
    staging = start.staging
    writer = start.writer
    journal = start.journal
    self.options = options
    assignments = Dictionary(plan.assignments.enumerated().map { ($1.layer.name, $0) }) { first, _ in first }
    prunings = Dictionary(plan.prunings.enumerated().map { ($1.layer.name, $0) }) { first, _ in first }
    layerCount = Set(assignments.keys).union(prunings.keys).count
    var outputs = [[PlannedTensor]](repeating: [], count: plan.assignments.count)
    for output in plan.outputs {
      if case .quantized(let index) = output.origin { outputs[index].append(output) }
    }
    self.outputs = outputs
    transposed = outline.transposedLayers
    tensors = Dictionary(plan.outputs.map { ($0.description.name, $0) }) { first, _ in first }
  }

  /// The folder that the output grows in.
  var stagingFolder: String { staging.path }

  /// What was done so far, in module order.
  var report: RunReport {
    var report = RunReport()
    report.layers = outline.modules.compactMap { reports[$0.name] }
    report.smoothings = smoothingReports
    report.experts = outline.modules.compactMap { expertReports[$0.name] }
    report.histograms = outline.modules.compactMap { histograms[$0.name] }
    return report
  }

  /// The assignment of a layer.
  func assignment(of layer: String) -> Assignment? { assignments[layer].map { plan.assignments[$0] } }

  /// The assignment of a layer, and the tensors that come of it.
  func assigned(_ layer: String) -> (Assignment, [PlannedTensor])? {
    assignments[layer].map { (plan.assignments[$0], outputs[$0]) }
  }

  /// How a layer is pruned.
  func pruning(of layer: String) -> PlannedPruning? { prunings[layer].map { plan.prunings[$0] } }

  /// Keeps what a smoothing did.
  func keep(_ report: SmoothingReport) {
    smoothingReports.append(report)
    unnoted.smoothings.append(report)
  }

  /// Keeps which tokens the experts of a part got; of several passes the last counts.
  func keep(_ report: ExpertReport) {
    expertReports[report.name] = report
    unnoted.experts.append(report)
  }

  /// Whether a kind of work is done now.
  func isActive(_ kind: StageKind) -> Bool { kinds.contains(kind) }

  /// The places that are smoothed now.
  var activeSmoothings: [PlannedSmoothing] { isActive(.smoothing) ? plan.smoothings : [] }

  /// Begins a pass over the model; what all but the last one change is kept in a scratch file beside the output.
  func begin(_ pass: CalibrationPass, isLast: Bool) throws(ExecutionError) {
    kinds = pass.kinds
    isLastPass = isLast
    guard !isLast, scratch == nil else { return }
    scratch = try checked { () throws(CheckpointError) in try RunJournal.scratch(in: staging) }
  }

  /// Ends the last pass: layers that no pass has reached get all the work at once.
  func endPasses() {
    kinds = [.smoothing, .pruning, .quantization]
    scratch = nil
  }

  /// Writes the tensors that stay as they are, after a look at their numbers.
  func copyUnchanged() throws(ExecutionError) {
    for output in plan.outputs {
      let source: String
      switch output.origin {
      case .copied: source = output.description.name
      case .copiedFrom(let other): source = other
      case .rewritten, .calibrated, .quantized, .transform: continue
      }
      try stopIfInterrupted()
      let tensor = try checked { () throws(CheckpointError) in try reader.checkpoint.tensor(source) }
      try copy(tensor, as: output.description.name)
    }
  }

  /// Writes the matrices that a server multiplies by.
  func writeTransforms() throws(ExecutionError) {
    for tensor in plan.rotation?.tensors ?? [] {
      let floats = FloatBytes(elementType: tensor.description.elementType, processor: options.processor)
      let bytes = floats.bytes(of: reader.stored(tensor))
      try checked { () throws(CheckpointError) in try writer.write(tensor.description.name, bytes: bytes) }
    }
  }

  /// Works on every layer that no calibration pass has settled, reading one at a time, or a part of it.
  func settleRemaining() throws(ExecutionError) {
    var maxima: [Int: Float] = [:]
    var noted = ContinuousClock.now
    var block: Int?
    for name in outline.modules.map(\.name) where !settled.contains(name) {
      let assignment = assignment(of: name)
      guard let source = assignment?.source ?? pruning(of: name)?.source ?? reader.source(ofRotated: name) else {
        continue
      }
      let number = DottedName(name).firstNumber
      if number != block, !unnoted.settled.isEmpty, ContinuousClock.now - noted >= options.journalPause {
        try note(.layers)
        noted = .now
      }
      block = number
      try stopIfInterrupted()
      if try roundInPanels(name) { continue }
      let read = try checked { () throws(CheckpointError) in try reader.layer(name, from: source) }
      if let set = assignment?.scaleSet, maxima[set] == nil {
        maxima[set] = try largestMagnitude(ofSet: set, known: name, read.weight)
      }
      var layer = SettledLayer(name: name, read)
      try LayerSettlement(compressor: self, statistics: StepStatistics([], width: read.weight.columnCount))
        .settle(&layer, fusedMaximum: assignment?.scaleSet.flatMap { maxima[$0] })
      account(&layer)
      try finish(layer, inputs: nil, outputs: nil)
      if let bias = read.bias { try rewrite("\(name).bias", bias) }
    }
    let folded = Set((plan.rotation?.foldedNorms ?? []).map(\.tensor))
    for norm in outline.decoder?.norms ?? [] where folded.contains(norm.tensor) && !rewritten.contains(norm.tensor) {
      try rewrite(try checked { () throws(CheckpointError) in try reader.norm(norm) })
    }
  }

  /// The largest magnitude among layers that share a global scale.
  private func largestMagnitude(ofSet set: Int, known: String, _ weight: Matrix) throws(ExecutionError) -> Float {
    var largest = weight.magnitude
    for other in plan.assignments where other.scaleSet == set && other.layer.name != known {
      let layer = try checked { () throws(CheckpointError) in try reader.layer(other.layer.name, from: other.source) }
      largest = max(largest, layer.weight.magnitude)
    }
    return largest
  }

  /// Writes what a layer has become.
  ///
  /// - Parameters:
  ///   - layer: The layer.
  ///   - inputs: What was observed of its inputs; nil where nothing is stored of them.
  ///   - outputs: What was observed of its outputs.
  /// - Throws: What the disk refuses.
  func finish(
    _ layer: SettledLayer,
    inputs: ActivationObserver?,
    outputs: ActivationObserver?
  ) throws(ExecutionError) {
    finished(layer.name)
    if let number = assignments[layer.name], let quantized = layer.quantized {
      let stored = StoredLayer(
        quantized: quantized,
        arguments: plan.assignments[number].arguments,
        elementType: outline.elementType,
        inputs: inputs,
        outputs: outputs,
        processor: options.processor
      )
      try checked { () throws(CheckpointError) in try stored.write(self.outputs[number], with: writer) }
    } else {
      let weight = transposed.contains(layer.name) ? layer.weight.transposed() : layer.weight
      try rewrite("\(layer.name).weight", weight.elements)
    }
  }

  /// Keeps account of what a layer has become, and lets go of what it was.
  func account(_ layer: inout SettledLayer) {
    if assignments[layer.name] != nil || prunings[layer.name] != nil {
      if options.histogramLayers.contains(layer.name), let histogram = WeightHistogram(layer) {
        histograms[layer.name] = histogram
        unnoted.histograms.append(histogram)
      }
      account(LayerReport(layer, group: assignment(of: layer.name)?.group, on: options.processor))
    }
    layer.releaseDense()
  }

  /// Keeps account of what a layer has become.
  func account(_ report: LayerReport) {
    reports[report.name] = report
    unnoted.layers.append(report)
    options.progress(.settled(done: reports.count, of: layerCount, layer: report.name))
  }

  /// Notes that a layer is written.
  func finished(_ layer: String) {
    settled.insert(layer)
    unnoted.settled.append(layer)
  }

  /// Writes a float tensor that the plan says is rewritten; others are left alone.
  func rewrite(_ name: String, _ values: [Float]) throws(ExecutionError) {
    guard let tensor = tensors[name], tensor.origin == .rewritten else { return }
    rewritten.insert(name)
    let bytes = FloatBytes(elementType: tensor.description.elementType, processor: options.processor).bytes(of: values)
    try checked { () throws(CheckpointError) in try writer.write(name, bytes: bytes) }
  }

  /// Writes the tensors of a norm that the plan says are rewritten.
  func rewrite(_ norm: NormLayer) throws(ExecutionError) {
    try rewrite(norm.outline.tensor, norm.storedWeight)
    if let tensor = norm.outline.biasTensor, let bias = norm.bias { try rewrite(tensor, bias) }
  }

  /// Writes the scales of one attention module.
  func finish(
    _ attention: PlannedAttention,
    observed: [ActivationTensors.Side: ActivationObserver]
  ) throws(ExecutionError) {
    let floats = FloatBytes(elementType: outline.elementType, processor: options.processor)
    for (side, observer) in observed {
      guard let points = observer.points else { throw .noCalibrationData }
      let scale = "\(attention.name).\(side.scale)"
      let zeroPoint = "\(attention.name).\(side.zeroPoint)"
      try checked { () throws(CheckpointError) in
        if tensors[scale] != nil { try writer.write(scale, bytes: floats.bytes(of: points.map(\.scale))) }
        if tensors[zeroPoint] != nil {
          // A float8 zero has the same byte as an int8 one.
          try writer.write(zeroPoint, bytes: points.map { UInt8(bitPattern: Int8($0.zeroPoint)) })
        }
      }
    }
  }

  /// Notes that a unit is finished: from now on a crash does not undo it.
  ///
  /// - Parameters:
  ///   - unit: What is finished.
  ///   - stream: The residual stream that work goes on with.
  /// - Throws: What the disk refuses.
  func note(_ unit: JournalRecord.Unit, stream: FloatBuffer? = nil) throws(ExecutionError) {
    var record = unnoted
    record.unit = unit
    try checked { () throws(CheckpointError) in
      record.written = try writer.synchronize()
      record.kept = try scratch?.synchronize() ?? []
      try journal.append(record, stream: stream)
    }
    unnoted = JournalRecord(.layers)
  }

  /// Takes over what an unfinished run has finished.
  func resume(_ records: [JournalRecord]) throws(ExecutionError) {
    for record in records {
      settled.formUnion(record.settled)
      rewritten.formUnion(record.written.filter { tensors[$0]?.origin == .rewritten })
      for report in record.layers { reports[report.name] = report }
      for histogram in record.histograms { histograms[histogram.layer] = histogram }
      smoothingReports += record.smoothings
      for report in record.experts { expertReports[report.name] = report }
      if case .survey(let sparsities) = record.unit { surveyed = sparsities }
    }
    guard records.contains(where: { !$0.kept.isEmpty }) else { return }
    scratch = try checked { () throws(CheckpointError) in try RunJournal.scratch(in: staging, records) }
  }

  func stopIfInterrupted() throws(ExecutionError) {
    guard !options.isInterrupted() else { throw .interrupted }
  }
}
