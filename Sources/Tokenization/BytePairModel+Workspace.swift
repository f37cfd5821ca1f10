extension BytePairModel {
  /// Memory that the words of one text share: what recent words became, and room to merge in.
  struct Workspace: Sendable {
    /// Words beyond this many bytes are rare enough not to be remembered.
    static let longestRememberedWord = 128
    /// Words remembered before all are forgotten.
    private static let rememberedWordLimit = 1 << 18

    var tokens: [Int32] = []
    var previous: [Int32] = []
    var next: [Int32] = []
    var queue = MergeQueue()
    private var words = ByteStringTable()
    /// Where the tokens of each word end; they start where those of the word before end.
    private var ends: [Int] = []
    private var remembered: [Int32] = []

    init() {}

    /// Appends the tokens of a word that has come before.
    mutating func recall(_ word: UnsafeBufferPointer<UInt8>, into output: inout [Int32]) -> Bool {
      guard let index = words.index(of: word) else { return false }
      let start = index == 0 ? 0 : ends[index - 1]
      for position in start..<ends[index] { output.append(remembered[position]) }
      return true
    }

    /// Keeps the tokens of a word that has not come before.
    mutating func remember(_ word: UnsafeBufferPointer<UInt8>, as tokens: ArraySlice<Int32>) {
      if words.count == Self.rememberedWordLimit {
        words.removeAll()
        ends.removeAll(keepingCapacity: true)
        remembered.removeAll(keepingCapacity: true)
      }
      _ = words.insert(word)
      remembered.append(contentsOf: tokens)
      ends.append(remembered.count)
    }

    /// Makes every symbol the neighbour of those beside it.
    mutating func linkNeighbours(count: Int) {
      previous.removeAll(keepingCapacity: true)
      next.removeAll(keepingCapacity: true)
      for position in 0..<Int32(truncatingIfNeeded: count) {
        previous.append(position - 1)
        next.append(position + 1)
      }
    }
  }
}
