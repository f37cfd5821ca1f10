internal import Glibc
internal import Kernels
package import Models
internal import Tensors

/// Cosines and sines of a model's rotary embeddings, for the sequences of one walk.
struct RotationTables: Sendable {
  private let embeddings: [RotaryEmbedding]
  private var tables: [[Int: Rotation]] = []

  /// Makes the tables.
  ///
  /// - Parameters:
  ///   - embeddings: The model's rotary embeddings.
  ///   - sequences: The length of each sequence.
  init(_ embeddings: [RotaryEmbedding], sequences: [Int]) {
    self.embeddings = embeddings
    let longest = sequences.max() ?? 0
    for embedding in embeddings {
      var own: [Int: Rotation] = [:]
      for length in sequences where own[embedding.variant(for: length)] == nil {
        own[embedding.variant(for: length)] = Rotation(
          frequencies: embedding.frequencies(for: length),
          positions: longest,
          magnitude: embedding.magnitude
        )
      }
      tables.append(own)
    }
  }

  /// The table of an embedding for a sequence of a length.
  func table(_ embedding: Int, length: Int) -> Rotation {
    guard let table = tables[embedding][embeddings[embedding].variant(for: length)] else {
      preconditionFailure("the length is one of the walk's")
    }
    return table
  }
}

extension RotaryEmbedding {
  /// What cosines and sines are multiplied by.
  package var magnitude: Float {
    switch scaling {
    case .yarn(let yarn): Float(yarn.magnitude)
    case .long(_, _, _, let magnitude): Float(magnitude)
    case .none, .linear, .llama3, .dynamic: 1
    }
  }

  /// Sequences of one variant have the same frequencies.
  fileprivate func variant(for length: Int) -> Int {
    switch scaling {
    case .dynamic(_, let positions): Double(length) > positions ? length : 0
    case .long(_, _, let original, _): Double(length) > original ? 1 : 0
    case .none, .linear, .llama3, .yarn: 0
    }
  }

  /// Radians per position of each pair of channels, `[width / 2]`: `theta^(-2i / width)`, then scaled.
  ///
  /// - Parameter length: Tokens of the sequence.
  /// - Returns: `[width / 2]`.
  package func frequencies(for length: Int) -> [Float] {
    func frequency(_ channel: Int, base: Double) -> Double { pow(base, -Double(channel) / Double(width)) }
    return stride(from: 0, to: width, by: 2).map { channel in
      let plain = Float(frequency(channel, base: theta))
      switch scaling {
      case .none: return plain
      case .linear(let factor): return plain / Float(factor)
      case .dynamic(let factor, let positions):
        let stretch = factor * max(Double(length), positions) / positions - (factor - 1)
        let base = theta * pow(stretch, Double(width) / Double(width - 2))
        return Float(frequency(channel, base: base))
      case .yarn(let yarn): return Float(yarn.blended(Double(plain), pair: channel / 2, theta: theta, width: width))
      case .long(let short, let long, let original, _):
        let divisors = Double(length) > original ? long : short
        return Float(Double(plain) / divisors[channel / 2])
      case .llama3(let factor, let lowFactor, let highFactor, let positions):
        return Float(
          Self.llama3(
            Double(plain),
            factor: factor,
            lowFactor: lowFactor,
            highFactor: highFactor,
            positions: positions
          )
        )
      }
    }
  }

  /// Keeps wavelengths that fit often into the original context, divides the frequency of long ones, blends between.
  private static func llama3(
    _ frequency: Double,
    factor: Double,
    lowFactor: Double,
    highFactor: Double,
    positions: Double
  ) -> Double {
    let turns = positions * frequency / (2 * Double.pi)
    guard turns < highFactor else { return frequency }
    guard turns > lowFactor else { return frequency / factor }
    let smooth = (turns - lowFactor) / (highFactor - lowFactor)
    return (1 - smooth) * frequency / factor + smooth * frequency
  }
}

extension RotaryEmbedding.Yarn {
  /// Keeps the frequencies of pairs that turn often, divides those of pairs that turn rarely, blends between.
  fileprivate func blended(_ frequency: Double, pair: Int, theta: Double, width: Int) -> Double {
    func bound(_ turns: Double) -> Double {
      Double(width) * log(originalPositions / (turns * 2 * Double.pi)) / (2 * log(theta))
    }
    var (low, high) = (bound(fastTurns), bound(slowTurns))
    if truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
    low = max(low, 0)
    high = min(high, Double(width - 1))
    if low == high { high += Self.leastRamp }
    let ramp = min(max((Double(pair) - low) / (high - low), 0), 1)
    return frequency / factor * ramp + frequency * (1 - ramp)
  }

  /// Keeps the ramp from having no length.
  private static let leastRamp = 0.001
}

/// Scores that fall with the distance of a key (ALiBi, arXiv:2108.12409), as Falcon has them.
enum DistanceScores {
  /// What is added to the score of each key, `[heads, positions]`.
  ///
  /// The score grows with the key's position instead of falling with its distance, which the softmax does not tell apart.
  /// Slopes, positions and their products are rounded to bfloat16 on the way, as in transformers.
  static func table(heads: Int, positions: Int, dimension: Int) -> FloatBuffer {
    let table = FloatBuffer(count: heads * positions)
    let divisor = Float(dimension).squareRoot()
    for (head, slope) in slopes(heads).enumerated() {
      for position in 0..<positions {
        let product = rounded(rounded(Float(slope)) * rounded(Float(position)))
        table.start[head * positions + position] = product / divisor
      }
    }
    return table
  }

  private static func rounded(_ value: Float) -> Float { BFloat16.rounded(value) }

  /// `2^(-8i / n)` for the largest power of two `n` of heads, and every second one of twice as many for the others.
  private static func slopes(_ heads: Int) -> [Double] {
    var power = 1
    while 2 * power <= heads { power *= 2 }
    func base(_ count: Int) -> Double { exp2(-8 / Double(count)) }
    let first = (1...power).map { pow(base(power), Double($0)) }
    let others = stride(from: 1, to: 2 * (heads - power), by: 2).map { pow(base(2 * power), Double($0)) }
    return first + others
  }
}
