import Kernels
import Synchronization
import Testing

struct ProcessorTests {
  @Test func theBestLevelIsAmongTheSupportedOnes() {
    #expect(InstructionLevel.supported.contains(.reference))
    #expect(InstructionLevel.supported.last == .best)
  }

  @Test(arguments: Trial.threadCounts, Trial.lengths)
  func everyIndexIsVisitedOnce(threadCount: Int, count: Int) {
    let visits = Mutex([Int](repeating: 0, count: count))
    Processor(threadCount: threadCount).forEach(count) { index in visits.withLock { $0[index] += 1 } }
    #expect(visits.withLock { $0 } == [Int](repeating: 1, count: count))
  }

  @Test(arguments: Trial.threadCounts, [1, 3, 64])
  func rangesCoverTheWholeWithoutOverlap(threadCount: Int, length: Int) {
    for count in Trial.lengths {
      let ranges = Mutex([Range<Int>]())
      Processor(threadCount: threadCount).forEachRange(of: count, length: length) { range in
        ranges.withLock { $0.append(range) }
      }
      let sorted = ranges.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
      #expect(sorted.flatMap(Array.init) == Array(0..<count))
      #expect(sorted.dropLast().allSatisfy { $0.count == length })
    }
  }
}
