internal import Synchronization

/// Memory that threads borrow for the time of a task, so that no page is cleared twice.
final class ScratchPool: Sendable {
  private let free = Mutex<[FloatBuffer]>([])

  /// Calls `body` with room for so many floats, or as many words of 32 bits, that nobody else has meanwhile.
  func withFloats<Value>(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Value) -> Value {
    let known = free.withLock { free in
      free.lastIndex { $0.count >= count }.map { free.remove(at: $0) }
    }
    // Room for a power of two: what is asked for differs from task to task.
    let buffer = known ?? FloatBuffer(count: 1 << (Int.bitWidth - max(count - 1, 1).leadingZeroBitCount))
    defer { free.withLock { $0.append(buffer) } }
    return body(buffer.start)
  }

  /// Calls `body` with room for so many words of two bfloat16 numbers that nobody else has meanwhile.
  func withWords<Value>(_ count: Int, _ body: (UnsafeMutablePointer<UInt32>) -> Value) -> Value {
    withFloats(count) { floats in
      floats.withMemoryRebound(to: UInt32.self, capacity: count, body)
    }
  }
}
