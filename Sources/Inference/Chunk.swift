/// Consecutive whole sequences that are computed together.
package struct Chunk: Hashable, Sendable {
  /// The place of the first token among all.
  package let first: Int
  /// The length of each sequence.
  package let sequences: [Int]
  /// Tokens of all the sequences.
  package var tokens: Int { sequences.reduce(0, +) }

  /// Cuts sequences into chunks of at least `tokens` tokens, the last excepted.
  package static func chunks(of sequences: [Int], tokens: Int) -> [Chunk] {
    var chunks: [Chunk] = []
    var first = 0
    var open: [Int] = []
    for length in sequences {
      open.append(length)
      let count = open.reduce(0, +)
      guard count >= tokens else { continue }
      chunks.append(Chunk(first: first, sequences: open))
      first += count
      open = []
    }
    if !open.isEmpty { chunks.append(Chunk(first: first, sequences: open)) }
    return chunks
  }
}
