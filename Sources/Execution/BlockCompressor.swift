internal import Checkpoints
internal import Inference
internal import Kernels
internal import Models
internal import Modifiers
internal import Planning
internal import Tensors
internal import Vocabulary

/// Settles the layers of one block as the walk reaches them, and writes them when all has flowed through.
struct BlockCompressor: BlockVisitor {
  private let block: BlockOutline
  private let work: BlockWork
  private let compressor: ModelCompressor
  private let smoother: Smoother
  private let clock: PhaseClock
  private let attention: PlannedAttention?
  private var observers: [BlockFlow: [PlannedActivations: ActivationObserver]] = [:]
  private var settled: [BlockStep.Kind: [SettledLayer]] = [:]

  init(_ block: BlockOutline, work: BlockWork, index: Int, compressor: ModelCompressor, clock: PhaseClock) {
    self.block = block
    self.compressor = compressor
    self.clock = clock
    let plan = compressor.plan
    self.work = work
    smoother = Smoother(compressor.activeSmoothings.filter { $0.site.block == index }, compressor: compressor)
    attention = work.observesAttention ? plan.attentions.first { $0.name == block.attention.name } : nil
    for step in block.steps where work[step.kind].observes {
      for (place, linear) in step.linears.enumerated() {
        let assignment = compressor.assignment(of: linear.name)
        if let inputs = assignment?.inputs { expect(inputs, in: .input(step.kind), heads: 1) }
        if let outputs = assignment?.outputs { expect(outputs, in: .output(step.kind, place), heads: 1) }
      }
    }
    if let attention {
      if let query = attention.query { expect(query, in: .query, heads: attention.queryHeads) }
      expect(attention.cache, in: .key, heads: attention.keyHeads)
      expect(attention.cache, in: .value, heads: attention.keyHeads)
    }
  }

  private mutating func expect(_ activations: PlannedActivations, in flow: BlockFlow, heads: Int) {
    guard let rule = activations.rule, observers[flow]?[activations] == nil else { return }
    observers[flow, default: [:]][activations] = ActivationObserver(
      activations.arguments,
      rule: rule,
      scopeCount: activations.arguments.strategy == .attentionHead ? heads : 1,
      storage: compressor.outline.elementType
    )
  }

  var observed: Set<BlockFlow> { Set(observers.keys) }

  func statistics(before step: BlockStep.Kind) -> StatisticsRequest { StatisticsRequest(work[step].need) }

  mutating func settle(
    _ step: BlockStep.Kind,
    _ statistics: StepStatistics,
    _ weights: inout BlockWeights,
    lookAhead: (BlockWeights, StatisticsRequest) -> StepStatistics
  ) throws(ExecutionError) {
    clock.start("smooth")
    var statistics = statistics
    smoother.smooth(step, &statistics, &weights)
    if work[step].ahead.isAny {
      clock.start("look ahead")
      let ahead = lookAhead(weights, StatisticsRequest(work[step].ahead))
      clock.start("smooth")
      smoother.smoothAhead(of: step, ahead, &weights)
    }
    clock.start("settle")
    guard let outline = block.steps.first(where: { $0.kind == step }) else { return }
    var layers = outline.linears.enumerated().map { SettledLayer(name: $1.name, weight: weights[step, $0].weight) }
    try LayerSettlement(compressor: compressor, statistics: statistics).settle(&layers)
    for (index, layer) in layers.enumerated() { weights.layers[step]?[index].weight = layer.weight }
    settled[step] = layers
    clock.start("forward")
  }

  mutating func observe(_ flow: BlockFlow, _ x: UnsafePointer<Float>, width: Int, sequences: [Int]) {
    var first = 0
    for tokens in sequences {
      for key in observers[flow, default: [:]].keys {
        observers[flow]?[key]?
          .observe(x + first * width, tokens: tokens, width: width, on: compressor.options.processor)
      }
      first += tokens
    }
  }

  /// Writes everything of the block that has changed, or keeps it for the next pass.
  func finish(_ weights: BlockWeights) throws(ExecutionError) {
    guard compressor.isLastPass else {
      try compressor.keep(weights, of: block)
      return
    }
    for step in block.steps {
      for (place, layer) in (settled[step.kind] ?? []).enumerated() {
        let assignment = compressor.assignment(of: layer.name)
        try compressor.finish(
          layer,
          inputs: assignment?.inputs.flatMap { observers[.input(step.kind)]?[$0] },
          outputs: assignment?.outputs.flatMap { observers[.output(step.kind, place)]?[$0] }
        )
        if let bias = weights[step.kind, place].bias { try compressor.rewrite("\(layer.name).bias", bias) }
      }
    }
    try compressor.rewrite(block.attention.norm, weights.attentionNorm)
    try compressor.rewrite(block.feedForward.norm, weights.feedForwardNorm)
    guard let attention else { return }
    var sides: [ActivationTensors.Side: ActivationObserver] = [:]
    sides[.query] = attention.query.flatMap { observers[.query]?[$0] }
    sides[.key] = observers[.key]?[attention.cache]
    sides[.value] = observers[.value]?[attention.cache]
    try compressor.finish(attention, observed: sides)
  }
}

extension StatisticsRequest {
  init(_ need: StatisticsNeed) {
    self = []
    if need.moments { insert(.moments) }
    if need.channels { insert(.channels) }
  }
}
