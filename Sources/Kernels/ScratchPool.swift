internal import Synchronization

/// Memory that threads borrow for the time of a task, so that no page is cleared twice.
final class ScratchPool: Sendable {
  /// Room that serves most tasks, whatever they ask for.
  private static let leastFloats = 1 << 17

  private let free = Mutex<[FloatBuffer]>([])

  /// Calls `body` with room for so many floats, or as many words of 32 bits, that nobody else has meanwhile.
  func withFloats<Value>(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Value) -> Value {
    let known = free.withLock { free in
      free.lastIndex { $0.count >= count }.map { free.remove(at: $0) }
    }
    let buffer = known ?? FloatBuffer(count: max(count, Self.leastFloats))
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
