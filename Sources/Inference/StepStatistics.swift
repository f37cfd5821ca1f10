package import Kernels

/// What is wanted of the input of linear layers before they are settled.
package struct StatisticsRequest: OptionSet, Hashable, Sendable {
  package let rawValue: Int

  package init(rawValue: Int) {
    self.rawValue = rawValue
  }

  /// `Σ x·xᵀ`: the Hessian.
  package static let moments = StatisticsRequest(rawValue: 1)
  /// Range, `Σ |x|` and `Σ x²` of each channel.
  package static let channels = StatisticsRequest(rawValue: 2)
}

/// What is known of the common input of linear layers, over all calibration tokens.
package struct StepStatistics: Sendable {
  /// `Σ x·xᵀ`; nil where nobody asked.
  package private(set) var moments: SecondMoments?
  /// Statistics of each channel; nil where nobody asked.
  package private(set) var channels: ChannelStatistics?

  /// Makes statistics of no token.
  package init(_ request: StatisticsRequest, width: Int) {
    moments = request.contains(.moments) ? SecondMoments(width: width) : nil
    channels = request.contains(.channels) ? ChannelStatistics(width: width) : nil
  }

  /// Tokens seen; zero where nobody asked for anything.
  package var tokenCount: Int { moments?.tokenCount ?? channels?.tokenCount ?? 0 }

  /// Whether anything is gathered.
  package var isWanted: Bool { moments != nil || channels != nil }

  /// Adds tokens, `[tokenCount, width]`, as layers read them.
  package mutating func add(_ x: LayerInput, tokenCount: Int, on processor: Processor) {
    moments?.add(x, tokenCount: tokenCount, on: processor)
    channels?.add(x, tokenCount: tokenCount, on: processor)
  }

  /// The statistics of the input divided by a positive factor for each channel: no second pass is needed, since
  /// `Σ (x/s)·(x/s)ᵀ = D⁻¹·S·D⁻¹` with `D = diag(s)`, and ranges and sums scale likewise.
  package func dividing(by factors: [Float]) -> StepStatistics {
    var divided = self
    divided.moments = moments?.dividing(by: factors)
    divided.channels = channels?.dividing(by: factors)
    return divided
  }
}
