package import Tensors

/// A square matrix `T`, `[size, size]`, that multiplies each run of `size` channels of a row: `x ← x·T`.
///
/// On a width of several runs it stands for the block-diagonal matrix `I ⊗ T`.
package struct BlockTransform: Hashable, Sendable {
  /// Rows and columns of `T`: channels of a run.
  package let size: Int
  let form: Form
  /// Whether `T` is the transpose of what `form` holds.
  let isTransposed: Bool

  enum Form: Hashable, Sendable {
    case hadamard(SignedHadamard)
    case matrix(Matrix)
  }

  /// A transform by any square matrix.
  ///
  /// - Precondition: `matrix` is square.
  package init(_ matrix: Matrix) {
    precondition(matrix.rowCount == matrix.columnCount && matrix.rowCount > 0, "a transform's matrix is square")
    self.init(size: matrix.rowCount, form: .matrix(matrix), isTransposed: false)
  }

  /// A transform by `hadamard / √size`, which is orthogonal and takes `O(log size)` additions a channel.
  package init(_ hadamard: SignedHadamard) {
    self.init(size: hadamard.order, form: .hadamard(hadamard), isTransposed: false)
  }

  private init(size: Int, form: Form, isTransposed: Bool) {
    self.size = size
    self.form = form
    self.isTransposed = isTransposed
  }

  /// The transform by `Tᵀ`, which undoes this one where `T` is orthogonal.
  package var transposed: BlockTransform {
    BlockTransform(size: size, form: form, isTransposed: !isTransposed)
  }

  /// `T`, spelled out.
  package var matrix: Matrix {
    switch form {
    case .matrix(let matrix): isTransposed ? Self.transpose(matrix, scale: 1) : matrix
    case .hadamard(let hadamard):
      isTransposed
        ? Self.transpose(hadamard.matrix, scale: hadamard.scale) : Self.scaled(hadamard.matrix, by: hadamard.scale)
    }
  }

  private static func transpose(_ matrix: Matrix, scale: Double) -> Matrix {
    var transposed = Matrix(rowCount: matrix.columnCount, columnCount: matrix.rowCount)
    for row in 0..<matrix.rowCount {
      for column in 0..<matrix.columnCount {
        transposed[column, row] = Float(Double(matrix[row, column]) * scale)
      }
    }
    return transposed
  }

  private static func scaled(_ matrix: Matrix, by scale: Double) -> Matrix {
    Matrix(
      rowCount: matrix.rowCount,
      columnCount: matrix.columnCount,
      elements: matrix.elements.map { Float(Double($0) * scale) }
    )
  }
}

/// A Hadamard matrix whose rows have signs: `D·(C ⊗ S)`, entries ±1, `[order, order]`.
///
/// `S` is Sylvester's matrix, `S[i][j] = (-1)^(bits that i and j share)`, and channel `i · sylvesterOrder + j` belongs to row
/// `i` of `C` and row `j` of `S`.
package struct SignedHadamard: Hashable, Sendable {
  /// Rows of `C`.
  package let coreOrder: Int
  /// `C`, entries ±1, `[coreOrder, coreOrder]`, row-major.
  package let core: [Int8]
  /// Rows of `S`, a power of two.
  package let sylvesterOrder: Int
  /// The diagonal of `D`, entries ±1, `[order]`; nil where all are 1.
  package let signs: [Int8]?

  /// Makes a matrix of its factors.
  ///
  /// - Precondition: `core` is a Hadamard matrix, `sylvesterOrder` a power of two, and there is a sign for each row.
  package init(core: [Int8], coreOrder: Int, sylvesterOrder: Int, signs: [Int8]? = nil) {
    precondition(core.count == coreOrder * coreOrder && coreOrder > 0, "the core is square")
    precondition(
      sylvesterOrder > 0 && sylvesterOrder & (sylvesterOrder - 1) == 0,
      "Sylvester's orders are powers of two"
    )
    precondition(signs.map { $0.count == coreOrder * sylvesterOrder } ?? true, "each row has a sign")
    self.core = core
    self.coreOrder = coreOrder
    self.sylvesterOrder = sylvesterOrder
    self.signs = signs
  }

  /// Sylvester's matrix of an order, which is symmetric; nil for an order that is no power of two.
  package static func sylvester(_ order: Int) -> SignedHadamard? {
    guard order > 0, order & (order - 1) == 0 else { return nil }
    return SignedHadamard(core: [1], coreOrder: 1, sylvesterOrder: order)
  }

  /// Rows of the matrix.
  package var order: Int { coreOrder * sylvesterOrder }

  /// `1/√order`, by which the matrix becomes orthogonal.
  package var scale: Double { 1 / Double(order).squareRoot() }

  /// The entries, spelled out from the definition: ±1, `[order, order]`.
  package var matrix: Matrix {
    var matrix = Matrix(rowCount: order, columnCount: order)
    for row in 0..<order {
      let sign = Float(signs?[row] ?? 1)
      for column in 0..<order {
        let outer = core[row / sylvesterOrder * coreOrder + column / sylvesterOrder]
        let shared = (row % sylvesterOrder) & (column % sylvesterOrder)
        matrix[row, column] = sign * Float(outer) * (shared.nonzeroBitCount % 2 == 0 ? 1 : -1)
      }
    }
    return matrix
  }
}
