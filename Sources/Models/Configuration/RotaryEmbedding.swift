internal import Glibc
internal import JSONDocuments

/// Frequencies of a rotary position embedding (arXiv:2104.09864).
package struct RotaryEmbedding: Hashable, Sendable {
  /// The base of the geometric series of wavelengths.
  package let theta: Double
  /// Channels of a head that turn; the first of it.
  package let width: Int
  /// What is done to the frequencies for longer contexts.
  package let scaling: Scaling

  /// A change of the frequencies.
  package enum Scaling: Hashable, Sendable {
    case none
    /// Every frequency divided by a factor.
    case linear(factor: Double)
    /// Low frequencies divided, high ones kept, those between blended (Llama 3.1).
    case llama3(factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalPositions: Double)
    /// A base that grows with sequences beyond the positions that the model was made for.
    case dynamic(factor: Double, positions: Double)
    /// Blended by the turns that a pair makes within the original positions (arXiv:2309.00071, section 3.2).
    case yarn(Yarn)
    /// A divisor for each pair of channels, other ones for sequences beyond the original positions (arXiv:2402.13753).
    case long(short: [Double], long: [Double], originalPositions: Double, magnitude: Double)
  }

  /// Numbers of YaRN.
  package struct Yarn: Hashable, Sendable {
    package let factor: Double
    /// Turns within the original positions from which on a frequency stays.
    package let fastTurns: Double
    /// Turns below which it is divided in full.
    package let slowTurns: Double
    package let originalPositions: Double
    /// Whether the bounds between them are rounded to whole channels.
    package let truncates: Bool
    /// What cosines and sines are multiplied by.
    package let magnitude: Double
    /// What attention scores are multiplied by besides.
    package let scoreFactor: Double
  }

  /// What attention scores are multiplied by besides.
  var scoreFactor: Double { if case .yarn(let yarn) = scaling { yarn.scoreFactor } else { 1 } }

  /// Reads `rope_parameters`, or `rope_scaling` of older configs.
  ///
  /// - Parameters:
  ///   - parameters: The object; null where there is none.
  ///   - base: The base that config.json has elsewhere.
  ///   - share: The share of a head that turns, where config.json has it elsewhere.
  ///   - width: Channels of a head.
  ///   - positionLimit: Positions the model was made for.
  ///   - originalPositions: Positions that frequencies were made for, where config.json has them elsewhere.
  /// - Throws: `ModelError` naming the member that is malformed, or the kind that Pare does not have.
  init(
    _ parameters: JSON,
    base: Double?,
    share: Double?,
    width: Int,
    positionLimit: Int?,
    originalPositions: Int?
  ) throws(ModelError) {
    let values = RotaryValues(parameters: parameters, positionLimit: positionLimit, original: originalPositions)
    theta = parameters["rope_theta"]?.double ?? base ?? Self.standardTheta
    guard theta > 0, theta.isFinite else { throw .malformedValue(key: "rope_theta", expected: "a positive number") }
    let share = parameters["partial_rotary_factor"]?.double ?? share ?? 1
    self.width = Int(Double(width) * share)
    guard 0..<1 ~= share || share == 1, self.width > 0, self.width.isMultiple(of: 2) else {
      throw .malformedValue(key: "partial_rotary_factor", expected: "a share that leaves an even number of channels")
    }
    scaling = try values.scaling(pairs: self.width / 2)
  }

  private static let standardTheta = 10000.0
}

/// The members of `rope_parameters`.
private struct RotaryValues {
  let parameters: JSON
  let positionLimit: Int?
  let original: Int?

  func scaling(pairs: Int) throws(ModelError) -> RotaryEmbedding.Scaling {
    let kind = parameters["rope_type"]?.string ?? parameters["type"]?.string ?? "default"
    switch kind {
    case "default", "mrope": return .none
    case "linear": return .linear(factor: try number("factor"))
    case "dynamic": return .dynamic(factor: try number("factor"), positions: try positions(positionLimit))
    case "llama3":
      return .llama3(
        factor: try number("factor"),
        lowFrequencyFactor: try number("low_freq_factor"),
        highFrequencyFactor: try number("high_freq_factor"),
        originalPositions: try originalPositions()
      )
    case "yarn" where parameters["long_factor"] == nil: return .yarn(try yarn())
    case "longrope", "su", "yarn": return try long(pairs: pairs)
    default:
      throw .unsupported(
        key: "rope_type",
        value: kind,
        known: ["default", "dynamic", "linear", "llama3", "longrope", "yarn"]
      )
    }
  }

  private func yarn() throws(ModelError) -> RotaryEmbedding.Yarn {
    let original = try originalPositions()
    let factor = try stretch(beyond: original)
    let scale = parameters["mscale"]?.double ?? 0
    let scaleOfAll = parameters["mscale_all_dim"]?.double ?? 0
    func magnitude(_ scale: Double) -> Double { factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1 }
    let standard = scale != 0 && scaleOfAll != 0 ? magnitude(scale) / magnitude(scaleOfAll) : magnitude(1)
    let ofScores = scaleOfAll == 0 ? 1 : magnitude(scaleOfAll)
    return RotaryEmbedding.Yarn(
      factor: factor,
      fastTurns: try optional("beta_fast") ?? 32,
      slowTurns: try optional("beta_slow") ?? 1,
      originalPositions: original,
      truncates: parameters["truncate"]?.bool ?? true,
      magnitude: try optional("attention_factor") ?? standard,
      scoreFactor: ofScores * ofScores
    )
  }

  private func long(pairs: Int) throws(ModelError) -> RotaryEmbedding.Scaling {
    let original = try originalPositions()
    func divisors(_ key: String) throws(ModelError) -> [Double] {
      let list = (parameters[key]?.array ?? []).compactMap(\.double)
      guard list.count == pairs, list.allSatisfy({ $0 > 0 }) else {
        throw .malformedValue(key: "rope_parameters.\(key)", expected: "a list of \(pairs) positive numbers")
      }
      return list
    }
    let factor = try stretch(beyond: original)
    let standard = factor <= 1 ? 1 : (1 + log(factor) / log(original)).squareRoot()
    return .long(
      short: try divisors("short_factor"),
      long: try divisors("long_factor"),
      originalPositions: original,
      magnitude: try optional("attention_factor") ?? standard
    )
  }

  private func optional(_ key: String) throws(ModelError) -> Double? {
    guard let member = parameters[key], member != .null else { return nil }
    return try number(key)
  }

  private func number(_ key: String) throws(ModelError) -> Double {
    guard let value = parameters[key]?.double, value > 0, value.isFinite else {
      throw .malformedValue(key: "rope_parameters.\(key)", expected: "a positive number")
    }
    return value
  }

  /// How many times as many positions as before.
  private func stretch(beyond original: Double) throws(ModelError) -> Double {
    if let factor = try optional("factor") { return factor }
    return try positions(positionLimit) / original
  }

  private func originalPositions() throws(ModelError) -> Double {
    if let original, original > 0 { return Double(original) }
    if let inside = try optional("original_max_position_embeddings") { return inside }
    return try positions(positionLimit)
  }

  private func positions(_ limit: Int?) throws(ModelError) -> Double {
    guard let limit else {
      throw .malformedValue(key: "rope_parameters.original_max_position_embeddings", expected: "a positive number")
    }
    return Double(limit)
  }
}
