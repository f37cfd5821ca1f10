package import Vocabulary

/// The entries of the factor of a Hadamard matrix that is not Sylvester's.
///
/// - SeeAlso: Paley, "On orthogonal matrices", Journal of Mathematics and Physics 12 (1933), lemmas 2 and 3.
package enum HadamardCore {
  /// The matrix `C` of an order's core.
  ///
  /// - Parameter order: The order of the whole matrix.
  /// - Returns: Entries ±1, `[coreOrder, coreOrder]`, row-major, with `C·Cᵀ = coreOrder · I`.
  package static func entries(of order: HadamardOrder) -> [Int8] {
    switch order.core {
    case .trivial: [1]
    case .paleyFirst(let field): first(field)
    case .paleySecond(let field): second(field)
    }
  }

  /// `I + S`, where `S` is the bordered matrix of the field's squares, skew because -1 is no square.
  private static func first(_ field: FieldOrder) -> [Int8] {
    var matrix = bordered(field, lowerBorder: -1)
    let order = field.elementCount + 1
    for place in 0..<order { matrix[place * order + place] = 1 }
    return matrix
  }

  /// `S ⊗ [1 1; 1 -1] + I ⊗ [1 -1; -1 -1]`, where `S` is symmetric because -1 is a square.
  private static func second(_ field: FieldOrder) -> [Int8] {
    let inner = bordered(field, lowerBorder: 1)
    let half = field.elementCount + 1
    let order = 2 * half
    var matrix = [Int8](repeating: 0, count: order * order)
    for row in 0..<half {
      for column in 0..<half {
        let isDiagonal = row == column
        let entry = isDiagonal ? 1 : inner[row * half + column]
        let corner = 2 * row * order + 2 * column
        matrix[corner] = entry
        matrix[corner + 1] = isDiagonal ? -entry : entry
        matrix[corner + order] = isDiagonal ? -entry : entry
        matrix[corner + order + 1] = -entry
      }
    }
    return matrix
  }

  /// Jacobsthal's matrix `Q[i][j] = χ(i - j)` with a border of ones above and of `lowerBorder` on the left, zero on the
  /// diagonal, `[q + 1, q + 1]`.
  private static func bordered(_ field: FieldOrder, lowerBorder: Int8) -> [Int8] {
    let count = field.elementCount
    let order = count + 1
    let arithmetic = FieldArithmetic(field)
    let character = arithmetic.quadraticCharacter
    var matrix = [Int8](repeating: 1, count: order * order)
    matrix[0] = 0
    for row in 0..<count {
      matrix[(row + 1) * order] = lowerBorder
      for column in 0..<count {
        matrix[(row + 1) * order + column + 1] = character[arithmetic.difference(row, column)]
      }
    }
    return matrix
  }
}

/// Differences and squares in a finite field, whose elements are numbered by their coordinates as digits to the base of
/// the characteristic.
private struct FieldArithmetic {
  private let order: FieldOrder
  /// `c` with `x^degree = Σ c[i]·x^i`, by which products are reduced.
  private let reduction: [Int]

  init(_ order: FieldOrder) {
    self.order = order
    reduction = Self.reduction(order)
  }

  /// For each element 0 if it is zero, 1 if it is a square of another, -1 if it is none.
  var quadraticCharacter: [Int8] {
    var character = [Int8](repeating: -1, count: order.elementCount)
    character[0] = 0
    for element in 1..<order.elementCount { character[square(element)] = 1 }
    return character
  }

  func difference(_ one: Int, _ other: Int) -> Int {
    var (left, right, weight, sum) = (one, other, 1, 0)
    for _ in 0..<order.degree {
      sum += (left % order.prime - right % order.prime + order.prime) % order.prime * weight
      weight *= order.prime
      left /= order.prime
      right /= order.prime
    }
    return sum
  }

  private func square(_ element: Int) -> Int {
    let factors = digits(element)
    var product = [Int](repeating: 0, count: 2 * order.degree - 1)
    for (one, left) in factors.enumerated() {
      for (other, right) in factors.enumerated() { product[one + other] += left * right }
    }
    for power in stride(from: product.count - 1, through: order.degree, by: -1) {
      let leading = product[power] % order.prime
      for (index, coefficient) in reduction.enumerated() {
        product[power - order.degree + index] += leading * coefficient
      }
    }
    return number(product.prefix(order.degree).map { $0 % order.prime })
  }

  private func digits(_ element: Int) -> [Int] {
    var rest = element
    return (0..<order.degree).map { _ in
      defer { rest /= order.prime }
      return rest % order.prime
    }
  }

  private func number(_ digits: [Int]) -> Int { digits.reversed().reduce(0) { $0 * order.prime + $1 } }

  /// The first polynomial `x^degree - Σ c[i]·x^i` without roots, which up to degree three means irreducible.
  private static func reduction(_ order: FieldOrder) -> [Int] {
    guard order.degree > 1 else { return [0] }
    for constant in 1..<order.prime {
      for linear in 0..<order.prime {
        let hasRoot = (0..<order.prime).contains { value in
          let power = (0..<order.degree).reduce(1) { product, _ in product * value % order.prime }
          return power == (constant + linear * value) % order.prime
        }
        if !hasRoot { return [constant, linear] + [Int](repeating: 0, count: order.degree - 2) }
      }
    }
    preconditionFailure("every finite field has irreducible polynomials of degree two and three of this form")
  }
}
