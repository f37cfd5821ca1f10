internal import Glibc
package import Kernels
package import Tensors
package import Vocabulary

/// How far one matrix is from another, as sums that can be added over matrices.
package struct WeightDifference: Hashable, Sendable {
  /// Elements of each.
  package private(set) var count = 0
  /// `‖A - B‖²`, the square of the Frobenius norm.
  package private(set) var errorEnergy = 0.0
  /// `‖A‖²`.
  package private(set) var referenceEnergy = 0.0
  /// The exact zeros of `A`.
  package private(set) var referenceZeros = ZeroCensus()
  /// The exact zeros of `B`.
  package private(set) var otherZeros = ZeroCensus()

  /// The difference of two empty matrices.
  package init() {}

  /// Compares a matrix with another of the same shape, summing in float64.
  ///
  /// Rows are cut into tiles whose sums are added in order, so the result does not depend on the number of threads.
  ///
  /// - Parameters:
  ///   - reference: `A`, `[rows, columns]`.
  ///   - other: `B`, `[rows, columns]`.
  ///   - processor: Where to run.
  package init(from reference: Matrix, to other: Matrix, on processor: Processor) {
    precondition(
      reference.rowCount == other.rowCount && reference.columnCount == other.columnCount,
      "the shapes are equal"
    )
    let columns = reference.columnCount
    let tileRows = max(Self.tileElements / max(columns, 1), 1)
    let tileCount = (reference.rowCount + tileRows - 1) / tileRows
    var tiles = [WeightDifference](repeating: WeightDifference(), count: tileCount)
    reference.withElements { reference in
      other.withElements { other in
        tiles.withUnsafeMutableBufferPointer { tiles in
          processor.forEachRange(of: columns > 0 ? reference.count / columns : 0, length: tileRows) { rows in
            let elements = rows.lowerBound * columns..<rows.upperBound * columns
            tiles[rows.lowerBound / tileRows] = WeightDifference(
              UnsafeBufferPointer(rebasing: reference[elements]),
              UnsafeBufferPointer(rebasing: other[elements]),
              columns: columns
            )
          }
        }
      }
    }
    for tile in tiles { add(tile) }
  }

  /// Elements that one thread takes at a time, about: enough to be worth a hand-over, few enough to share out evenly.
  private static let tileElements = 65536

  private init(_ reference: UnsafeBufferPointer<Float>, _ other: UnsafeBufferPointer<Float>, columns: Int) {
    count = reference.count
    // Four sums side by side do not wait for one another; their order is fixed.
    var (errors, energies) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    for first in stride(from: 0, to: count, by: SIMD4<Double>.scalarCount) {
      let values = Self.four(reference, from: first)
      let differences = values - Self.four(other, from: first)
      errors += differences * differences
      energies += values * values
    }
    errorEnergy = errors.sum()
    referenceEnergy = energies.sum()
    referenceZeros = ZeroCensus(reference, columns: columns)
    otherZeros = ZeroCensus(other, columns: columns)
  }

  /// Four elements as float64, zeros behind the last.
  private static func four(_ elements: UnsafeBufferPointer<Float>, from first: Int) -> SIMD4<Double> {
    guard first + SIMD4<Double>.scalarCount <= elements.count else {
      var last = SIMD4<Double>.zero
      for index in first..<elements.count { last[index - first] = Double(elements[index]) }
      return last
    }
    return SIMD4(
      Double(elements[first]),
      Double(elements[first + 1]),
      Double(elements[first + 2]),
      Double(elements[first + 3])
    )
  }

  /// Adds the sums of other matrices; patterns of zeros stay where all have them.
  package mutating func add(_ other: WeightDifference) {
    referenceZeros.add(other.referenceZeros)
    otherZeros.add(other.otherZeros)
    count += other.count
    errorEnergy += other.errorEnergy
    referenceEnergy += other.referenceEnergy
  }

  /// Whether every element is the same.
  package var isEqual: Bool { errorEnergy == 0 }

  /// `‖A - B‖ / ‖A‖`, Frobenius norms; zero for equal matrices, infinite where only `A` is zero.
  package var relativeError: Double {
    isEqual ? 0 : (errorEnergy / referenceEnergy).squareRoot()
  }

  /// `10 · log₁₀(‖A‖² / ‖A - B‖²)`, in dB; infinite for equal matrices, minus infinity where only `A` is zero.
  package var signalToNoise: Double {
    isEqual ? .infinity : Self.decibels * log10(referenceEnergy / errorEnergy)
  }

  /// Decibels in a factor of ten between powers.
  private static let decibels = 10.0
}

/// How many elements of a matrix are exactly zero, and how evenly they lie in its rows.
package struct ZeroCensus: Hashable, Sendable {
  /// Elements.
  package private(set) var count = 0
  /// Elements that are zero, of either sign.
  package private(set) var zeroCount = 0
  /// The fewest zeros in any group of four consecutive columns; nil where columns do not divide so.
  private var fewestOfFour: Int?
  /// The same for groups of eight.
  private var fewestOfEight: Int?

  /// The census of no elements.
  package init() {}

  /// Counts the zeros of whole rows, `[rows, columns]`.
  package init(_ elements: UnsafeBufferPointer<Float>, columns: Int) {
    count = elements.count
    guard columns > 0, columns.isMultiple(of: Self.four) else {
      for value in elements { zeroCount += value == 0 ? 1 : 0 }
      return
    }
    // Rows are whole numbers of groups, so groups can be counted without regard to rows.
    var fewest = (four: Self.four, eight: 2 * Self.four)
    var previous = 0
    for group in 0..<elements.count / Self.four {
      let first = group * Self.four
      var zeros = 0
      for index in first..<first + Self.four { zeros += elements[index] == 0 ? 1 : 0 }
      zeroCount += zeros
      fewest.four = min(fewest.four, zeros)
      if !group.isMultiple(of: 2) { fewest.eight = min(fewest.eight, previous + zeros) }
      previous = zeros
    }
    fewestOfFour = fewest.four
    if columns.isMultiple(of: 2 * Self.four) { fewestOfEight = fewest.eight }
  }

  /// Adds the census of further rows.
  package mutating func add(_ other: ZeroCensus) {
    guard other.count > 0 else { return }
    fewestOfFour = count == 0 ? other.fewestOfFour : Self.fewest(fewestOfFour, other.fewestOfFour)
    fewestOfEight = count == 0 ? other.fewestOfEight : Self.fewest(fewestOfEight, other.fewestOfEight)
    count += other.count
    zeroCount += other.zeroCount
  }

  /// The share of elements that are zero.
  package var fraction: Double { count == 0 ? 0 : Double(zeroCount) / Double(count) }

  /// The tightest of the usual patterns that every group of columns keeps; nil for none, and where all is zero.
  package var pattern: MaskStructure? {
    guard zeroCount < count else { return nil }
    return Self.usualPatterns.first { pattern in
      (pattern.of == Self.four ? fewestOfFour : fewestOfEight).map { $0 >= pattern.zeros } ?? false
    }.map { .nOfM(zeros: $0.zeros, of: $0.of) }
  }

  /// The columns of the smallest group.
  private static let four = 4
  /// Patterns that are looked for, the tightest first: more zeros, then narrower groups.
  private static let usualPatterns = [
    (zeros: 3, of: 4), (zeros: 6, of: 8), (zeros: 2, of: 4), (zeros: 4, of: 8), (zeros: 1, of: 4), (zeros: 2, of: 8),
  ]

  private static func fewest(_ one: Int?, _ other: Int?) -> Int? {
    guard let one, let other else { return nil }
    return min(one, other)
  }
}
