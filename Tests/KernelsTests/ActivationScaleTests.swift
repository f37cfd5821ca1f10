import Kernels
import Tensors
import TestSupport
import Testing
import Vocabulary

/// Rounding of activations under every kind of scale, bit for bit.
struct ActivationScaleTests {
  /// A kind of scale and a grid that servers combine.
  struct Combination: Sendable, CustomTestStringConvertible {
    let scale: ActivationScale
    let grid: Grid

    var testDescription: String { "\(scale) on \(grid.code) up to \(grid.maximum)" }
  }

  static let combinations: [Combination] = {
    let integers = [2, 4, 8].map { Grid.integers(bitWidth: $0) }
    let kinds: [ActivationScale] = [.symmetric, .asymmetric, .fixed(scale: 0.037, zeroPoint: 1)]
    return integers.flatMap { grid in kinds.map { Combination(scale: $0, grid: grid) } }
      + [.symmetric, .powerOfTwo, .fixed(scale: 0.01, zeroPoint: 0)].map { Combination(scale: $0, grid: .float8) }
      + [.symmetric, .powerOfTwo, .float8(global: 311), .fixed(scale: 0.8, zeroPoint: 0)]
      .map { Combination(scale: $0, grid: .float4) }
  }()

  @Test func everyKindOfScaleIsTried() { #expect(Self.combinations.count == 16) }

  /// The scale and zero point of a row as the definitions say.
  private static func point(_ row: [Float], _ kind: ActivationScale, _ grid: Grid) -> (scale: Float, zeroPoint: Float) {
    let (low, high) = (min(row.min() ?? 0, 0), max(row.max() ?? 0, 0))
    let top = max(-low, high)
    var scale: Float
    var zeroPoint: Float = 0
    switch kind {
    case .symmetric: scale = top / ((grid.maximum - grid.minimum) / 2)
    case .asymmetric:
      scale = (high - low) / (grid.maximum - grid.minimum)
      if scale == 0 { scale = .ulpOfOne }
      zeroPoint = min(max(grid.minimum - low / scale, grid.minimum), grid.maximum).rounded(.toNearestOrEven)
    case .powerOfTwo:
      let byte = PowerOfTwoScale.encode(
        groupMaximum: top,
        of: .float32,
        element: grid.code == .float4 ? .float4 : .float8
      )
      scale = PowerOfTwoScale.decode(byte)
    case .float8(let global):
      let local = Float8E4M3.decode(Float8E4M3.encode(min(global * (top / grid.halfRange), Float8E4M3.largest)))
      scale = (local == 0 ? 0.125 : local) / global
    case .fixed(let given, let point): (scale, zeroPoint) = (given, point)
    }
    return (scale == 0 ? .ulpOfOne : scale, zeroPoint)
  }

  private static func rounded(_ row: [Float], _ kind: ActivationScale, _ grid: Grid) -> [Float] {
    let point = point(row, kind, grid)
    return row.map { value in
      let clamped = min(max(value / point.scale + point.zeroPoint, grid.minimum), grid.maximum)
      return switch grid.code {
      case .integer: (clamped.rounded(.toNearestOrEven) - point.zeroPoint) * point.scale
      case .float8: Float8E4M3.decode(Float8E4M3.encode(clamped)) * point.scale
      case .float4: Float4E2M1.decode(Float4E2M1.encode(clamped)) * point.scale
      }
    }
  }

  /// Rows of both signs, of one, of zeros, and of numbers that any scale but a tiny one takes to zero.
  private static func rows(_ count: Int, _ columns: Int, seed: UInt64) -> [[Float]] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { row in
      let reach = Float.random(in: 0.01...20, using: &generator)
      let floats = generator.floats(columns, in: -reach...reach)
      return switch row % 7 {
      case 1: floats.map(\.magnitude)
      case 2: floats.map { -$0.magnitude }
      case 3: floats.map { _ in 0 }
      case 4: floats.map { $0 * 1e-6 }
      default: floats
      }
    }
  }

  @Test(arguments: InstructionLevel.supported, combinations)
  func rowsAreRoundedAsTheDefinitionSays(level: InstructionLevel, combination: Combination) {
    for columns in Trial.lengths {
      let rows = Self.rows(23, columns, seed: UInt64(columns))
      let expected = rows.flatMap { Self.rounded($0, combination.scale, combination.grid) }
      let found = Trial.result(level) { processor in
        rows.flatMap(\.self)
          .changed {
            processor.fakeQuantizeRows(
              $0,
              rows: rows.count,
              columns: columns,
              scale: combination.scale,
              grid: combination.grid
            )
          }
      }
      #expect(found == expected, "\(columns) columns")
    }
  }

  @Test func manyRowsAreTheSameOnAnyNumberOfThreads() throws {
    // More elements than one thread takes at a time.
    let (count, columns) = (700, 257)
    let rows = Self.rows(count, columns, seed: 5)
    for combination in Self.combinations {
      let found = Trial.result(.best) { processor in
        rows.flatMap(\.self)
          .changed {
            processor.fakeQuantizeRows(
              $0,
              rows: count,
              columns: columns,
              scale: combination.scale,
              grid: combination.grid
            )
          }
      }
      let last = try #require(found).suffix(columns)
      #expect(Array(last) == Self.rounded(rows[count - 1], combination.scale, combination.grid))
    }
  }

  @Test(arguments: InstructionLevel.supported)
  func aPowerOfTwoRoundsUpFromAMantissaOfOneAndThreeQuarters(level: InstructionLevel) {
    let processor = Processor(threadCount: 1, level: level)
    let tops: [Float] = [6, 6.99, 7, 8]
    for (top, scale) in zip(tops, [1, 1, 2, 2] as [Float]) {
      let rounded = [top, 0.5 * scale].changed {
        processor.fakeQuantizeRows($0, rows: 1, columns: 2, scale: .powerOfTwo, grid: .float4)
      }
      #expect(rounded[0] == Float4E2M1.decode(Float4E2M1.encode(top / scale)) * scale)
      #expect(rounded[1] == 0.5 * scale)
    }
  }
}
