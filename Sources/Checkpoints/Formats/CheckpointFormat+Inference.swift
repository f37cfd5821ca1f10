package import Vocabulary

extension CheckpointFormat {
  /// Columns that share a scale in the MX formats.
  private static let microscalingGroupSize = 32
  /// Columns that share a scale in NVFP4.
  private static let nvfp4GroupSize = 16

  /// The format that follows from a scheme's arguments; the first rule that fits decides.
  ///
  /// - Parameter scheme: A scheme; the format it asks for is not looked at.
  /// - Returns: The most specific format, as compressed-tensors 0.19 infers it.
  package static func inferred(from scheme: QuantizationScheme) -> CheckpointFormat {
    guard let weights = scheme.weights else { return .dense }
    let inputs = scheme.inputActivations
    switch (weights.numberKind, weights.bitWidth, weights.groupSize) {
    case (.float, 4, microscalingGroupSize): return .mxfp4PackQuantized
    case (.float, 8, microscalingGroupSize) where weights.scaleType == .uint8: return .mxfp8Quantized
    case (.float, 4, nvfp4GroupSize): return .nvfp4PackQuantized
    case (.integer, _, _) where inputs != nil: return .intQuantized
    case (.integer, 1...8, _): return .packQuantized
    case (.float, _, _) where inputs != nil: return .floatQuantized
    default: return .naiveQuantized
    }
  }

  /// The one format that stands for a model whose modules have these formats.
  ///
  /// - Parameter formats: Formats of groups, in any order.
  /// - Returns: The only one besides `dense`, `mixedPrecision` for several, `dense` for none.
  package static func common(of formats: some Sequence<CheckpointFormat>) -> CheckpointFormat {
    let compressed = Set(formats).subtracting([.dense])
    return compressed.count > 1 ? .mixedPrecision : compressed.first ?? .dense
  }
}

extension QuantizationScheme {
  /// The format asked for or, without one, the format that follows from the arguments.
  package var resolvedFormat: CheckpointFormat {
    format ?? .inferred(from: self)
  }
}
