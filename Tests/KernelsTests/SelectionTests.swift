import Kernels
import TestSupport
import Testing

struct SelectionTests {
  private static func smallest(_ count: Int, of values: [Float]) -> [Bool] {
    let buffer = FloatBuffer(zeros: values.count)
    for (place, value) in values.enumerated() { buffer.start[place] = value }
    let chosen = Processor(threadCount: 1).smallest(count, of: buffer)
    #expect(Array(buffer[0..<values.count]) == values, "the elements stay where they are")
    return chosen
  }

  /// What a stable sort puts first.
  private static func expected(_ count: Int, of values: [Float]) -> [Bool] {
    let first = Set(values.indices.sorted { (values[$0], $0) < (values[$1], $1) }.prefix(count))
    return values.indices.map { first.contains($0) }
  }

  /// Random numbers, few different ones, sorted ones either way, and all the same.
  private static func arrays(_ count: Int) -> [[Float]] {
    var generator = SeededGenerator(seed: UInt64(count))
    let random = generator.floats(count)
    return [
      random, random.map { ($0 * 2).rounded() }, random.sorted(), random.sorted(by: >), random.map { _ in 1 },
      random.enumerated().map { $0.offset % 2 == 0 ? -1 : $0.element },
    ]
  }

  @Test(arguments: Trial.lengths) func theSmallestAreThoseThatASortPutsFirst(length: Int) {
    for values in Self.arrays(length) {
      for count in Set([0, 1, 2, length / 3, length / 2, length - 1, length]).filter({ 0...length ~= $0 }) {
        let chosen = Self.smallest(count, of: values)
        #expect(chosen == Self.expected(count, of: values))
        #expect(chosen.count { $0 } == count)
      }
    }
  }

  @Test func ofEqualElementsTheFirstAreChosen() {
    #expect(Self.smallest(3, of: [2, 1, 2, 1, 2, 2]) == [true, true, false, true, false, false])
    #expect(Self.smallest(2, of: [0, -0.0, 0, 5]) == [true, true, false, false])
  }
}
