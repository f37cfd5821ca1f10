import Kernels
import Vocabulary

/// What every loop is tried on.
enum Trial {
  /// Lengths around the widths of vectors and their multiples.
  static let lengths = [0, 1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 63, 67, 127, 129, 1023]
  /// Thread counts that must give one result.
  static let threadCounts = [1, 2, 3, 5]
  /// Half a unit in the last place of a float near one: the most by which one operation is off, relatively.
  static let roundoff = 0x1p-24

  static func processors(_ level: InstructionLevel, products: ProductType = .float32) -> [Processor] {
    threadCounts.map { Processor(threadCount: $0, level: level, products: products) }
  }

  /// The result of a computation, the same to the last bit at every thread count.
  ///
  /// - Returns: The result, or nil where two thread counts differ.
  static func result(
    _ level: InstructionLevel,
    products: ProductType = .float32,
    _ compute: (Processor) -> [Float]
  ) -> [Float]? {
    let results = processors(level, products: products).map(compute)
    let bits = results.map { $0.map(\.bitPattern) }
    return bits.allSatisfy { $0 == bits[0] } ? results[0] : nil
  }
}

extension Array where Element == Float {
  /// The floats that `fill` writes.
  static func written(_ count: Int, _ fill: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
    let buffer = FloatBuffer(zeros: count)
    fill(buffer.start)
    return Array(buffer[0..<count])
  }

  /// The floats after `change`.
  func changed(_ change: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
    .written(count) { start in
      for (index, value) in enumerated() { start[index] = value }
      change(start)
    }
  }
}

/// The farthest that results are from what they should be, each in units of what it may be off by; 1 is just allowed.
func excess(of results: [Float]?, over expected: [Double], allowing budget: (Int) -> Double) -> Double {
  guard let results, results.count == expected.count else { return .infinity }
  return results.indices.reduce(0) { worst, index in
    let distance = abs(Double(results[index]) - expected[index])
    return distance.isNaN ? .infinity : max(worst, distance == 0 ? 0 : distance / budget(index))
  }
}
