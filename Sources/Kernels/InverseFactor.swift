/// The upper Cholesky factor `U` of an inverse Hessian, `H⁻¹ = Uᵀ·U`, by which GPTQ and SparseGPT move errors on.
package struct InverseFactor: Sendable {
  /// The side of `U`.
  package let width: Int
  /// `U`, shape `[width, width]`, row-major; below the diagonal are zeros.
  package let elements: FloatBuffer
  /// The column of the layer that each row and column of `U` stands for, `[width]`.
  package let order: [Int]
  /// Fraction of the mean diagonal that was added to the diagonal in the end; more than asked where that was too little.
  package let dampeningFraction: Double
  /// Whether each column of the layer, as columns stand in the layer, never had an input.
  package let isSilent: [Bool]

  /// Attempts at a factorization, each with ten times the dampening of the one before.
  package static let attempts = 5

  /// Factors the inverse of dampened second moments.
  ///
  /// With `J` reversing the order of rows and columns, the Cholesky factor `J·H·J = L·Lᵀ` gives `U = J·L⁻¹·J`: one
  /// factorization and one triangular inverse, in place, without forming `H⁻¹`. Channels that never held a value get the
  /// mean diagonal of the others: they stand apart from all, and their weights are rounded and keep their place.
  ///
  /// - Parameters:
  ///   - moments: `S`, positive semidefinite.
  ///   - order: The order in which columns will be visited.
  ///   - dampeningFraction: Fraction of `mean(diag S)` added to the diagonal; dimensionless, positive.
  ///   - processor: Where to run; tiles in parallel.
  /// - Throws: `FactorizationError` when no dampening makes the matrix positive definite or it holds no finite numbers.
  /// - Complexity: `⅔ · width³` multiply-adds.
  /// - SeeAlso: Frantar et al., "GPTQ", arXiv:2210.17323, step 3 (Cholesky reformulation).
  package init(
    of moments: SecondMoments,
    order: ColumnOrder,
    dampeningFraction: Double,
    on processor: Processor
  ) throws(FactorizationError) {
    let width = moments.width
    var diagonal = moments.diagonal
    guard diagonal.allSatisfy(\.isFinite) else { throw .notFinite }
    guard diagonal.contains(where: { $0 > 0 }) else { throw .noInput }
    let mean = diagonal.reduce(0.0) { $0 + Double($1) } / Double(diagonal.count { $0 > 0 })
    for channel in 0..<width where diagonal[channel] == 0 { diagonal[channel] = Float(mean) }
    let visited = order.columns(byEnergy: moments.diagonal)

    let elements = FloatBuffer(count: width * width)
    var fraction = dampeningFraction
    for _ in 0..<Self.attempts {
      Self.gather(
        moments,
        diagonal: diagonal,
        order: visited,
        dampening: Float(fraction * mean),
        reversedInto: elements.start,
        on: processor
      )
      let matrix = LowerTriangle(elements.start, width: width, processor: processor)
      if matrix.factor() {
        matrix.invert()
        Self.reverse(elements.start, width: width, on: processor)
        self.width = width
        self.elements = elements
        self.order = visited
        self.dampeningFraction = fraction
        isSilent = moments.diagonal.map { $0 == 0 }
        return
      }
      fraction *= 10
    }
    throw .notPositiveDefinite(dampeningFraction: fraction / 10)
  }

  /// Rows that one thread gathers at a time.
  private static let gatheredRows = 32

  /// Writes the lower triangle of the dampened matrix, permuted and then reversed in both directions, and zeros above.
  private static func gather(
    _ moments: SecondMoments,
    diagonal: [Float],
    order: [Int],
    dampening: Float,
    reversedInto out: UnsafeMutablePointer<Float>,
    on processor: Processor
  ) {
    let width = moments.width
    let sums = moments.sums.start
    let reversed = Array(order.reversed())
    reversed.withUnsafeBufferPointer { order in
      processor.forEachRange(of: width, length: gatheredRows) { rows in
        for row in rows {
          let line = out + row * width
          let source = order[row]
          for column in 0..<row {
            let other = order[column]
            line[column] = sums[min(source, other) * width + max(source, other)]
          }
          line[row] = diagonal[source] + dampening
          (line + row + 1).update(repeating: 0, count: width - row - 1)
        }
      }
    }
  }

  /// Reverses rows and columns.
  private static func reverse(_ elements: UnsafeMutablePointer<Float>, width: Int, on processor: Processor) {
    processor.forEachRange(of: (width + 1) / 2, length: gatheredRows) { rows in
      for row in rows {
        let (top, bottom) = (elements + row * width, elements + (width - 1 - row) * width)
        // The middle row is reversed in itself.
        let count = top == bottom ? width / 2 : width
        for column in 0..<count { swap(&top[column], &bottom[width - 1 - column]) }
      }
    }
  }
}

extension InverseFactor {
  /// Moves the errors of a block of columns into all columns behind it, by one product.
  ///
  /// - Parameters:
  ///   - errors: Each error over its column's diagonal, `[rows, block.count]`.
  ///   - block: The columns, in visiting order.
  ///   - rows: Rows of `errors` and `weight`.
  ///   - weight: `[rows, width]`, in visiting order.
  func move(
    _ errors: UnsafePointer<Float>,
    of block: Range<Int>,
    rows: Int,
    into weight: UnsafeMutablePointer<Float>
  ) {
    guard block.upperBound < width else { return }
    Tile.multiply(
      Tile.Factor(errors, stride: block.count),
      Tile.Factor(elements.start + block.lowerBound * width + block.upperBound, stride: width),
      rows: rows,
      columns: width - block.upperBound,
      depth: block.count,
      scale: -1,
      addingTo: 1,
      into: weight + block.upperBound,
      stride: width
    )
  }
}

/// The order in which columns are visited.
package enum ColumnOrder: Hashable, Sendable {
  /// As they stand.
  case natural
  /// Those with the largest inputs first; equal ones as they stand.
  case descendingEnergy
  /// Runs of so many neighbours stay together, those with the largest inputs first: the order in which an n:m mask can
  /// be chosen.
  case descendingEnergyOfRuns(Int)

  func columns(byEnergy energy: [Float]) -> [Int] {
    let natural = Array(energy.indices)
    switch self {
    case .natural: return natural
    case .descendingEnergy: return natural.sorted { (energy[$0], $1) > (energy[$1], $0) }
    case .descendingEnergyOfRuns(let size):
      let starts = Array(stride(from: 0, to: energy.count, by: size))
      let sums = starts.map { energy[$0..<min($0 + size, energy.count)].reduce(0, +) }
      return starts.indices.sorted { (sums[$0], $1) > (sums[$1], $0) }
        .flatMap { starts[$0]..<min(starts[$0] + size, energy.count) }
    }
  }
}

/// Why second moments have no usable factor.
package enum FactorizationError: Error, Hashable, Sendable {
  /// No calibration token reached the layer with a value other than zero.
  case noInput
  /// The moments hold NaN or infinity.
  case notFinite
  /// Not even this fraction of the mean diagonal made the matrix positive definite.
  case notPositiveDefinite(dampeningFraction: Double)
}
