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
  private var observers: [BlockFlow: [Watch: ActivationObserver]] = [:]
  /// What inputs of steps are multiplied by at run time; layers of a step that have a transform have the same.
  private var turns: [BlockFlow: OnlineTransforms] = [:]
  private var settled: [BlockStep.Kind: [SettledLayer]] = [:]
  private var shared: [StatisticsRequest: LayerSettlement] = [:]
  /// What was gathered on the block as it was; nil where each step is settled as soon as it is reached.
  private var gathered: [BlockStep.Kind: StepStatistics]?
  private var turn = Turn.only

  /// What a walk through the block is for.
  private enum Turn {
    /// All work.
    case only
    /// Smoothing, and statistics on weights that are not settled.
    case gathering
    /// Settling with what was gathered.
    case settling
  }

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
        if let inputs = assignment?.inputs {
          let online = compressor.reader.online(of: linear.name)
          if online.input != nil { turns[.input(step.kind)] = online }
          expect(inputs, in: .input(step.kind), heads: 1, isTurned: online.input != nil)
        }
        if let outputs = assignment?.outputs { expect(outputs, in: .output(step.kind, place), heads: 1) }
      }
    }
    if let attention {
      if let query = attention.query { expect(query, in: .query, heads: attention.queryHeads) }
      expect(attention.cache, in: .key, heads: attention.keyHeads)
      expect(attention.cache, in: .value, heads: attention.keyHeads)
    }
  }

  /// What is observed of a flow.
  private struct Watch: Hashable {
    let activations: PlannedActivations
    /// Whether it is what comes of the run-time transform.
    var isTurned = false
  }

  private mutating func expect(
    _ activations: PlannedActivations,
    in flow: BlockFlow,
    heads: Int,
    isTurned: Bool = false
  ) {
    let watch = Watch(activations: activations, isTurned: isTurned)
    guard let rule = activations.rule, observers[flow]?[watch] == nil else { return }
    observers[flow, default: [:]][watch] = ActivationObserver(
      activations.arguments,
      rule: rule,
      scopeCount: activations.arguments.strategy == .attentionHead ? heads : 1,
      storage: compressor.outline.elementType
    )
  }

  /// Lets the next walk gather what all steps need while no layer is settled.
  mutating func beginGathering() { (turn, gathered) = (.gathering, [:]) }

  /// Lets the next walk settle the layers with what was gathered.
  mutating func endGathering() { turn = .settling }

  var observed: Set<BlockFlow> { turn == .gathering ? [] : Set(observers.keys) }

  func statistics(before step: BlockStep.Kind) -> StatisticsRequest {
    turn == .settling ? [] : StatisticsRequest(work[step].need)
  }

  mutating func settle(
    _ step: BlockStep.Kind,
    _ statistics: StepStatistics,
    _ weights: inout BlockWeights,
    lookAhead: (BlockWeights, StatisticsRequest) -> StepStatistics
  ) throws(ExecutionError) {
    try compressor.stopIfInterrupted()
    defer { clock.start("forward") }
    var statistics = gathered?[step] ?? statistics
    if turn != .settling {
      clock.start("smooth")
      smoother.smooth(step, &statistics, &weights)
      if work[step].ahead.isAny {
        clock.start("look ahead")
        let ahead = lookAhead(weights, StatisticsRequest(work[step].ahead))
        clock.start("smooth")
        smoother.smoothAhead(of: step, ahead, &weights)
      }
    }
    guard turn != .gathering else {
      gathered?[step] = statistics
      return
    }
    gathered?[step] = nil
    clock.start("settle")
    guard let outline = block.steps.first(where: { $0.kind == step }) else { return }
    var layers = outline.linears.enumerated().map { SettledLayer(name: $1.name, weights[step, $0]) }
    try settlement(of: step, statistics).settle(&layers)
    for (index, layer) in layers.enumerated() { weights.layers[step]?[index].weight = layer.weight }
    if compressor.isLastPass {
      for index in layers.indices { compressor.account(&layers[index]) }
      settled[step] = layers
    }
  }

  /// Who settles a step.
  ///
  /// Experts that see all tokens read one tensor, whose factors are found once.
  private mutating func settlement(of step: BlockStep.Kind, _ statistics: StepStatistics) -> LayerSettlement {
    guard case .expertInput = step, compressor.plan.calibration?.experts == .all else {
      return LayerSettlement(compressor: compressor, statistics: statistics)
    }
    let request = StatisticsRequest(work[step].need)
    if let known = shared[request] { return known }
    let settlement = LayerSettlement(compressor: compressor, statistics: statistics)
    shared[request] = settlement
    return settlement
  }

  mutating func observe(_ flow: BlockFlow, _ x: UnsafePointer<Float>, width: Int, sequences: [Int]) {
    let processor = compressor.options.processor
    let turned = turns[flow]?
      .transformedInputs(x, tokens: sequences.reduce(0, +), columns: width, on: processor)
    withExtendedLifetime(turned) {
      var first = 0
      for tokens in sequences {
        for watch in observers[flow, default: [:]].keys {
          let read = watch.isTurned ? turned.map { UnsafePointer($0.start) } ?? x : x
          observers[flow]?[watch]?.observe(read + first * width, tokens: tokens, width: width, on: processor)
        }
        first += tokens
      }
    }
  }

  mutating func observe(_ choice: ExpertChoice) {
    compressor.keep(ExpertReport(name: block.feedForward.name, tokenCounts: choice.tokens.map(\.count)))
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
          inputs: assignment?.inputs.flatMap {
            observers[.input(step.kind)]?[Watch(activations: $0, isTurned: layer.online.input != nil)]
          },
          outputs: assignment?.outputs.flatMap { observers[.output(step.kind, place)]?[Watch(activations: $0)] }
        )
        if let bias = weights[step.kind, place].bias { try compressor.rewrite("\(layer.name).bias", bias) }
      }
    }
    for norm in weights.ownNorms { try compressor.rewrite(norm) }
    guard let attention else { return }
    var sides: [ActivationTensors.Side: ActivationObserver] = [:]
    sides[.query] = attention.query.flatMap { observers[.query]?[Watch(activations: $0)] }
    sides[.key] = observers[.key]?[Watch(activations: attention.cache)]
    sides[.value] = observers[.value]?[Watch(activations: attention.cache)]
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
