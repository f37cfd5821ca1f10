internal import Checkpoints
internal import Models
internal import Vocabulary

/// What the work of a plan costs.
package struct PlanCosts: Hashable, Sendable {
  /// Floating-point operations of the forward passes over the calibration tokens; a multiply-add counts as two.
  package var forwardOperations = 0.0
  /// Floating-point operations of products of activations and weights alone, which are the most of them.
  package var productOperations = 0.0
  /// Floating-point operations of gathering second moments.
  package var momentOperations = 0.0
  /// Floating-point operations of factorizations and of GPTQ's updates.
  package var quantizationOperations = 0.0
  /// Linear layers run over the calibration tokens; one product each.
  package var productCount = 0
  /// Steps of blocks that run once more because something must be known before their layers are settled.
  package var lookAheadCount = 0
  /// What is resident at once.
  package var memory = PlannedMemory()
  /// Bytes of all weights as they are.
  package var inputBytes = 0
  /// Bytes of all tensors that will be written.
  package var outputBytes = 0
  /// Bytes of the scratch file beside the output, in which weights lie between passes.
  package var scratchBytes = 0
  /// Bytes read from the model and from the scratch file, each time that they are.
  package var readBytes = 0
  /// Bytes written to the output and to the scratch file.
  package var writtenBytes = 0

  package init() {}

  /// Floating-point operations in all.
  package var operations: Double { forwardOperations + momentOperations + quantizationOperations }
}

extension PlanCosts {
  static let floatBytes = MemoryLayout<Float>.size

  /// Adds the costs up.
  ///
  /// - Parameters:
  ///   - layers: Every layer that is pruned or quantized, and whether that reads second moments.
  ///   - memory: What is resident at once.
  ///   - outputs: The tensors that will be written.
  ///   - passes: The passes of calibration.
  ///   - surveys: Whether the whole model is run once before the work begins.
  ///   - calibration: The data; nil where none is needed.
  ///   - outline: The model.
  init(
    layers: [(LinearOutline, Bool)],
    memory: PlannedMemory,
    outputs: [PlannedTensor],
    passes: [CalibrationPass],
    surveys: Bool,
    calibration: CalibrationPlan?,
    outline: ModelOutline
  ) {
    self.memory = memory
    inputBytes = outline.tensors.map(\.byteCount).reduce(0, +)
    outputBytes = outputs.map(\.description.byteCount).reduce(0, +)
    addTraffic(of: layers.map(\.0), outputs: outputs, passes: passes, surveys: surveys, outline: outline)
    // GPTQ and SparseGPT move each column's errors into all columns behind it.
    for (layer, usesMoments) in layers where usesMoments {
      quantizationOperations += Double(layer.rows * layer.columns) * Double(layer.columns)
    }
    guard let calibration, let decoder = outline.decoder else { return }
    let last = passes.lastBlock
    let factored = Set(layers.filter(\.1).map(\.0.name))
    let blocks = decoder.blocks.map(CountedBlock.init)
    for pass in passes {
      let factors = !pass.kinds.isDisjoint(with: [.pruning, .quantization])
      for (index, block) in blocks.enumerated() where index <= last {
        addForward(block, pass.blocks[index], decoder.configuration, calibration)
        if calibration.propagation == .block, pass.blocks[index].gathers {
          addForward(block, pass.blocks[index], decoder.configuration, calibration)
        }
        addStatistics(block, pass.blocks[index], decoder.configuration, calibration)
        // Experts that see all tokens have one input, and its factors are found once.
        var isFactored = false
        for step in block.steps where factors && pass.blocks[index][step.kind].need.moments {
          let isShared = if case .expertInput = step.kind { calibration.experts == .all } else { false }
          guard !(isShared && isFactored), step.linears.contains(where: { factored.contains($0.name) }) else {
            continue
          }
          if isShared { isFactored = true }
          addFactor(width: step.width)
        }
      }
      if pass.head.need.moments {
        addMoments(width: decoder.configuration.hiddenSize, tokens: Double(calibration.tokens))
        if factors, factored.contains(decoder.headName) { addFactor(width: decoder.configuration.hiddenSize) }
      }
    }
    if surveys {
      for block in blocks { addForward(block, BlockWork(), decoder.configuration, calibration) }
    }
  }

  /// Adds one pass of all calibration tokens through a block: every linear layer once, and attention.
  private mutating func addForward(
    _ block: CountedBlock,
    _ work: BlockWork,
    _ numbers: ModelConfiguration,
    _ calibration: CalibrationPlan
  ) {
    for step in block.steps {
      let tokens = productTokens(of: step.kind, block, work, calibration)
      for linear in step.linears { addProduct(linear, tokens: tokens) }
    }
    addAttention(block, numbers, calibration)
  }

  /// Tokens that a step's input is made for: those that a router sends to an expert, on average, or all where its statistics are
  /// gathered from all.
  private func tokens(
    of step: BlockStep.Kind,
    _ block: CountedBlock,
    _ work: BlockWork,
    _ calibration: CalibrationPlan
  ) -> Double {
    guard let experts = block.outline.feedForward.experts else { return Double(calibration.tokens) }
    let all = Double(calibration.tokens)
    let routed = all * Double(experts.routing.chosen) / Double(experts.layers.count)
    switch step {
    case .expertInput(let expert), .expertOutput(let expert):
      guard work[.expertInput(expert)].isAny || work[.expertOutput(expert)].isAny else { return routed }
      let isRare = routed < Double(min(ExpertRouting.leastCalibrationTokens, calibration.tokens))
      return calibration.experts == .all || isRare ? all : routed
    default: return all
    }
  }

  /// Tokens that a step's layers are multiplied by: the last layer of an expert never sees more than its own.
  private func productTokens(
    of step: BlockStep.Kind,
    _ block: CountedBlock,
    _ work: BlockWork,
    _ calibration: CalibrationPlan
  ) -> Double {
    if case .expertOutput = step {
      tokens(of: step, block, BlockWork(), calibration)
    } else {
      tokens(of: step, block, work, calibration)
    }
  }

  private mutating func addProduct(_ linear: LinearOutline, tokens: Double) {
    let operations = 2 * tokens * Double(linear.rows * linear.columns)
    forwardOperations += operations
    productOperations += operations
    productCount += 1
  }

  /// Scores and gathered values of the tokens that each token sees: those up to itself, and of a window no more.
  private mutating func addAttention(
    _ block: CountedBlock,
    _ numbers: ModelConfiguration,
    _ calibration: CalibrationPlan
  ) {
    let channels = numbers.queryHeads * (numbers.headDimension + numbers.valueDimension)
    let length = calibration.sequenceLength
    let window = min(block.outline.attention.window ?? length, length)
    // Σ min(token, window) over the tokens of a sequence, from 1 on.
    let pairs = window * (window + 1) / 2 + (length - window) * window
    forwardOperations += 2 * Double(calibration.samples) * Double(pairs) * Double(channels)
  }

  /// Adds what is gathered, and the steps that run once more because something must be known in advance.
  private mutating func addStatistics(
    _ block: CountedBlock,
    _ work: BlockWork,
    _ numbers: ModelConfiguration,
    _ calibration: CalibrationPlan
  ) {
    let widths = Dictionary(uniqueKeysWithValues: block.steps.map { ($0.kind, $0.width) })
    var isGathered = false
    for step in block.steps {
      let tokens = tokens(of: step.kind, block, work, calibration)
      if work[step.kind].need.moments {
        // Experts that see all tokens have one input, and its moments are gathered once.
        if case .expertInput = step.kind, calibration.experts == .all {
          if !isGathered { addMoments(width: step.width, tokens: tokens) }
          isGathered = true
        } else {
          addMoments(width: step.width, tokens: tokens)
        }
      }
      guard work[step.kind].ahead.isAny, let next = step.kind.next, let width = widths[next] else { continue }
      lookAheadCount += 1
      for linear in step.linears { addProduct(linear, tokens: tokens) }
      if next == .attentionOutput { addAttention(block, numbers, calibration) }
      if work[step.kind].ahead.moments { addMoments(width: width, tokens: tokens) }
    }
  }

  private mutating func addMoments(width: Int, tokens: Double) {
    momentOperations += tokens * Double(width * (width + 1))
  }

  /// Adds one Cholesky factorization and one triangular inverse.
  private mutating func addFactor(width: Int) {
    quantizationOperations += 2.0 / 3.0 * Double(width) * Double(width) * Double(width)
  }
}

/// A block and its layers, which take a while to list.
private struct CountedBlock {
  let outline: BlockOutline
  let linears: [LinearOutline]
  var steps: [BlockStep] { outline.steps }

  init(_ outline: BlockOutline) {
    self.outline = outline
    linears = outline.linears
  }
}
