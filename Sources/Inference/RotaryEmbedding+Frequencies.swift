internal import Glibc
internal import Models

extension RotaryEmbedding {
  /// Radians per position of each pair of channels, `[dimension / 2]`: `theta^(-2i / dimension)`, then scaled.
  func frequencies(dimension: Int) -> [Float] {
    stride(from: 0, to: dimension, by: 2).map { channel in
      let frequency = Float(pow(theta, -Double(channel) / Double(dimension)))
      switch scaling {
      case .none: return frequency
      case .linear(let factor): return frequency / Float(factor)
      case .llama3(let factor, let lowFactor, let highFactor, let positions):
        return Float(
          Self.llama3(
            Double(frequency),
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
