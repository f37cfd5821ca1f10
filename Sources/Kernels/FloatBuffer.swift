/// Floats that several threads fill at once, each its own part; the memory lives as long as the buffer.
///
/// Unchecked because the compiler cannot see who writes where: the buffer never moves or shrinks, and each caller hands
/// disjoint ranges to its threads and joins them before anyone reads.
package final class FloatBuffer: @unchecked Sendable {
  /// The number of floats.
  package let count: Int
  /// The first float.
  package let start: UnsafeMutablePointer<Float>
  /// Who has the memory; nil where it is the buffer's own.
  private let owner: (any AnyObject & Sendable)?

  /// Makes a buffer whose floats are to be written before they are read.
  package init(count: Int) {
    self.count = count
    start = UnsafeMutablePointer<Float>.allocate(capacity: max(count, 1))
    owner = nil
  }

  /// Makes a buffer in memory that lives as long as its owner.
  ///
  /// - Parameters:
  ///   - start: The first of `count` floats.
  ///   - count: Floats.
  ///   - owner: Kept as long as the buffer.
  package init(_ start: UnsafeMutablePointer<Float>, count: Int, ownedBy owner: any AnyObject & Sendable) {
    self.count = count
    self.start = start
    self.owner = owner
  }

  /// Makes a buffer of zeros.
  package convenience init(zeros count: Int) {
    self.init(count: count)
    start.initialize(repeating: 0, count: count)
  }

  deinit {
    if owner == nil { start.deallocate() }
  }

  /// The floats of a range, for reading.
  package subscript(range: Range<Int>) -> UnsafeBufferPointer<Float> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "the range lies outside the buffer")
    return UnsafeBufferPointer(start: start + range.lowerBound, count: range.count)
  }
}
