import Inference
import Kernels
import Tensors
import TestSupport
import Testing
import Vocabulary

struct LinearLayerTests {
  private static let columns = 32

  private static func applied(
    _ arguments: QuantizationArguments?,
    stored: (scale: Float, zeroPoint: Float)? = nil,
    to x: [Float],
    bias: [Float]? = nil
  ) -> [Float] {
    var identity = Matrix(rowCount: columns, columnCount: columns)
    for channel in 0..<columns { identity[channel, channel] = 1 }
    let layer = LinearLayer(
      weight: identity,
      bias: bias,
      inputRounding: arguments.flatMap { ActivationRounding($0, stored: stored) }
    )
    let out = FloatBuffer(zeros: x.count)
    layer.apply(to: x, tokens: x.count / columns, into: out.start, on: Processor(threadCount: 2))
    return Array(out[0..<x.count])
  }

  /// Rounded as a server rounds: each run of channels to a grid of its own.
  private static func rounded(_ x: [Float], width: Int, bits: Int?) -> [Float] {
    stride(from: 0, to: x.count, by: width).flatMap { first in
      let run = x[first..<first + width]
      let top = run.map(\.magnitude).max() ?? 0
      guard let bits else {
        let scale = top / Float8E4M3.largest
        return run.map { Float8E4M3.decode(Float8E4M3.encode($0 / scale)) * scale }
      }
      let half = Float((1 << bits) - 1) / 2
      let scale = top / half
      return run.map { min(max(($0 / scale).rounded(.toNearestOrEven), -half - 0.5), half - 0.5) * scale }
    }
  }

  private static let inputs: [Float] = {
    var generator = SeededGenerator(seed: 29)
    return (0..<5).flatMap { generator.floats(columns, in: -Float(1 << $0)...Float(1 << $0)) }
  }()

  private static func arguments(
    _ bits: Int,
    _ kind: NumberKind,
    _ strategy: Strategy,
    groupSize: Int? = nil,
    isSymmetric: Bool = true,
    dynamic: Dynamic = .on
  ) -> QuantizationArguments {
    QuantizationArguments(
      bitWidth: bits,
      numberKind: kind,
      isSymmetric: isSymmetric,
      strategy: strategy,
      groupSize: groupSize,
      dynamic: dynamic
    )
  }

  @Test func inputsAreRoundedTokenByToken() {
    let x = Self.inputs
    #expect(Self.applied(Self.arguments(8, .integer, .token), to: x) == Self.rounded(x, width: Self.columns, bits: 8))
    #expect(Self.applied(Self.arguments(4, .integer, .token), to: x) == Self.rounded(x, width: Self.columns, bits: 4))
    #expect(Self.applied(Self.arguments(8, .float, .token), to: x) == Self.rounded(x, width: Self.columns, bits: nil))
  }

  @Test func inputsAreRoundedGroupByGroup() {
    let x = Self.inputs
    let arguments = Self.arguments(8, .float, .group, groupSize: 8)
    #expect(Self.applied(arguments, to: x) == Self.rounded(x, width: 8, bits: nil))
    #expect(Self.applied(arguments, to: x) != Self.rounded(x, width: Self.columns, bits: nil))
  }

  @Test func inputsAreRoundedToAGridBetweenTheirExtremes() {
    let expected = stride(from: 0, to: Self.inputs.count, by: Self.columns).flatMap { first in
      let row = Self.inputs[first..<first + Self.columns]
      let (low, high) = (row.min() ?? 0, row.max() ?? 0)
      let scale = (high - low) / 255
      let zero = (-128 - low / scale).rounded(.toNearestOrEven)
      return row.map { (min(max($0 / scale + zero, -128), 127).rounded(.toNearestOrEven) - zero) * scale }
    }
    #expect(Self.applied(Self.arguments(8, .integer, .token, isSymmetric: false), to: Self.inputs) == expected)
  }

  @Test func inputsAreRoundedToTheGridThatCalibrationFound() {
    let arguments = Self.arguments(8, .integer, .tensor, isSymmetric: false, dynamic: .off)
    let expected = Self.inputs.map {
      (min(max($0 / 0.0625 - 3, -128), 127).rounded(.toNearestOrEven) + 3) * 0.0625
    }
    #expect(Self.applied(arguments, stored: (0.0625, -3), to: Self.inputs) == expected)
  }

  @Test func nothingIsRoundedWhereTheScaleIsUnknownOrNoLoopRoundsSo() {
    let kept: [QuantizationArguments?] = [
      nil,
      Self.arguments(8, .integer, .token, dynamic: .off),
      Self.arguments(8, .integer, .tensor, dynamic: .off),
      Self.arguments(8, .integer, .token, dynamic: .local),
      Self.arguments(8, .float, .token, isSymmetric: false),
      Self.arguments(16, .float, .token),
    ]
    for arguments in kept {
      #expect(arguments.flatMap { ActivationRounding($0, stored: nil) } == nil)
      #expect(Self.applied(arguments, to: Self.inputs) == Self.inputs)
    }
  }

  @Test func aBiasIsAddedAndResultsAreAccumulated() {
    let bias = (0..<Self.columns).map { Float($0) }
    let sums = Self.applied(nil, to: Self.inputs, bias: bias)
    #expect(sums == Self.inputs.indices.map { Self.inputs[$0] + bias[$0 % Self.columns] })

    let layer = LinearLayer(weight: Matrix(rowCount: 1, columnCount: 2, elements: [2, 3]), bias: [10])
    for products in ProductType.allCases {
      let out = FloatBuffer(zeros: 2)
      let processor = Processor(threadCount: 1, products: products)
      processor.withInput([1, 1, 0, -1], tokenCount: 2, columns: 2) { input in
        for _ in 0..<2 { layer.apply(to: input, tokens: 2, into: out.start, accumulating: true, on: processor) }
      }
      #expect(Array(out[0..<2]) == [30, 14])
    }
  }

  @Test func aChangedWeightIsTheOneThatIsMultiplied() {
    let processor = Processor(threadCount: 1, products: .bfloat16)
    var layer = LinearLayer(weight: Matrix(rowCount: 1, columnCount: 2, elements: [2, 3]), bias: nil)
    func product(_ layer: LinearLayer) -> Float {
      let out = FloatBuffer(zeros: 1)
      layer.apply(to: [1, 10], tokens: 1, into: out.start, on: processor)
      return out[0..<1][0]
    }
    #expect(product(layer) == 32)
    let before = layer
    layer.weight[0, 1] = 5
    #expect(product(layer) == 52)
    #expect(product(before) == 32)
  }
}
