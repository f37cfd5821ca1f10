internal import CKernels
internal import Dispatch
internal import Synchronization
package import Vocabulary

/// What the numeric loops run on: the instructions they may use and how many threads they may keep busy.
///
/// Work is cut into tiles whose shapes do not depend on the thread count, so results do not either.
package struct Processor: Sendable {
  /// The instructions that the loops use.
  package let level: InstructionLevel
  /// Threads that compute at once.
  package let threadCount: Int
  /// What products of activations are computed of.
  package let products: ProductType
  /// Memory that tasks borrow.
  let pool = ScratchPool()
  private let counter = Counter()

  private final class Counter: Sendable {
    let multiplyAdds = Atomic(0)
  }

  /// Multiply-adds of all products of activations and weights so far.
  package var multiplyAdds: Int { counter.multiplyAdds.load(ordering: .relaxed) }

  /// Counts a product.
  func count(tokens: Int, rows: Int, columns: Int) {
    counter.multiplyAdds.add(tokens * rows * columns, ordering: .relaxed)
  }

  /// Makes a processor.
  ///
  /// - Precondition: `threadCount` is positive and this machine has the level's instructions.
  package init(threadCount: Int, level: InstructionLevel = .best, products: ProductType = .float32) {
    precondition(threadCount > 0, "work needs a thread")
    precondition(level.rawValue <= InstructionLevel.best.rawValue, "this machine lacks the instructions")
    self.threadCount = threadCount
    self.level = level
    self.products = products
  }

  /// The same on one thread, for work that is part of a task.
  package var onOneThread: Processor { Processor(threadCount: 1, level: level, products: products) }

  /// Calls `body` once for each index below `count`, on as many threads as the budget allows, and waits for all.
  package func forEach(_ count: Int, _ body: (Int) -> Void) {
    let workers = min(threadCount, count)
    guard workers > 1 else {
      for index in 0..<count { body(index) }
      return
    }
    withoutActuallyEscaping(body) { body in
      // Safe although unchecked: every index runs once, and all have returned before this function does; that the
      // bodies of two indices touch different memory is their author's part.
      nonisolated(unsafe) let body = body
      let next = Atomic(0)
      DispatchQueue.concurrentPerform(iterations: workers) { _ in
        while true {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard index < count else { return }
          body(index)
        }
      }
    }
  }

  /// Calls `body` for consecutive ranges that cover `0..<count`, `length` long except the last, in parallel.
  package func forEachRange(of count: Int, length: Int, _ body: (Range<Int>) -> Void) {
    forEach((count + length - 1) / length) { index in
      body(index * length..<min(count, (index + 1) * length))
    }
  }
}

/// Instruction sets that the loops are compiled for, in ascending order.
package enum InstructionLevel: Int, CaseIterable, Sendable {
  /// What every processor of the architecture has.
  case reference = 0
  /// AVX2 and FMA.
  case avx2 = 1
  /// AVX-512 F, BW, DQ and VL.
  case avx512 = 2
  /// These and AVX-512 BF16.
  case avx512BFloat16 = 3

  /// The best level of the machine this runs on.
  package static var best: InstructionLevel {
    InstructionLevel(rawValue: Int(pare_best_level().rawValue)) ?? .reference
  }

  /// The levels that the machine this runs on has.
  package static var supported: [InstructionLevel] { allCases.filter { $0.rawValue <= best.rawValue } }

  var raw: pare_level { pare_level(UInt32(rawValue)) }
}
