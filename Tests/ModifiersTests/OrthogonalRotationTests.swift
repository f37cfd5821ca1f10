import Kernels
import Modifiers
import Tensors
import TestSupport
import Testing
import Vocabulary

struct OrthogonalRotationTests {
  private static let processor = Processor(threadCount: 2)
  /// How far float32 may be from orthogonal, sizes of at most 96.
  private static let budget = 96 * 0x1p-24

  static let kinds: [(RotationMatrix, Int)] = [
    (.hadamard, 1), (.hadamard, 64), (.randomHadamard, 2), (.randomHadamard, 64), (.randomHadamard, 96),
    (.randomMatrix, 1), (.randomMatrix, 7), (.randomMatrix, 96),
  ]

  private static func drawn(
    _ kind: RotationMatrix,
    _ size: Int,
    seed: UInt64 = 1,
    name: String = "R1",
    threads: Int = 2
  ) throws -> OrthogonalRotation {
    try #require(
      OrthogonalRotation.drawn(
        kind,
        size: size,
        seed: RotationSeed(run: seed, name: name),
        on: Processor(threadCount: threads)
      )
    )
  }

  private static func matrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    return Matrix(rowCount: rows, columnCount: columns, elements: generator.floats(rows * columns))
  }

  /// `x · wᵀ + b`, summed in float64.
  private static func product(_ x: Matrix, _ w: Matrix, _ b: [Float]? = nil) -> [Double] {
    (0..<x.rowCount).flatMap { token in
      (0..<w.rowCount).map { row in
        (0..<x.columnCount).reduce(Double(b?[row] ?? 0)) { $0 + Double(x[token, $1]) * Double(w[row, $1]) }
      }
    }
  }

  private static func distance(_ one: [Double], _ other: [Double]) -> Double {
    let largest = other.map(\.magnitude).max() ?? 0
    return (zip(one, other).map { abs($0 - $1) }.max() ?? .infinity) / max(largest, 1e-30)
  }

  @Test(arguments: kinds) func rotationsAreOrthogonal(kind: RotationMatrix, size: Int) throws {
    let rotation = try Self.drawn(kind, size)
    let matrix = rotation.transform.matrix
    #expect(rotation.size == size && matrix.rowCount == size)
    for row in 0..<size {
      for other in 0..<size {
        let dot = (0..<size).reduce(0.0) { $0 + Double(matrix[row, $1]) * Double(matrix[other, $1]) }
        #expect(abs(dot - (row == other ? 1 : 0)) <= Self.budget)
      }
    }
  }

  @Test func thereIsNoHadamardMatrixOfEverySize() {
    let seed = RotationSeed(run: 0, name: "v")
    #expect(OrthogonalRotation.drawn(.hadamard, size: 12, seed: seed, on: Self.processor) == nil)
    #expect(OrthogonalRotation.drawn(.randomHadamard, size: 12, seed: seed, on: Self.processor) != nil)
    #expect(OrthogonalRotation.drawn(.randomHadamard, size: 14, seed: seed, on: Self.processor) == nil)
  }

  @Test func rotationsFollowFromSeedAndNameAlone() throws {
    for kind in [RotationMatrix.randomHadamard, .randomMatrix] {
      let rotation = try Self.drawn(kind, 48)
      #expect(try Self.drawn(kind, 48, threads: 5) == rotation)
      #expect(try Self.drawn(kind, 48, seed: 2) != rotation)
      #expect(try Self.drawn(kind, 48, name: "R2") != rotation)
    }
    #expect(try Self.drawn(.hadamard, 64, seed: 2, name: "R2") == Self.drawn(.hadamard, 64))
  }

  @Test func signsAreEvenAndNormalsAreNormal() throws {
    let signs = try Self.drawn(.randomHadamard, 4096).stored
    // The first column of a Hadamard matrix with a core of one row holds nothing but the signs.
    let positive = (0..<4096).count { signs[$0, 0] > 0 }
    #expect(abs(positive - 2048) < 4 * 32, "four standard deviations")
    // Entries of a matrix drawn evenly have mean square 1/n, and its diagonal no preferred sign.
    let matrix = try Self.drawn(.randomMatrix, 96).transform.matrix
    let diagonal = (0..<96).reduce(0.0) { $0 + Double(matrix[$1, $1]) }
    #expect(abs(diagonal) < 4, "a trace of variance one")
  }

  @Test(arguments: kinds) func storedMatricesBecomeTheRotation(kind: RotationMatrix, size: Int) throws {
    let rotation = try Self.drawn(kind, size)
    let (stored, matrix) = (rotation.stored, rotation.transform.matrix)
    let isHadamard = kind != .randomMatrix
    #expect(!isHadamard || stored.elements.allSatisfy { $0.magnitude == 1 })
    let scale = isHadamard ? 1 / Double(size).squareRoot() : 1
    #expect(matrix.elements == stored.elements.map { Float(Double($0) * scale) })
  }

  @Test(arguments: kinds) func aReaderOfARotatedSpaceComputesTheSame(kind: RotationMatrix, size: Int) throws {
    let rotation = try Self.drawn(kind, size)
    var (x, weight) = (Self.matrix(5, 3 * size, seed: 2), Self.matrix(11, 3 * size, seed: 3))
    let expected = Self.product(x, weight)
    rotation.rotateTable(&x, on: Self.processor)
    rotation.rotateInputs(of: &weight, on: Self.processor)
    #expect(Self.distance(Self.product(x, weight), expected) < 1e-6)
  }

  @Test(arguments: kinds) func aWriterOfARotatedSpaceWritesItRotated(kind: RotationMatrix, size: Int) throws {
    let rotation = try Self.drawn(kind, size)
    let x = Self.matrix(5, 13, seed: 2)
    var weight = Self.matrix(2 * size, 13, seed: 3)
    var bias: [Float]? = Self.matrix(1, 2 * size, seed: 4).elements
    let plain = Self.product(x, weight, bias)
    rotation.rotateOutputs(of: &weight, bias: &bias, on: Self.processor)
    var rotated = Matrix(rowCount: 5, columnCount: 2 * size, elements: Self.product(x, weight, bias).map(Float.init))
    #expect(Self.distance(rotated.elements.map(Double.init), plain) > 1e-3 || size == 1)
    rotated.transformRows(by: rotation.inverse, on: Self.processor)
    #expect(Self.distance(rotated.elements.map(Double.init), plain) < 1e-6)
    var none: [Float]?
    rotation.rotateOutputs(of: &weight, bias: &none, on: Self.processor)
    #expect(none == nil)
  }

  /// What rotations are for: the largest weight is not far above the others (arXiv:2402.04396, definition 2.1).
  @Test func outliersOfAChannelAreSpreadOverAll() throws {
    var weight = Self.matrix(40, 96, seed: 12)
    for row in 0..<40 { weight[row, 17] *= 50 }
    func incoherence(_ weight: Matrix) -> Double {
      let elements = weight.elements.map(Double.init)
      let mean = elements.reduce(0) { $0 + $1 * $1 } / Double(elements.count)
      return (elements.map(\.magnitude).max() ?? 0) / mean.squareRoot()
    }
    let before = incoherence(weight)
    for kind in [RotationMatrix.randomHadamard, .randomMatrix] {
      var rotated = weight
      try Self.drawn(kind, 96).rotateInputs(of: &rotated, on: Self.processor)
      #expect(incoherence(rotated) < before / 2)
    }
  }

  @Test func aFoldedNormIsReadWithoutItsFactors() {
    let (x, gain) = (Self.matrix(4, 9, seed: 6), Self.matrix(1, 9, seed: 7).elements)
    var weight = Self.matrix(200, 9, seed: 8)
    let scaled = Matrix(rowCount: 4, columnCount: 9, elements: x.elements.indices.map { x.elements[$0] * gain[$0 % 9] })
    let expected = Self.product(scaled, weight)
    NormFolding.fold(gain, into: &weight, on: Self.processor)
    #expect(Self.distance(Self.product(x, weight), expected) < 1e-6)
  }
}
