internal import Checkpoints
internal import Models
internal import Vocabulary

/// What the work of a plan costs.
package struct PlanCosts: Hashable, Sendable {
  /// Floating-point operations of the forward passes over the calibration tokens; a multiply-add counts as two.
  package var forwardOperations = 0.0
  /// Floating-point operations of gathering second moments.
  package var momentOperations = 0.0
  /// Floating-point operations of factorizations and of GPTQ's updates.
  package var quantizationOperations = 0.0
  /// Linear layers run over the calibration tokens; one product each.
  package var productCount = 0
  /// Steps of blocks that run once more because something must be known before their layers are settled.
  package var lookAheadCount = 0
  /// Peak of the memory that Pare allocates, in bytes; mapped weights are the system's to keep or drop.
  package var peakMemory = 0
  /// Bytes of all weights as they are.
  package var inputBytes = 0
  /// Bytes of all tensors that will be written.
  package var outputBytes = 0

  /// Floating-point operations in all.
  package var operations: Double { forwardOperations + momentOperations + quantizationOperations }
}

extension PlanCosts {
  private static let floatBytes = MemoryLayout<Float>.size

  /// Adds the costs up.
  ///
  /// - Parameters:
  ///   - layers: Every layer that is pruned or quantized, and whether that reads second moments.
  ///   - outputs: The tensors that will be written.
  ///   - passes: The passes of calibration.
  ///   - surveys: Whether the whole model is run once before the work begins.
  ///   - calibration: The data; nil where none is needed.
  ///   - outline: The model.
  init(
    layers: [(LinearOutline, Bool)],
    outputs: [PlannedTensor],
    passes: [CalibrationPass],
    surveys: Bool,
    calibration: CalibrationPlan?,
    outline: ModelOutline
  ) {
    inputBytes = outline.tensors.map(\.byteCount).reduce(0, +)
    outputBytes = outputs.map(\.description.byteCount).reduce(0, +)
    for (layer, usesMoments) in layers { addLayer(layer, usesMoments: usesMoments) }
    for output in outputs {
      guard case .transform = output.origin else { continue }
      // The matrix in float32 and its bytes.
      let tensor = output.description
      peakMemory = max(peakMemory, tensor.shape.reduce(Self.floatBytes, *) + tensor.byteCount)
    }
    guard let calibration, let decoder = outline.decoder else { return }
    let last = passes.lastBlock
    for pass in passes {
      for (index, block) in decoder.blocks.enumerated() where index <= last {
        addForward(block, pass.blocks[index], decoder.configuration, calibration)
        addStatistics(block, pass.blocks[index], decoder.configuration, calibration)
      }
      if pass.head.need.moments {
        addMoments(width: decoder.configuration.hiddenSize, tokens: Double(calibration.tokens))
      }
      addMemory(decoder, pass.blocks, calibration)
    }
    if surveys {
      for block in decoder.blocks { addForward(block, BlockWork(), decoder.configuration, calibration) }
    }
  }

  /// Adds one pass of all calibration tokens through a block: every linear layer once, and attention.
  private mutating func addForward(
    _ block: BlockOutline,
    _ work: BlockWork,
    _ numbers: ModelConfiguration,
    _ calibration: CalibrationPlan
  ) {
    for step in block.steps {
      let tokens = tokens(of: step.kind, block, work, calibration)
      for linear in step.linears { addProduct(linear, tokens: tokens) }
    }
    addAttention(block, numbers, calibration)
  }

  /// Tokens that run through a step: those that a router sends to an expert, or all where its statistics are gathered from
  /// all.
  private func tokens(
    of step: BlockStep.Kind,
    _ block: BlockOutline,
    _ work: BlockWork,
    _ calibration: CalibrationPlan
  ) -> Double {
    guard let experts = block.feedForward.experts else { return Double(calibration.tokens) }
    let share = Double(experts.routing.chosen) / Double(experts.layers.count)
    switch step {
    case .expertInput(let expert) where calibration.experts == .all:
      let isStudied = work[step].isAny || work[.expertOutput(expert)].isAny
      return Double(calibration.tokens) * (isStudied ? 1 : share)
    case .expertInput, .expertOutput: return Double(calibration.tokens) * share
    default: return Double(calibration.tokens)
    }
  }

  private mutating func addProduct(_ linear: LinearOutline, tokens: Double) {
    forwardOperations += 2 * tokens * Double(linear.rows * linear.columns)
    productCount += 1
  }

  /// Scores and gathered values, of which the causal mask leaves half, and a window less.
  private mutating func addAttention(
    _ block: BlockOutline,
    _ numbers: ModelConfiguration,
    _ calibration: CalibrationPlan
  ) {
    let channels = numbers.queryHeads * (numbers.headDimension + numbers.valueDimension)
    let length = calibration.sequenceLength
    let seen = block.attention.window.map { min(2 * $0, length) } ?? length
    forwardOperations += Double(calibration.tokens) * Double(seen * channels)
  }

  /// Adds what is gathered, and the steps that run once more because something must be known in advance.
  private mutating func addStatistics(
    _ block: BlockOutline,
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

  private mutating func addMemory(_ decoder: DecoderOutline, _ work: [BlockWork], _ calibration: CalibrationPlan) {
    let numbers = decoder.configuration
    let gathered = numbers.queryHeads * numbers.valueDimension
    let chunk = min(calibration.tokens, max(Plan.chunkTokens, calibration.sequenceLength))
    func widest(_ width: (BlockOutline) -> Int) -> Int { decoder.blocks.map(width).max() ?? 0 }
    let product = widest { block in
      max(block.feedForward.dense?.width ?? 0, block.feedForward.experts?.layers.first?.width ?? 0)
    }
    let outputs = widest { block in block.steps.flatMap(\.linears).map(\.rows).max() ?? 0 }
    let latent = numbers.latent.map { ($0.queryRank ?? 0) + $0.keyValueRank + $0.rotaryDimension } ?? 0
    let waits = decoder.blocks.contains { $0.residual == .parallel || $0.feedForward.experts != nil }
    let stream = (waits ? 2 : 1) * numbers.hiddenSize
    let activations = calibration.tokens * (stream + max(gathered, product) + latent)
    let temporaries =
      chunk
      * (numbers.hiddenSize + numbers.queryHeads * numbers.headDimension
        + numbers.cachedHeads * (numbers.headDimension + numbers.valueDimension) + outputs)
    let weights = widest { $0.linears.map { $0.rows * $0.columns }.reduce(0, +) }
    let studied = zip(decoder.blocks, work).flatMap { block, work in
      block.steps.filter { work[$0.kind].need.moments }
    }
    let widestStudied = studied.map(\.width).max() ?? 0
    // Moments and their factor, then a layer's permuted copy, its codes twice and their packed form.
    let layer = decoder.blocks.first?.linears.map { $0.rows * $0.columns }.max() ?? 0
    // The codes of a block are kept until its activations have been seen.
    let quantization = 2 * widestStudied * widestStudied + 2 * layer
    peakMemory = max(peakMemory, (activations + temporaries + weights + quantization) * Self.floatBytes + weights)
  }

  private mutating func addMoments(width: Int, tokens: Double) {
    momentOperations += tokens * Double(width * (width + 1))
    // One Cholesky factorization and one triangular inverse.
    quantizationOperations += 2.0 / 3.0 * Double(width) * Double(width) * Double(width)
  }

  /// Adds the work of pruning or quantizing one layer.
  private mutating func addLayer(_ layer: LinearOutline, usesMoments: Bool) {
    let elements = layer.rows * layer.columns
    if usesMoments { quantizationOperations += Double(elements) * Double(layer.columns) }
    // The layer in float32, a copy of it with its rounding error, codes and their packed form.
    peakMemory = max(peakMemory, elements * (2 * Self.floatBytes + 2))
  }
}
