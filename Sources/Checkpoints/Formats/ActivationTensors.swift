package import Vocabulary

/// Names and types of the tensors that hold what calibration found of activations.
package enum ActivationTensors {
  /// What is quantized: a layer's inputs or outputs, or what flows into attention.
  package enum Side: String, CaseIterable, Hashable, Sendable {
    case input
    case output
    case query = "q"
    case key = "k"
    case value = "v"

    /// The last part of the scale's name.
    package var scale: String { "\(rawValue)_scale" }
    /// The last part of the zero point's name.
    package var zeroPoint: String { "\(rawValue)_zero_point" }
    /// The last part of the global scale's name, under which local scales are found at run time.
    package var globalScale: String { "\(rawValue)_global_scale" }
  }

  /// The tensors of one side of a module: none where all scales are found at run time.
  ///
  /// - Parameters:
  ///   - arguments: How the activations are quantized.
  ///   - side: Which ones.
  ///   - shape: `[1]`, or `[heads, 1, 1]` where each head has a scale.
  ///   - elementType: The model's type, which scales have.
  ///   - keepsZeroPoints: Whether zero points are stored that are always zero, as attention modules have them.
  /// - Returns: The tensors in the order of the file; none where all is found at run time.
  package static func list(
    _ arguments: QuantizationArguments,
    side: Side,
    shape: [Int] = [1],
    elementType: ElementType,
    keepsZeroPoints: Bool = false
  ) -> [ModuleTensor] {
    switch arguments.dynamic {
    case .on: return []
    case .local: return [ModuleTensor(side.globalScale, .float32, [1])]
    case .off: break
    }
    let scale = ModuleTensor(side.scale, elementType, shape)
    guard !arguments.isSymmetric || keepsZeroPoints else { return [scale] }
    let zeroPointType: ElementType = arguments.numberKind == .integer ? .int8 : .float8E4M3
    return [scale, ModuleTensor(side.zeroPoint, zeroPointType, shape)]
  }
}
