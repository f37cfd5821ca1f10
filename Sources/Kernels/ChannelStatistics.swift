internal import CKernels
internal import Vocabulary

/// What is known of each channel of a layer's input over all calibration tokens.
package struct ChannelStatistics: Hashable, Sendable {
  /// Channels that one thread looks at; does not depend on the thread count.
  private static let channelsTogether = 64

  /// Channels of the input.
  package let width: Int
  /// Tokens seen.
  package private(set) var tokenCount = 0
  /// The smallest value of each channel, `[width]`; infinity before any token.
  package private(set) var minima: [Float]
  /// The largest value of each channel, `[width]`.
  package private(set) var maxima: [Float]
  /// `Σ |x|` of each channel, `[width]`: float32 within one call of `add`, float64 over all.
  package private(set) var magnitudes: [Double]
  /// `Σ x²` of each channel, `[width]`: the diagonal of the second moments.
  package private(set) var energies: [Double]

  /// Makes statistics of no token.
  package init(width: Int) {
    self.width = width
    minima = Array(repeating: .infinity, count: width)
    maxima = Array(repeating: -.infinity, count: width)
    magnitudes = Array(repeating: 0, count: width)
    energies = Array(repeating: 0, count: width)
  }

  /// Adds tokens, `[tokenCount, width]`, row-major, as layers read them.
  package mutating func add(_ x: UnsafePointer<Float>, tokenCount: Int, on processor: Processor) {
    processor.withInput(x, tokenCount: tokenCount, columns: width) { add($0, tokenCount: tokenCount, on: processor) }
  }

  /// Adds tokens.
  ///
  /// - Parameters:
  ///   - x: Inputs, `[tokenCount, width]`.
  ///   - tokenCount: Rows of `x`.
  ///   - processor: Where to run; channels in parallel.
  package mutating func add(_ x: LayerInput, tokenCount: Int, on processor: Processor) {
    let (low, high) = (FloatBuffer(count: width), FloatBuffer(count: width))
    let (sums, squares) = (FloatBuffer(zeros: width), FloatBuffer(zeros: width))
    for channel in 0..<width { (low.start[channel], high.start[channel]) = (minima[channel], maxima[channel]) }
    processor.forEachRange(of: width, length: Self.channelsTogether) { channels in
      let first = channels.lowerBound
      let (lows, highs) = (low.start + first, high.start + first)
      let (magnitudes, energies) = (sums.start + first, squares.start + first)
      let level = processor.level.raw
      switch x.type {
      case .float32:
        let start = x.start + first
        pare_channel_statistics(level, start, tokenCount, width, channels.count, lows, highs, magnitudes, energies)
      case .bfloat16:
        pare_channel_statistics_bfloat16(
          level,
          x.halves + first,
          tokenCount,
          2 * x.stride,
          channels.count,
          lows,
          highs,
          magnitudes,
          energies
        )
      }
    }
    for channel in 0..<width {
      (minima[channel], maxima[channel]) = (low.start[channel], high.start[channel])
      magnitudes[channel] += Double(sums.start[channel])
      energies[channel] += Double(squares.start[channel])
    }
    self.tokenCount += tokenCount
  }

  /// The statistics of the input divided by a positive factor for each channel.
  package func dividing(by factors: [Float]) -> ChannelStatistics {
    precondition(factors.count == width, "a factor for each channel")
    var divided = self
    for (channel, factor) in factors.enumerated() {
      divided.minima[channel] /= factor
      divided.maxima[channel] /= factor
      divided.magnitudes[channel] /= Double(factor)
      divided.energies[channel] /= Double(factor) * Double(factor)
    }
    return divided
  }

  /// `max - min` of each channel, `[width]`.
  package var ranges: [Float] { zip(maxima, minima).map { $0 - $1 } }
}
