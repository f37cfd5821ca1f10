/// The merges that are possible in a word: lowest rank first, then leftmost.
struct MergeQueue: Sendable {
  /// `rank << 32 | position`, a binary heap.
  private var heap: [UInt64] = []

  /// Whether no merge is waiting.
  var isEmpty: Bool { heap.isEmpty }

  /// Adds the merge of the pair that starts at a position.
  mutating func push(rank: UInt32, position: Int) {
    let entry = UInt64(rank) << 32 | UInt64(truncatingIfNeeded: position)
    heap.append(entry)
    heap.withUnsafeMutableBufferPointer { heap in
      var child = heap.count - 1
      while child > 0 {
        let parent = (child - 1) / 2
        if heap[parent] <= entry { break }
        heap[child] = heap[parent]
        child = parent
      }
      heap[child] = entry
    }
  }

  /// Takes the first merge out.
  ///
  /// - Precondition: There is one.
  mutating func pop() -> (rank: UInt32, position: Int) {
    let first = heap[0]
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap.withUnsafeMutableBufferPointer { heap in
        var parent = 0
        while true {
          var child = 2 * parent + 1
          guard child < heap.count else { break }
          if child + 1 < heap.count && heap[child + 1] < heap[child] { child += 1 }
          if last <= heap[child] { break }
          heap[parent] = heap[child]
          parent = child
        }
        heap[parent] = last
      }
    }
    return (UInt32(truncatingIfNeeded: first >> 32), Int(first & 0xFFFF_FFFF))
  }
}
