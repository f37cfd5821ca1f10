internal import Glibc
package import Tensors

/// Factors that move the range of activations into the weights that read them, one for each channel.
package enum SmoothingFactors {
  /// The least factor; what a channel without range gets.
  private static let least: Float = 1e-5

  /// SmoothQuant: `s = range^α / (2 · max|W|)^(1 - α)`.
  ///
  /// The width of the range stands for both signs here, as in llm-compressor, hence the 2.
  ///
  /// - Parameters:
  ///   - ranges: `max - min` of each channel, `[channels]`.
  ///   - weights: The layers that read the channels, each `[rows, channels]`.
  ///   - strength: `α`, in `0...1`.
  /// - Returns: `[channels]`, positive.
  /// - SeeAlso: Xiao et al., "SmoothQuant", arXiv:2211.10438, equation 4.
  package static func smoothQuant(ranges: [Float], weights: [Matrix], strength: Double) -> [Float] {
    var magnitudes = [Float](repeating: 0, count: ranges.count)
    for weight in weights {
      magnitudes = zip(magnitudes, weight.columnMagnitudes()).map { max($0, $1) }
    }
    return zip(ranges, magnitudes).map { range, magnitude in
      guard magnitude > 0 else { return max(range, least) }
      let factor = pow(Double(range), strength) / pow(2 * Double(magnitude), 1 - strength)
      return max(Float(factor), least)
    }
  }

  /// Logarithmic equalization: `s = range / log2(2 + range)`.
  ///
  /// - Parameter ranges: `max - min` of each channel, `[channels]`.
  /// - Returns: `[channels]`, positive.
  /// - SeeAlso: Li et al., "FPTQ", arXiv:2308.15987, equation 5.
  package static func logarithmicEqualization(ranges: [Float]) -> [Float] {
    ranges.map { max($0 / log2(2 + $0), least) }
  }
}

extension Array where Element == Float {
  /// Values of channels, where several read one: combined for each channel that is written.
  ///
  /// Query heads `r·k ..< r·(k + 1)` read value head `k`, so channel `d` of the head is read `r` times.
  ///
  /// - Parameters:
  ///   - repetition: `r`.
  ///   - dimension: Channels of a head.
  ///   - combine: What becomes of two values.
  /// - Returns: `[count / repetition]`.
  package func merged(repetition: Int, dimension: Int, _ combine: (Float, Float) -> Float) -> [Float] {
    guard repetition > 1 else { return self }
    return (0..<count / repetition).map { channel in
      let (head, place) = (channel / dimension, channel % dimension)
      let values = (0..<repetition).map { self[(head * repetition + $0) * dimension + place] }
      return values.dropFirst().reduce(values[0], combine)
    }
  }

  /// Undoes `merged`: the value of each written channel for all that read it.
  package func spread(repetition: Int, dimension: Int) -> [Float] {
    guard repetition > 1 else { return self }
    return (0..<count * repetition).map { channel in
      self[channel / dimension / repetition * dimension + channel % dimension]
    }
  }
}
