internal import Kernels
internal import Tensors
internal import Vocabulary

/// How a range becomes a scale and a zero point.
struct ScaleRule: Sendable {
  let codes: Grid
  let isSymmetric: Bool
  let storage: ElementType
  let form: Form

  /// What scales are stored as.
  enum Form: Hashable, Sendable {
    /// Numbers of the model's type.
    case floats
    /// Float8 under a global scale.
    case float8(global: Float)
    /// Powers of two.
    case exponents
  }

  /// Makes the rule of a request.
  ///
  /// - Parameters:
  ///   - request: Which grid is wanted.
  ///   - maximum: The largest magnitude of all that shares a global scale.
  init(_ request: GridRequest, maximum: Float) {
    self.init(
      arguments: request.arguments,
      storage: request.storage,
      global: Self.globalScale(maximum: maximum)
    )
  }

  init(arguments: QuantizationArguments, storage: ElementType, global: Float) {
    codes = .of(arguments)
    isSymmetric = arguments.isSymmetric
    self.storage = storage
    form =
      if arguments.strategy == .tensorGroup {
        .float8(global: global)
      } else if arguments.numberKind == .float, arguments.scaleType == .uint8 {
        .exponents
      } else {
        .floats
      }
  }

  /// The multiplier that takes the largest magnitude to the largest float8 scale of the largest float4; 1 for zeros.
  static func globalScale(maximum: Float) -> Float {
    let scale = Grid.float8.maximum * Grid.float4.maximum / maximum
    return scale.isFinite ? scale : 1
  }

  /// The scale, rounded to the form it is stored in, and the zero point that goes with the rounded scale.
  func point(minimum: Float, maximum: Float) -> ScalePoint {
    let low = min(minimum, 0)
    let high = max(maximum, 0)
    let magnitude = max(-low, high)
    switch form {
    case .exponents:
      let byte = PowerOfTwoScale.encode(
        groupMaximum: magnitude,
        of: .float32,
        element: codes.code == .float4 ? .float4 : .float8
      )
      return ScalePoint(scale: PowerOfTwoScale.decode(byte), byte: byte)
    case .float8(let global):
      return .scaled(global * (magnitude / codes.halfRange), by: global)
    case .floats:
      let width = isSymmetric ? magnitude / codes.halfRange : (high - low) / (codes.maximum - codes.minimum)
      let scale = stored(width)
      guard !isSymmetric else { return ScalePoint(scale: scale) }
      let point = (codes.minimum - low / scale).rounded(.toNearestOrEven)
      return ScalePoint(scale: scale, zeroPoint: min(max(point, codes.minimum), codes.maximum))
    }
  }

  /// The number of the storage type nearest to a scale; the type's epsilon for a scale of zero.
  private func stored(_ scale: Float) -> Float {
    let rounded = storage.rounded(scale)
    return rounded == 0 ? storage.epsilon : rounded
  }
}

/// A scale, its zero point, and what is stored of it.
struct ScalePoint: Hashable, Sendable {
  /// What a code is multiplied by.
  var scale: Float
  /// The code that stands for zero.
  var zeroPoint: Float = 0
  /// The stored byte, where scales are float8 numbers or exponents.
  var byte: UInt8 = 0

  /// A float8 scale under a global one; one that rounds to zero becomes 0.125, as compressed-tensors has it.
  static func scaled(_ value: Float, by global: Float) -> ScalePoint {
    let code = Float8E4M3.encode(min(value, Grid.float8.maximum))
    return ScalePoint(float8: code == 0 ? Float8E4M3.encode(0.125) : code, under: global)
  }

  /// The bytes of positive finite float8 numbers.
  static let bytes = 0x01...0x7E
}

extension ScalePoint {
  /// The scale of a float8 byte under a global one.
  init(float8 byte: UInt8, under global: Float) {
    self.init(scale: Float8E4M3.decode(byte) / global, byte: byte)
  }
}
