internal import Checkpoints
internal import Models
internal import Vocabulary

/// The most memory that a run has resident at once, and where.
///
/// Weights in mapped files are not counted: whoever reads one lets its pages go.
package struct PlannedMemory: Hashable, Sendable {
  /// Bytes, with everything that is kept of the calibration tokens in memory.
  package private(set) var peak = 0
  /// Bytes, with what is kept of the calibration tokens in scratch files.
  package private(set) var leastPeak = 0
  /// Bytes kept of the calibration tokens.
  package private(set) var activations = 0
  /// What `leastPeak` is made of.
  package private(set) var leastParts = Parts()

  /// Bytes that are resident together.
  package struct Parts: Hashable, Sendable {
    /// A block's weights in float32, and the codes of those that are settled.
    package var weights = 0
    /// Second moments and their factor.
    package var moments = 0
    /// Channels of the input whose second moments they are; zero where there are none.
    package var width = 0
    /// Copies of what is worked on.
    package var work = 0

    /// The program itself, and what allocators and libraries take besides.
    package var program: Int {
      let products = weights > 0 ? PlannedMemory.products : 0
      return PlannedMemory.program + products + (weights + moments + work) / PlannedMemory.slack
    }

    /// All together.
    package var total: Int { program + weights + moments + work }
  }

  /// What the program and its libraries have resident before they work.
  private static let program = 28 << 20
  /// What matrix products pack and generate.
  private static let products = 32 << 20
  /// One byte in so many is the allocators' and libraries' own.
  private static let slack = 64

  private static let floatBytes = MemoryLayout<Float>.size

  /// A layer that is pruned, rotated or quantized.
  struct Layer {
    let outline: LinearOutline
    /// Whether it is rounded some rows at a time where no calibration reaches it.
    var isInPanels = false
    /// Bytes of its codes in memory; zero where it has none.
    var codes = 0
  }

  /// Nothing.
  init() {}

  /// Adds up what a plan keeps.
  init(
    layers: [Layer],
    outputs: [PlannedTensor],
    passes: [CalibrationPass],
    calibration: CalibrationPlan?,
    outline: ModelOutline
  ) {
    for output in outputs {
      let tensor = output.description
      let elements = tensor.shape.reduce(1, *)
      switch output.origin {
      case .transform: add(Parts(work: elements * Self.floatBytes + tensor.byteCount))
      case .copied, .copiedFrom:
        let panel = tensor.shape.count == 2 ? Self.inPanels(elements, columns: tensor.shape[1]) : elements
        add(Parts(work: panel * Self.floatBytes))
      case .rewritten, .calibrated, .quantized: break
      }
    }
    for layer in layers where layer.isInPanels || calibration == nil {
      let elements = layer.outline.rows * layer.outline.columns
      let count = layer.isInPanels ? Self.inPanels(elements, columns: layer.outline.columns) : elements
      add(Parts(work: count * Self.bytesOfRounded))
    }
    guard let calibration, let decoder = outline.decoder else { return }
    let tokens = Tokens(decoder, calibration, ProductType(of: outline.elementType))
    activations = calibration.tokens * tokens.kept
    let known = Dictionary(layers.map { ($0.outline.name, $0) }) { first, _ in first }
    for pass in passes {
      for (block, work) in zip(decoder.blocks, pass.blocks).prefix(passes.lastBlock + 1) {
        add(block, work, known, tokens)
      }
      if pass.head.isAny { addHead(decoder, known[decoder.headName], pass.head, tokens) }
    }
  }

  /// Bytes of an element of a layer that is rounded: in float32 before and after, its code, and that as it is written.
  private static let bytesOfRounded = 2 * floatBytes + 3

  /// Elements of the panels of a matrix that are in memory at once.
  private static func inPanels(_ elements: Int, columns: Int) -> Int {
    min(elements, Plan.panelsAtOnce * Plan.panelRows(columns: columns) * columns)
  }

  /// What is kept of tokens.
  private struct Tokens {
    let widths: ActivationWidths
    let products: ProductType
    let propagation: ErrorPropagation
    /// Bytes kept of one token.
    let kept: Int
    /// Of one chunk, bytes that are not kept, and bytes of what is.
    let passing: Int
    let keptOfChunk: Int

    init(_ decoder: DecoderOutline, _ calibration: CalibrationPlan, _ products: ProductType) {
      widths = ActivationWidths(decoder)
      self.products = products
      propagation = calibration.propagation
      let length = calibration.sequenceLength
      let chunk = min(calibration.tokens, (Plan.chunkTokens + length - 1) / length * length)
      let streams = propagation == .block ? 2 : 1
      let keptFloats = streams * widths.stream + widths.sum + widths.queryLatent + widths.keyValueLatent
      kept = (keptFloats + products.words(ofRow: widths.inner)) * PlannedMemory.floatBytes
      keptOfChunk = chunk * kept
      // Layers that read floats have what they gate where it will be read.
      let gate = products == .float32 ? 0 : widths.products
      let passingFloats = widths.query + widths.key + widths.value + widths.outputs + gate
      // Second moments take a chunk as panels.
      let panels = products == .float32 ? 0 : (max(widths.inner, widths.normed) + 1) / 2
      passing = chunk * (passingFloats + products.words(ofRow: widths.normed) + panels) * PlannedMemory.floatBytes
    }

    /// Bytes of weights as products take them, beside those in float32.
    func packed(_ linears: [LinearOutline]) -> Int {
      products == .float32 ? 0 : linears.map { $0.rows * $0.columns * PlannedMemory.floatBytes / 2 }.reduce(0, +)
    }
  }

  /// Adds what is resident while activations are nowhere but in files, or are all in memory.
  private mutating func add(_ parts: Parts, activations: Int = 0, ofChunk: Int = 0) {
    peak = max(peak, parts.total + activations)
    var least = parts
    least.work += ofChunk
    guard least.total > leastPeak else { return }
    leastPeak = least.total
    leastParts = least
  }

  private mutating func add(_ block: BlockOutline, _ work: BlockWork, _ layers: [String: Layer], _ tokens: Tokens) {
    let elements = block.linears.map { $0.rows * $0.columns }
    var weights = elements.reduce(0, +) * Self.floatBytes
    // Moments of what all experts read outlive the expert whose step they were gathered for.
    var shared = 0
    // Those of a block that is not settled step by step are all there at once.
    let squares = block.steps.map { work[$0.kind].need.moments ? $0.width * $0.width * Self.floatBytes : 0 }
    let together = tokens.propagation == .block ? squares.reduce(0, +) : 0
    for step in block.steps {
      let need = work[step.kind].need
      let square = step.width * step.width * Self.floatBytes
      let changed = step.linears.compactMap { layers[$0.name] }
      let usesMoments = need.moments && !changed.isEmpty
      let moments = usesMoments ? 2 * square : need.moments ? square : 0
      var parts = Parts(
        weights: weights,
        moments: moments + max(shared, together - (need.moments ? square : 0)),
        width: need.moments ? step.width : 0,
        work: tokens.passing
      )
      // A step's layers as they were and as they become, and of one of them the columns in visiting order and its codes twice.
      let sizes = changed.map { $0.outline.rows * $0.outline.columns }
      parts.work += sizes.reduce(0, +) * Self.floatBytes
      parts.work += (sizes.max() ?? 0) * (usesMoments ? Self.floatBytes + 2 : 1)
      if work[step.kind].ahead.isAny { parts.work += tokens.packed(step.linears) }
      add(parts, activations: activations)
      weights += changed.map(\.codes).reduce(0, +)
      // Then the step's products flow.
      let flowing = Parts(weights: weights, moments: together, work: tokens.passing + tokens.packed(step.linears))
      add(flowing, activations: activations, ofChunk: tokens.keptOfChunk)
      if case .expertInput = step.kind, need.moments { shared = square }
    }
  }

  private mutating func addHead(_ decoder: DecoderOutline, _ layer: Layer?, _ work: StepWork, _ tokens: Tokens) {
    let (rows, columns) = (decoder.configuration.vocabularySize, decoder.configuration.hiddenSize)
    var parts = Parts(weights: rows * columns * Self.floatBytes, work: tokens.passing)
    if work.need.moments {
      parts.moments = 2 * columns * columns * Self.floatBytes
      parts.width = columns
    }
    if layer != nil {
      parts.work += rows * columns * (work.need.moments ? 2 * Self.floatBytes + 2 : Self.floatBytes + 1)
    }
    add(parts, activations: activations, ofChunk: 0)
  }
}
