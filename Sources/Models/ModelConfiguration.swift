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
  /// Channels of one head.
  package let headDimension: Int
  /// Channels inside the feed-forward part.
  package let feedForwardSize: Int
  /// Rows of the embedding.
  package let vocabularySize: Int
  /// Added to the mean square in norms.
  package let normEpsilon: Double
  /// Positions the model was made for, if config.json says.
  package let positionLimit: Int?
  /// Tokens that attention looks back on, or nil for all.
  package let slidingWindow: Int?
  /// The rotary position embedding.
  package let rotary: RotaryEmbedding
  /// Whether the head is the embedding.
  package let tiesEmbeddings: Bool

  /// Reads the numbers.
  ///
  /// - Throws: `ModelError` naming the key that is missing, malformed or asks for what Pare does not have.
  package init(config: JSON, architecture: Architecture) throws(ModelError) {
    let values = Values(config: config, architecture: architecture)
    hiddenSize = try values.count("hidden_size")
    blockCount = try values.count("block_count")
    queryHeads = try values.count("query_heads")
    keyHeads = try values.optionalCount("key_heads") ?? queryHeads
    headDimension = try values.optionalCount("head_dimension") ?? hiddenSize / queryHeads
    feedForwardSize = try values.count("feed_forward_size")
    vocabularySize = try values.count("vocabulary_size")
    normEpsilon = try values.positive("norm_epsilon")
    positionLimit = try values.optionalCount("position_limit")
    let window = try values.optionalCount("sliding_window")
    let usesWindow =
      values["uses_sliding_window"]?.bool ?? (architecture.configurationKeys["uses_sliding_window"] == nil)
    // Blocks before the first one with a window see the whole sequence, and that may be all of them.
    let firstWindowed = values["first_windowed_block"]?.int ?? 0
    slidingWindow = usesWindow && firstWindowed < blockCount ? window : nil
    tiesEmbeddings = values["ties_embeddings"]?.bool ?? false
    rotary = try RotaryEmbedding(config: config)
    if let activation = values["activation"]?.string, activation != "silu" {
      throw .unsupported(key: values.key("activation"), value: activation, known: ["silu"])
    }
    guard queryHeads % keyHeads == 0 else {
      throw .malformedValue(key: values.key("key_heads"), expected: "a divisor of \(values.key("query_heads"))")
    }
    guard headDimension % 2 == 0, headDimension > 0 else {
      throw .malformedValue(key: values.key("head_dimension"), expected: "an even number")
    }
  }
}

/// The members of config.json, asked for by what they hold.
private struct Values {
  let config: JSON
  let architecture: Architecture

  func key(_ role: String) -> String { architecture.configurationKeys[role] ?? role }

  subscript(role: String) -> JSON? {
    guard let key = architecture.configurationKeys[role], let value = config[key], value != .null else { return nil }
    return value
  }

  func optionalCount(_ role: String) throws(ModelError) -> Int? {
    guard let value = self[role] else { return nil }
    guard let count = value.int, 1...Self.largestCount ~= count else {
      throw .malformedValue(key: key(role), expected: "a positive integer")
    }
    return count
  }

  func count(_ role: String) throws(ModelError) -> Int {
    guard let count = try optionalCount(role) else {
      throw .missingKey(key(role), family: architecture.family)
    }
    return count
  }

  func positive(_ role: String) throws(ModelError) -> Double {
    guard let value = self[role] else { throw .missingKey(key(role), family: architecture.family) }
    guard let number = value.double, number > 0 else {
      throw .malformedValue(key: key(role), expected: "a positive number")
    }
    return number
  }

  /// Far above any model's sizes, and far below where products of two overflow.
  private static let largestCount = 1 << 28
}

/// Frequencies of a rotary position embedding (arXiv:2104.09864).
package struct RotaryEmbedding: Hashable, Sendable {
  /// The base of the geometric series of wavelengths.
  package let theta: Double
  /// What is done to the frequencies for longer contexts.
  package let scaling: Scaling

  /// A change of the frequencies.
  package enum Scaling: Hashable, Sendable {
    case none
    /// Every frequency divided by a factor.
    case linear(factor: Double)
    /// Low frequencies divided, high ones kept, those between blended (Llama 3.1).
    case llama3(factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalPositions: Double)
  }

  /// Reads `rope_parameters`, or `rope_theta` and `rope_scaling` of older configs.
  init(config: JSON) throws(ModelError) {
    let parameters = config["rope_parameters"] ?? config["rope_scaling"] ?? .null
    let standardTheta = 10000.0
    theta = parameters["rope_theta"]?.double ?? config["rope_theta"]?.double ?? standardTheta
    let kind = parameters["rope_type"]?.string ?? parameters["type"]?.string ?? "default"
    func number(_ key: String) throws(ModelError) -> Double {
      guard let value = parameters[key]?.double, value > 0 else {
        throw .malformedValue(key: "rope_parameters.\(key)", expected: "a positive number")
      }
      return value
    }
    switch kind {
    case "default": scaling = .none
    case "linear": scaling = .linear(factor: try number("factor"))
    case "llama3":
      scaling = .llama3(
        factor: try number("factor"),
        lowFrequencyFactor: try number("low_freq_factor"),
        highFrequencyFactor: try number("high_freq_factor"),
        originalPositions: try number("original_max_position_embeddings")
      )
    default:
      throw .unsupported(key: "rope_type", value: kind, known: ["default", "linear", "llama3"])
    }
    guard theta > 0 else { throw .malformedValue(key: "rope_theta", expected: "a positive number") }
  }
}
