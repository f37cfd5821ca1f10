package import JSONDocuments

/// The numbers of a decoder model, from config.json by way of its architecture document.
package struct ModelConfiguration: Hashable, Sendable {
  /// Channels of the residual stream.
  package let hiddenSize: Int
  /// Decoder blocks.
  package let blockCount: Int
  /// Query heads.
  package let queryHeads: Int
  /// Key and value heads.
  package let keyHeads: Int
  /// Channels of one query or key head.
  package let headDimension: Int
  /// Channels of one value head.
  package let valueDimension: Int
  /// Channels inside the feed-forward part of blocks without experts.
  package let feedForwardSize: Int
  /// Rows of the embedding.
  package let vocabularySize: Int
  /// Added to the mean square in norms.
  package let normEpsilon: Double
  /// What the feed-forward part applies to its gate, or to what comes before its last layer.
  package let activation: ActivationFunction
  /// Positions the model was made for, if config.json says.
  package let positionLimit: Int?
  /// Tokens that attention looks back on in blocks that have a window; nil where none has.
  package let slidingWindow: Int?
  /// The rotary position embeddings: none where positions come from elsewhere; a second one for blocks with a window in
  /// families that tell them apart.
  package let rotaries: [RotaryEmbedding]
  /// Whether attention scores fall with the distance instead (ALiBi, arXiv:2108.12409).
  package let usesDistances: Bool
  /// Whether the head is the embedding.
  package let tiesEmbeddings: Bool
  /// What embeddings are multiplied by.
  package let embeddingFactor: Float
  /// What the parts' outputs are multiplied by before they join the residual stream.
  package let residualFactor: Float
  /// What products of queries and keys are multiplied by.
  let attentionFactor: Float
  /// Whether they are divided by the block's number besides, from 1 on.
  let dividesScoresByBlock: Bool
  /// `c` of `c · tanh(score / c)`; nil for scores as they are.
  package let attentionSoftCap: Float?
  /// What logits are divided by.
  package let logitDivisor: Float
  /// `c` of `c · tanh(logit / c)`; nil for logits as they are.
  package let logitSoftCap: Float?
  /// Multi-head latent attention; nil for the usual one.
  package let latent: LatentNumbers?
  /// Experts; nil where no block has any.
  package let experts: ExpertNumbers?
  /// Whether both parts of a block read what the block reads.
  let isParallel: Bool
  /// Whether rotary embeddings turn neighbouring channels where the family leaves that open.
  let interleavesRotary: Bool
  /// Which blocks have a window.
  let windowed: Set<Int>

  /// Numbers of a multi-head latent attention.
  package struct LatentNumbers: Hashable, Sendable {
    /// Channels that queries are made from; nil where they are made from the part's input.
    package let queryRank: Int?
    /// Channels that keys and values are made from.
    package let keyValueRank: Int
    /// Channels of a query or key that do not turn with positions.
    package let plainDimension: Int
    /// Channels that do.
    package let rotaryDimension: Int
  }

  /// Numbers of parts with experts.
  package struct ExpertNumbers: Hashable, Sendable {
    package let count: Int
    /// Channels inside an expert.
    package let size: Int
    /// Channels inside the shared expert; nil without one.
    package let sharedSize: Int?
    package let routing: ExpertRouting
    /// Blocks that have experts.
    let blocks: Set<Int>
  }

  /// What products of queries and keys of a block are multiplied by.
  func attentionFactor(of block: Int) -> Float {
    dividesScoresByBlock ? attentionFactor / Float(block + 1) : attentionFactor
  }

  /// Heads of keys and values as attention sees them.
  package var cachedHeads: Int { latent == nil ? keyHeads : queryHeads }

  /// Whether a block sees the tokens of a window only.
  package func hasWindow(_ block: Int) -> Bool { slidingWindow != nil && windowed.contains(block) }

  /// Whether a block has experts.
  package func hasExperts(_ block: Int) -> Bool { experts?.blocks.contains(block) ?? false }

  /// Reads the numbers.
  ///
  /// - Throws: `ModelError` naming the key that is missing, malformed or asks for what Pare does not have.
  package init(config: JSON, architecture: Architecture) throws(ModelError) {
    let values = ConfigurationValues(config: config, architecture: architecture)
    try values.checkRequirements()
    hiddenSize = try values.count(.hiddenSize)
    blockCount = try values.count(.blockCount)
    queryHeads = try values.count(.queryHeads)
    keyHeads = try values.keyHeads(of: queryHeads)
    vocabularySize = try values.count(.vocabularySize)
    feedForwardSize = try values.feedForwardSize(of: hiddenSize)
    normEpsilon = try values.positive(.normEpsilon)
    positionLimit = try values.optionalCount(.positionLimit)
    tiesEmbeddings = values[.tiesEmbeddings]?.bool ?? false
    latent = try values.latentNumbers(architecture)
    let dimension = try values.optionalCount(.headDimension) ?? hiddenSize / queryHeads
    headDimension = latent.map { $0.plainDimension + $0.rotaryDimension } ?? dimension
    valueDimension = latent == nil ? dimension : try values.count(.valueDimension)
    activation = try values.activation()
    isParallel = values[.isParallel]?.bool ?? false
    interleavesRotary = values[.interleavesRotary]?.bool ?? true
    experts = try values.expertNumbers(architecture, blockCount: blockCount)
    usesDistances = values[.usesDistances]?.bool ?? false
    let windows = try values.windows(architecture.decoder.windows, blockCount: blockCount)
    slidingWindow = windows.size
    windowed = windows.blocks
    let hasPositions = architecture.decoder.positions != nil || usesDistances
    guard headDimension > 0, hasPositions || headDimension % 2 == 0 else {
      throw .malformedValue(key: values.key(.headDimension), expected: "an even number")
    }
    let rotaryWidth = latent?.rotaryDimension ?? headDimension
    rotaries = hasPositions ? [] : try values.rotaries(width: rotaryWidth, positionLimit: positionLimit)
    embeddingFactor =
      architecture.decoder.scalesEmbedding
      ? Float(hiddenSize).squareRoot() : Float(try values.optionalNumber(.embeddingFactor) ?? 1)
    residualFactor = Float(try values.optionalNumber(.residualFactor) ?? 1)
    dividesScoresByBlock = values[.dividesScoresByBlock]?.bool ?? false
    logitDivisor = Float(try values.optionalNumber(.logitDivisor) ?? 1)
    attentionSoftCap = try values.optionalNumber(.attentionSoftCap).map { Float($0) }
    logitSoftCap = try values.optionalNumber(.logitSoftCap).map { Float($0) }
    let scalar = try values.optionalNumber(.attentionScalar) ?? Double(headDimension)
    // What a scaled rotary embedding asks for on top (arXiv:2309.00071, equation 15, as DeepSeek has it).
    let magnitude = latent == nil ? 1 : rotaries.first?.scoreFactor ?? 1
    attentionFactor = Float(
      try values.optionalNumber(.attentionFactor) ?? magnitude / scalar.squareRoot()
    )
    guard queryHeads % keyHeads == 0 else {
      throw .malformedValue(key: values.key(.keyHeads), expected: "a divisor of \(values.key(.queryHeads))")
    }
  }
}

/// What a feed-forward part applies to its channels, as transformers names it.
package enum ActivationFunction: String, CaseIterable, Hashable, Sendable {
  /// `x · σ(x)`.
  case silu
  /// `x · Φ(x)`.
  case gelu
  /// `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))`.
  case geluTanh = "gelu_pytorch_tanh"
  /// `max(x, 0)`.
  case relu

  /// Other names of the same functions.
  static let aliases = ["gelu_new": geluTanh, "gelu_fast": geluTanh, "swish": silu]

  /// The function of a name in config.json.
  init?(named name: String) {
    guard let function = Self(rawValue: name) ?? Self.aliases[name] else { return nil }
    self = function
  }
}
