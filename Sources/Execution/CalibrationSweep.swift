internal import Checkpoints
internal import Inference
internal import Kernels
internal import Models
internal import Modifiers
internal import Planning
internal import Vocabulary

/// Takes the calibration tokens through the model block by block, settling each step's weights on the way: once for all,
/// or once for each kind of work.
struct CalibrationSweep {
  let decoder: DecoderOutline
  let compressor: ModelCompressor
  let clock: PhaseClock
  /// How far an unfinished run has come, and the residual stream there.
  let position: SweepPosition
  let stream: FloatBuffer?

  private var plan: Plan { compressor.plan }
  private var options: RunOptions { compressor.options }
  private var reader: RotatedReader { compressor.reader }

  /// Settles every layer up to the last that needs statistics; the others need no forward pass.
  func run(_ windows: [[Int32]]) throws(ExecutionError) {
    for (number, pass) in plan.passes.enumerated() {
      try compressor.begin(pass, isLast: number == plan.passes.count - 1)
      guard number >= position.pass else { continue }
      if pass.kinds.contains(.pruning), plan.prunings.contains(where: \.isOutlierWeighted), !position.isSurveyed {
        try survey(windows)
        try compressor.note(.survey(compressor.surveyed))
      }
      try run(pass, number, windows)
    }
    compressor.endPasses()
  }

  private func run(_ pass: CalibrationPass, _ number: Int, _ windows: [[Int32]]) throws(ExecutionError) {
    let last = plan.passes.lastBlock
    let first = position.firstBlock(ofPass: number)
    let reachesHead = plan.passes.contains(where: \.head.isAny)
    guard first <= last || reachesHead && position.awaitsHead(inPass: number) else { return }
    clock.start("embed")
    let (hidden, walk) = try embed(windows, resuming: first > 0 ? stream : nil)
    let copy = plan.calibration?.propagation == .block ? try buffer(count: hidden.count, in: walk.memory) : nil
    var noted = ContinuousClock.now
    for (index, block) in decoder.blocks.enumerated() where first <= index && index <= last {
      clock.start("read")
      var weights = try compressor.weights(of: block)
      // The disk reads the next block while this one is computed.
      if index < last { reader.expect(decoder.blocks[index + 1]) }
      var visitor = BlockCompressor(block, work: pass.blocks[index], index: index, compressor: compressor, clock: clock)
      clock.start("forward")
      if let copy, pass.blocks[index].gathers {
        // Statistics are those of the block as it was, which runs on a stream of its own.
        for first in stride(from: 0, to: hidden.count, by: Self.copiedTogether) {
          let count = min(Self.copiedTogether, hidden.count - first)
          (copy.start + first).update(from: hidden.start + first, count: count)
          walk.memory.release()
        }
        visitor.beginGathering()
        try walk.advance(copy, through: &weights, with: &visitor)
        visitor.endGathering()
      }
      try walk.advance(hidden, through: &weights, with: &visitor)
      clock.start("write")
      try visitor.finish(weights)
      guard index == last || ContinuousClock.now - noted >= options.journalPause else { continue }
      clock.start("journal")
      try compressor.note(.block(pass: number, index: index), stream: index < last || reachesHead ? hidden : nil)
      noted = .now
      // The journal has read all of it.
      walk.memory.release()
    }
    guard reachesHead else { return }
    clock.start("head")
    try settleHead(pass.head, hidden, walk.memory, sequences: windows.map(\.count))
    clock.start("journal")
    try compressor.note(.head(pass: number))
  }

  /// Floats of the stream that are copied before their pages are let go.
  private static let copiedTogether = 1 << 20

  private func buffer(count: Int, in memory: ActivationMemory) throws(ExecutionError) -> FloatBuffer {
    try checked { () throws(CheckpointError) in try memory.buffer(count: count) }
  }

  /// What the first block reads, or what an unfinished run has left for a later one, and the walk that takes it on.
  private func embed(
    _ windows: [[Int32]],
    resuming stream: FloatBuffer? = nil
  ) throws(ExecutionError) -> (hidden: FloatBuffer, walk: BlockWalk) {
    let memory = ActivationMemory(inFilesOf: options.keepsActivationsInFiles ? compressor.stagingFolder : nil)
    return try checked { () throws(CheckpointError) in
      let hidden: FloatBuffer
      if let stream, options.keepsActivationsInFiles {
        hidden = try memory.buffer(count: stream.count)
        hidden.start.update(from: stream.start, count: stream.count)
        memory.release()
      } else if let stream {
        hidden = stream
      } else {
        hidden = try reader.embed(windows, of: decoder, memory: memory)
      }
      let walk = try BlockWalk(
        decoder,
        sequences: windows.map(\.count),
        experts: plan.calibration?.experts ?? .all,
        memory: memory,
        processor: options.processor
      )
      return (hidden, walk)
    }
  }

  private func settleHead(
    _ work: StepWork,
    _ hidden: FloatBuffer,
    _ memory: ActivationMemory,
    sequences: [Int]
  ) throws(ExecutionError) {
    var (layers, norm) = try compressor.head(of: decoder)
    func head(_ layer: LinearLayer) -> Head {
      Head(norm: norm, layer: layer, configuration: decoder.configuration, processor: options.processor)
    }
    var statistics = head(layers[0])
      .inputStatistics(StatisticsRequest(work.need), of: hidden.start, tokens: sequences.reduce(0, +), memory: memory)
    let smoothings = compressor.activeSmoothings.filter { $0.site.kind == .headInput }
    let smoother = Smoother(smoothings, compressor: compressor)
    for smoothing in smoothings {
      guard let factors = smoother.smooth(smoothing, &statistics, norm: &norm, layers) else { continue }
      layers[0].weight.multiplyColumns(by: factors, on: options.processor)
    }
    var settled = [SettledLayer(name: decoder.headName, layers[0])]
    try LayerSettlement(compressor: compressor, statistics: statistics).settle(&settled)
    guard compressor.isLastPass else {
      layers[0].weight = settled[0].weight
      try compressor.keep(layers[0], of: decoder.headName)
      try compressor.keep(norm)
      return
    }
    compressor.account(&settled[0])
    let assignment = compressor.assignment(of: decoder.headName)
    func observer(_ activations: PlannedActivations?) -> ActivationObserver? {
      guard let activations, let rule = activations.rule else { return nil }
      return ActivationObserver(
        activations.arguments,
        rule: rule,
        scopeCount: 1,
        storage: compressor.outline.elementType
      )
    }
    var inputs = observer(assignment?.inputs)
    var outputs = observer(assignment?.outputs)
    layers[0].weight = settled[0].weight
    observe(hidden, memory, sequences, head(layers[0]), online: layers[0].online, &inputs, &outputs)
    try compressor.finish(settled[0], inputs: inputs, outputs: outputs)
    if let bias = layers[0].bias { try compressor.rewrite("\(decoder.headName).bias", bias) }
    try compressor.rewrite(norm)
  }
}

extension CalibrationSweep {
  /// Shows the head's inputs and outputs to those who find their scales, a whole sequence at a time as in the blocks.
  fileprivate func observe(
    _ hidden: FloatBuffer,
    _ memory: ActivationMemory,
    _ sequences: [Int],
    _ head: Head,
    online: OnlineTransforms,
    _ inputs: inout ActivationObserver?,
    _ outputs: inout ActivationObserver?
  ) {
    let processor = options.processor
    var first = 0
    for tokens in sequences where inputs != nil || outputs != nil {
      let normed = head.input(of: hidden.start + first * head.width, tokens: tokens)
      let turned = online.transformedInputs(normed.start, tokens: tokens, columns: head.width, on: processor)
      inputs?.observe((turned ?? normed).start, tokens: tokens, width: head.width, on: processor)
      if outputs != nil {
        let logits = head.logits(of: normed, tokens: tokens)
        outputs?.observe(logits.start, tokens: tokens, width: head.vocabularySize, on: processor)
      }
      first += tokens
      memory.release()
    }
  }

  /// Runs the model as it is to see where outliers are, and gives each layer its sparsity.
  fileprivate func survey(_ windows: [[Int32]]) throws(ExecutionError) {
    clock.start("survey")
    var shares: [Int: (sum: Double, count: Int)] = [:]
    var weighting: OutlierWeighting?
    let (hidden, walk) = try embed(windows)
    for block in decoder.blocks {
      try compressor.stopIfInterrupted()
      var weights = try compressor.weights(of: block)
      var surveyor = Surveyor()
      walk.advance(hidden, through: &weights, with: &surveyor)
      var modules: [Int: [OutlierWeighting.Module]] = [:]
      for step in block.steps {
        for (place, linear) in step.linears.enumerated() {
          guard let pruning = compressor.pruning(of: linear.name),
            case .outlierWeighted(let numbers, let container) = pruning.sparsity
          else { continue }
          weighting = numbers
          modules[container, default: []].append((weights[step.kind, place].weight, surveyor.energies[step.kind] ?? []))
        }
      }
      for (container, modules) in modules {
        let known = shares[container] ?? (0, 0)
        shares[container] = (known.sum + (weighting?.outlierShare(of: modules) ?? 0), known.count + 1)
      }
    }
    guard let weighting else { return }
    let containers = shares.keys.sorted()
    let means = containers.map { container in shares[container].map { $0.sum / Double($0.count) } ?? 0 }
    compressor.surveyed = Dictionary(
      uniqueKeysWithValues: zip(containers, weighting.sparsities(ofOutlierShares: means))
    )
  }
}

/// Looks at the energy of what layers read and changes nothing.
private struct Surveyor: BlockVisitor {
  let observed: Set<BlockFlow> = []
  private(set) var energies: [BlockStep.Kind: [Double]] = [:]

  func statistics(before step: BlockStep.Kind) -> StatisticsRequest { .channels }

  mutating func settle(
    _ step: BlockStep.Kind,
    _ statistics: StepStatistics,
    _ weights: inout BlockWeights,
    lookAhead: (BlockWeights, StatisticsRequest) -> StepStatistics
  ) throws(Never) {
    energies[step] = statistics.channels?.energies
  }

  func observe(_ flow: BlockFlow, _ x: UnsafePointer<Float>, width: Int, sequences: [Int]) {}
}
