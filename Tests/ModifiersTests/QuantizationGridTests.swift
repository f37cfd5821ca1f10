import Kernels
import Modifiers
import Tensors
import TestSupport
import Testing
import Vocabulary

struct QuantizationGridTests {
  static let storages = [ElementType.bfloat16, .float16, .float32]
  private static let rows = 9
  private static let columns = 96

  /// Rows of every kind: both signs, one sign, zeros, outliers, and numbers too small for half precision.
  private static let weight: Matrix = {
    var generator = SeededGenerator(seed: 41)
    var weight = Matrix(rowCount: rows, columnCount: columns, elements: generator.floats(rows * columns))
    for column in 0..<columns {
      weight[1, column] = abs(weight[1, column]) + 1
      weight[2, column] = -abs(weight[2, column]) - 1
      weight[3, column] = column < 32 ? 0 : weight[3, column]
      weight[4, column] = 0
      weight[5, column] *= 1e-9
    }
    weight[6, 40] = 300
    weight[7, 50] = -300
    return weight
  }()

  private static func grid(_ scheme: Scheme, _ storage: ElementType, threads: Int = 1) -> QuantizationGrid {
    QuantizationGrid(
      of: weight,
      as: GridRequest(arguments: scheme.arguments, storage: storage),
      on: Processor(threadCount: threads)
    )
  }

  @Test(arguments: Scheme.all, storages)
  func scalesAndZeroPointsAreThoseOfTheFormulas(scheme: Scheme, storage: ElementType) {
    let plain = PlainQuantization(arguments: scheme.arguments, storage: storage)
    let expected = plain.runs(rows: Self.rows, columns: Self.columns).map { run in
      let part = Self.weight.elements[run]
      return plain.scaleAndZeroPoint(low: part.min() ?? 0, high: part.max() ?? 0)
    }
    for threads in [1, 2, 3, 5] {
      let grid = Self.grid(scheme, storage, threads: threads)
      #expect(grid.storedScales == .floats(expected.map(\.scale)))
      #expect(grid.storedZeroPoints == (scheme.arguments.isSymmetric ? nil : expected.map { Int8($0.zeroPoint) }))
      #expect(grid.scales.count == Self.rows * grid.groupCount)
      #expect(grid.groupCount * grid.groupSize == Self.columns)
    }
  }

  @Test(arguments: Scheme.all, storages)
  func scalesAreNumbersOfTheirStorageTypeAndNeverZero(scheme: Scheme, storage: ElementType) {
    for scale in Self.grid(scheme, storage).scales {
      #expect(scale > 0)
      switch storage {
      case .bfloat16: #expect(scale == BFloat16.rounded(scale))
      case .float16: #expect(scale == Binary16.rounded(scale))
      default: #expect(scale.isFinite)
      }
    }
  }

  @Test(arguments: storages) func aGroupOfZerosGetsTheEpsilonOfItsStorage(storage: ElementType) {
    let grid = Self.grid(Scheme.all[0], storage)
    let epsilon: Float = [.bfloat16: 0.007_812_5, .float16: 0.000_976_562_5][storage] ?? 0x1p-23
    #expect(grid.scales[4 * grid.groupCount..<5 * grid.groupCount].allSatisfy { $0 == epsilon })
    #expect(grid.scales[3 * grid.groupCount..<3 * grid.groupCount + 2].allSatisfy { $0 == epsilon })
  }

  @Test(arguments: Scheme.all, storages)
  func weightsGoToTheCodesOfTheFormulas(scheme: Scheme, storage: ElementType) {
    let plain = PlainQuantization(arguments: scheme.arguments, storage: storage)
    let grid = Self.grid(scheme, storage)
    let points = Self.weight.elements.indices.map { place in
      let index = place / Self.columns * grid.groupCount + place % Self.columns / grid.groupSize
      return (scale: grid.scales[index], zeroPoint: grid.zeroPoints?[index] ?? 0)
    }
    let expected = zip(Self.weight.elements, points).map { plain.code($0, $1) }
    for level in InstructionLevel.supported {
      for threads in [1, 2, 3, 5] {
        let processor = Processor(threadCount: threads, level: level)
        let quantized = RoundToNearest.quantize(Self.weight, on: grid, processor: processor)
        #expect(quantized.codes == expected)
        var numbers = Self.weight
        quantized.dequantize(into: &numbers, on: processor)
        #expect(numbers.elements == zip(expected, points).map { plain.number($0, $1) })
      }
    }
  }

  @Test(arguments: Scheme.all.filter { $0.arguments.numberKind == .integer })
  func noWeightMovesFurtherThanHalfAStep(scheme: Scheme) {
    let processor = Processor(threadCount: 1)
    let quantized = RoundToNearest.quantize(
      Self.weight,
      as: GridRequest(arguments: scheme.arguments, storage: .float32),
      arithmetic: .float32,
      on: processor
    )
    var numbers = Self.weight
    quantized.dequantize(into: &numbers, on: processor)
    // The quotient, its shift by the zero point and the product back each round once, on codes up to 128.
    let slack: Float = 1 + 4 * 128 * 0x1p-24
    for (place, (weight, number)) in zip(Self.weight.elements, numbers.elements).enumerated() {
      let grid = quantized.grid
      let index = place / Self.columns * grid.groupCount + place % Self.columns / grid.groupSize
      #expect(abs(weight - number) <= grid.scales[index] / 2 * slack)
    }
  }

  @Test(arguments: Scheme.all) func zeroIsAlwaysANumberOfTheGrid(scheme: Scheme) {
    for storage in Self.storages {
      let quantized = RoundToNearest.quantize(
        Self.weight,
        as: GridRequest(arguments: scheme.arguments, storage: storage),
        arithmetic: .float32,
        on: Processor(threadCount: 2)
      )
      var numbers = Self.weight
      quantized.dequantize(into: &numbers, on: Processor(threadCount: 2))
      #expect(zip(Self.weight.elements, numbers.elements).allSatisfy { $0 != 0 || $1 == 0 })
    }
  }
}
