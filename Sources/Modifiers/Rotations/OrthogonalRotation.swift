package import Kernels
package import Tensors
package import Vocabulary

/// A rotation of a space of channels: an orthogonal matrix `R` that multiplies each run of `size` channels, `x ← x·R`.
///
/// Activations are rows. Where a space is rotated, who writes it and who reads it follow so that the model computes the same:
///
/// | | stored weight | product | rotated |
/// |---|---|---|---|
/// | reader | `W`, `[out, in]` | `y = x·Wᵀ` | `W·R`, since `(x·R)·(W·R)ᵀ = x·Wᵀ` |
/// | writer | `W`, `[out, in]`, `b`, `[out]` | `y = x·Wᵀ + b` | `Rᵀ·W`, `b·R`, since `x·(Rᵀ·W)ᵀ + b·R = y·R` |
/// | table | `E`, `[tokens, channels]` | `y = E[token]` | `E·R` |
///
/// A width of several runs is rotated by the block-diagonal matrix `I ⊗ R`. That is also the rotation by head: values of
/// `keyHeads · d` channels and an output projection that reads `queryHeads · d` take the same `R` of size `d`, however many
/// query heads share a value head, since attention mixes tokens and never channels.
///
/// - SeeAlso: Ashkboos et al., "SliceGPT", arXiv:2401.15024, section 3 (invariance); Liu et al., "SpinQuant",
///   arXiv:2405.16406, figure 1; Tseng et al., "QuIP#", arXiv:2402.04396, section 3.
package struct OrthogonalRotation: Hashable, Sendable {
  /// The rotation as the loops apply it: `x ← x·R`.
  package let transform: BlockTransform
  /// What a checkpoint stores where the rotation is applied at run time, `[size, size]`: of a Hadamard matrix the entries
  /// ±1, which readers divide by `√size`; of another matrix `R` itself.
  package var stored: Matrix { hadamard?.matrix ?? transform.matrix }

  private let hadamard: SignedHadamard?

  /// Channels that are rotated together.
  package var size: Int { transform.size }
  /// `x ← x·Rᵀ`, which undoes the rotation.
  package var inverse: BlockTransform { transform.transposed }

  private init(_ hadamard: SignedHadamard) {
    self.hadamard = hadamard
    transform = BlockTransform(hadamard)
  }

  private init(_ matrix: Matrix) {
    hadamard = nil
    transform = BlockTransform(matrix)
  }

  /// Draws the rotation that a recipe asks for.
  ///
  /// - Parameters:
  ///   - matrix: The kind: Sylvester's matrix, a Hadamard matrix with random signs, or a random orthogonal matrix.
  ///   - size: Channels that are rotated together.
  ///   - seed: What random ones are drawn from.
  ///   - processor: Where to run.
  /// - Returns: The rotation; nil where there is no Hadamard matrix of the size.
  package static func drawn(
    _ matrix: RotationMatrix,
    size: Int,
    seed: RotationSeed,
    on processor: Processor
  ) -> OrthogonalRotation? {
    switch matrix {
    case .hadamard: SignedHadamard.sylvester(size).map(OrthogonalRotation.init)
    case .randomHadamard: HadamardOrder(size).map { randomHadamard($0, seed: seed) }
    case .randomMatrix: random(size: size, seed: seed, on: processor)
    }
  }

  /// `D·H/√n` with random signs `D`: `x·R` flips channels, then mixes them (arXiv:2402.04396, section 3).
  package static func randomHadamard(_ order: HadamardOrder, seed: RotationSeed) -> OrthogonalRotation {
    var numbers = seed.numbers
    return OrthogonalRotation(
      SignedHadamard(
        core: HadamardCore.entries(of: order),
        coreOrder: order.coreOrder,
        sylvesterOrder: order.sylvesterOrder,
        signs: numbers.signs(order.rowCount)
      )
    )
  }

  /// An orthogonal matrix drawn evenly from all: the `Q` of a matrix of normally distributed numbers whose `R` has a positive
  /// diagonal (Mezzadri, "How to generate random matrices from the classical compact groups", arXiv:math-ph/0609050).
  ///
  /// llm-compressor's `random-matrix` takes a matrix of numbers evenly from `0..<1` and its inverse. Such a pair is far from
  /// orthogonal: it stretches some directions by thousands and loses as many digits. An orthogonal matrix keeps lengths, so
  /// that errors of rounding are not magnified, and its inverse is exact.
  ///
  /// - Parameters:
  ///   - size: Rows and columns.
  ///   - seed: What it is drawn from.
  ///   - processor: Where to run.
  /// - Returns: The rotation, its entries rounded to float32.
  /// - Complexity: `O(size³)` multiply-adds in float64, by modified Gram–Schmidt.
  package static func random(size: Int, seed: RotationSeed, on processor: Processor) -> OrthogonalRotation {
    precondition(size > 0, "a rotation turns channels")
    var numbers = seed.numbers
    var rows = numbers.normals(size * size)
    rows.withUnsafeMutableBufferPointer { rows in
      guard let start = rows.baseAddress else { return }
      for pivot in 0..<size {
        let unit = start + pivot * size
        let length = dot(unit, unit, size).squareRoot()
        for column in 0..<size { unit[column] /= length }
        processor.forEachRange(of: size - pivot - 1, length: rowsOfOneThread) { range in
          for row in range {
            let other = start + (pivot + 1 + row) * size
            let part = dot(unit, other, size)
            for column in 0..<size { other[column] -= part * unit[column] }
          }
        }
      }
    }
    return OrthogonalRotation(Matrix(rowCount: size, columnCount: size, elements: rows.map(Float.init)))
  }

  private static let rowsOfOneThread = 32

  private static func dot(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ count: Int) -> Double {
    var sum = SIMD8<Double>.zero
    let whole = count - count % SIMD8<Double>.scalarCount
    for first in stride(from: 0, to: whole, by: SIMD8<Double>.scalarCount) {
      let left = UnsafeRawPointer(x + first).loadUnaligned(as: SIMD8<Double>.self)
      sum += left * UnsafeRawPointer(y + first).loadUnaligned(as: SIMD8<Double>.self)
    }
    return (whole..<count).reduce(sum.sum()) { $0 + x[$1] * y[$1] }
  }
}
