/// An order, in rows, of which Pare constructs a Hadamard matrix: `core ⊗ Sylvester`.
///
/// A Hadamard matrix `H` of order `n` has entries ±1 and `H·Hᵀ = n·I`. Its order is 1, 2 or a multiple of 4. Sylvester's are
/// those of the powers of two (1867); Paley's follow from the squares of a finite field of `q` elements (1933): order
/// `q + 1` where `q` leaves 3 modulo 4, order `2(q + 1)` where it leaves 1. The Kronecker product of two is a third.
///
/// Of the multiples of 4 up to 256, only 92, 116, 156, 172, 184, 188, 232 and 236 are none of these. Sizes of models in
/// use, such as 11008 = 344 · 32, are.
package struct HadamardOrder: Hashable, Sendable {
  /// Rows of the whole matrix.
  package let rowCount: Int
  /// How the left factor is made.
  package let core: Core
  /// Rows of the left factor.
  package let coreOrder: Int
  /// Rows of the right factor, a power of two.
  package var sylvesterOrder: Int { rowCount / coreOrder }

  /// The factor that Sylvester's construction does not give.
  package enum Core: Hashable, Sendable {
    /// The matrix of a single one.
    case trivial
    /// Paley's first construction, of a field of `q` elements: order `q + 1`.
    case paleyFirst(FieldOrder)
    /// Paley's second construction, of a field of `q` elements: order `2(q + 1)`.
    case paleySecond(FieldOrder)
  }

  /// Finds the smallest core by which an order can be made; nil for an order of which Pare has no matrix.
  package init?(_ order: Int) {
    guard order > 0 else { return nil }
    let powerOfTwo = order & -order
    rowCount = order
    if powerOfTwo == order {
      (core, coreOrder) = (.trivial, 1)
      return
    }
    guard powerOfTwo >= Self.divisor else { return nil }
    var candidate = order / powerOfTwo * Self.divisor
    while candidate <= min(order, Self.largestCore) {
      if let core = Self.core(of: candidate) {
        (self.core, coreOrder) = (core, candidate)
        return
      }
      candidate *= 2
    }
    return nil
  }

  private static func core(of order: Int) -> Core? {
    if let field = FieldOrder(order - 1), field.elementCount % divisor == divisor - 1 { return .paleyFirst(field) }
    if let field = FieldOrder(order / 2 - 1), field.elementCount % divisor == 1 { return .paleySecond(field) }
    return nil
  }

  /// What divides every order beyond 2.
  private static let divisor = 4
  /// Rows of the largest core that is looked for; it is held as `rows²` bytes.
  private static let largestCore = 1 << 13
}

/// The number of elements of a finite field that Pare computes in: an odd prime, its square or its cube.
package struct FieldOrder: Hashable, Sendable {
  /// The field's characteristic, an odd prime.
  package let prime: Int
  /// Coordinates of an element: 1, 2 or 3.
  package let degree: Int
  /// `prime^degree`.
  package let elementCount: Int

  /// The field of so many elements; nil when there is none of that form.
  package init?(_ elementCount: Int) {
    guard elementCount > 2, elementCount % 2 == 1 else { return nil }
    var prime = elementCount
    var divisor = 3
    while divisor * divisor <= elementCount {
      if elementCount % divisor == 0 {
        prime = divisor
        break
      }
      divisor += 2
    }
    var (power, degree) = (prime, 1)
    while power < elementCount {
      power *= prime
      degree += 1
    }
    guard power == elementCount, degree <= Self.largestDegree else { return nil }
    self.prime = prime
    self.degree = degree
    self.elementCount = elementCount
  }

  /// Up to this degree a polynomial without roots is irreducible.
  private static let largestDegree = 3
}
