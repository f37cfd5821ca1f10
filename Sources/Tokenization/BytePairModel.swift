/// A byte-pair encoding model: the vocabulary, and the merges that turn a word into its tokens.
///
/// - SeeAlso: Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units", arXiv:1508.07909.
struct BytePairModel: Sendable {
  /// What a model is given: the words of the pre-tokenizer as text, or as bytes that ``ByteAlphabet`` would spell out.
  enum Input: Sendable {
    case text
    case bytes
  }

  /// What one unit of the input, a scalar or a byte, becomes before any merge.
  private enum Symbol {
    case token(Int32)
    /// The tokens `<0xHH>` of its bytes.
    case fallback([Int32])
    case unknown
  }

  let vocabulary: Vocabulary
  private let merges: MergeTable
  /// The token that each merge makes, by rank.
  private let products: [Int32]
  private let input: Input
  /// What each byte becomes; for text, only those of ASCII are used.
  private let symbols: [Symbol]
  /// The tokens `<0xHH>`, 256 of them, when the model falls back to bytes.
  private let byteTokens: [Int32?]
  private let unknownToken: Int32?
  private let fusesUnknown: Bool
  /// Whole words that are tokens whatever the merges say.
  private let wholeWords: Vocabulary?
  /// Whether no merge can reach over the start of a run of ``SpaceMark``, so that long texts may be cut there.
  private let cutsAtSpaceMarks: Bool

  /// Takes what was read from a file.
  ///
  /// - Throws: When the unknown token is needed but not in the vocabulary.
  init(
    vocabulary: Vocabulary,
    merges: MergeTable,
    products: [Int32],
    input: Input,
    options: Options
  ) throws(TokenizerError) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.products = products
    self.input = input
    fusesUnknown = options.fusesUnknown
    let byteTokens: [Int32?] =
      options.fallsBackToBytes
      ? (0..<256).map { vocabulary.id(of: "<0x" + ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) + ">") }
      : Array(repeating: nil, count: 256)
    self.byteTokens = byteTokens
    symbols = (0..<256).map { byte in
      let scalar = input == .bytes ? ByteAlphabet.scalars[byte] : Unicode.Scalar(UInt8(byte))
      return Self.symbol(of: Array(scalar.utf8), vocabulary: vocabulary, byteTokens: byteTokens)
    }
    unknownToken = options.unknownToken.flatMap { vocabulary.id(of: $0) }
    if let name = options.unknownToken, unknownToken == nil {
      let isComplete = input == .bytes && symbols.allSatisfy { if case .unknown = $0 { false } else { true } }
      guard isComplete else { throw .unknownTokenMissing(name) }
    }
    switch (options.ignoresMerges, input) {
    case (false, _): wholeWords = nil
    case (true, .text): wholeWords = vocabulary
    case (true, .bytes): wholeWords = vocabulary.decodedFromByteAlphabet()
    }
    cutsAtSpaceMarks =
      input == .text && wholeWords == nil && !options.mergesAcrossSpaceMarks
      && vocabulary.id(of: String(decoding: SpaceMark.bytes, as: UTF8.self)) != nil
  }

  private static func symbol(of unit: [UInt8], vocabulary: Vocabulary, byteTokens: [Int32?]) -> Symbol {
    unit.withUnsafeBufferPointer { bytes in
      if let id = vocabulary.id(of: bytes) { return .token(id) }
      let fallback = unit.compactMap { byteTokens[Int($0)] }
      return fallback.count == unit.count ? .fallback(fallback) : .unknown
    }
  }

  /// Appends the tokens of a word.
  ///
  /// - Parameters:
  ///   - word: One piece of the pre-tokenizer, valid UTF-8.
  ///   - workspace: Memory that successive words share; must have been used with this model only.
  ///   - output: Receives the tokens.
  /// - Complexity: `O(n log n)` in the bytes of the word, `O(n)` when the word has come before.
  func encode(_ word: UnsafeBufferPointer<UInt8>, workspace: inout Workspace, into output: inout [Int32]) {
    if word.isEmpty { return }
    if let id = wholeWords?.id(of: word) {
      output.append(id)
      return
    }
    guard cutsAtSpaceMarks else { return encodeWhole(word, workspace: &workspace, into: &output) }
    var start = 0
    while start < word.count {
      let end = SpaceMark.cut(in: word, after: start)
      encodeWhole(UnsafeBufferPointer(rebasing: word[start..<end]), workspace: &workspace, into: &output)
      start = end
    }
  }

  private func encodeWhole(
    _ word: UnsafeBufferPointer<UInt8>,
    workspace: inout Workspace,
    into output: inout [Int32]
  ) {
    guard word.count <= Workspace.longestRememberedWord else {
      return merge(word, workspace: &workspace, into: &output)
    }
    if workspace.recall(word, into: &output) { return }
    let start = output.count
    merge(word, workspace: &workspace, into: &output)
    workspace.remember(word, as: output[start...])
  }

  private func merge(_ word: UnsafeBufferPointer<UInt8>, workspace: inout Workspace, into output: inout [Int32]) {
    workspace.tokens.removeAll(keepingCapacity: true)
    collectSymbols(of: word, into: &workspace.tokens)
    let count = workspace.tokens.count
    precondition(count < Int32.max, "a word of \(count) symbols")
    if count > 1 { mergeSymbols(count: count, workspace: &workspace) }
    for token in workspace.tokens where token >= 0 { output.append(token) }
  }

  private func collectSymbols(of word: UnsafeBufferPointer<UInt8>, into tokens: inout [Int32]) {
    var pendingUnknown = false
    var index = 0
    while index < word.count {
      let start = index
      index += 1
      var symbol = symbols[Int(word[start])]
      if input == .text && word[start] >= 0x80 {
        while index < word.count && UTF8.isContinuation(word[index]) { index += 1 }
        let unit = UnsafeBufferPointer(rebasing: word[start..<index])
        if let id = vocabulary.id(of: unit) {
          symbol = .token(id)
        } else {
          symbol = Self.symbol(of: Array(unit), vocabulary: vocabulary, byteTokens: byteTokens)
        }
      }
      switch symbol {
      case .token(let id):
        if pendingUnknown, let unknownToken { tokens.append(unknownToken) }
        pendingUnknown = false
        tokens.append(id)
      case .fallback(let ids):
        // An unknown before these is written after them: so does the implementation that files are made for.
        tokens.append(contentsOf: ids)
      case .unknown:
        if pendingUnknown && !fusesUnknown, let unknownToken { tokens.append(unknownToken) }
        pendingUnknown = true
      }
    }
    if pendingUnknown, let unknownToken { tokens.append(unknownToken) }
  }

  /// Merges until nothing merges; a token that went into its left neighbour becomes -1.
  private func mergeSymbols(count: Int, workspace: inout Workspace) {
    workspace.linkNeighbours(count: count)
    workspace.tokens.withUnsafeMutableBufferPointer { tokens in
      workspace.previous.withUnsafeMutableBufferPointer { previous in
        workspace.next.withUnsafeMutableBufferPointer { next in
          for position in 0..<(count - 1) {
            if let merge = merges.merge(tokens[position], tokens[position + 1]) {
              workspace.queue.push(rank: merge.rank, position: position)
            }
          }
          while !workspace.queue.isEmpty {
            let (rank, position) = workspace.queue.pop()
            let right = Int(next[position])
            // What stood here when the merge was found may have been merged otherwise since.
            guard tokens[position] >= 0, right < count,
              let merge = merges.merge(tokens[position], tokens[right]), merge.token == products[Int(rank)]
            else { continue }
            tokens[position] = merge.token
            tokens[right] = -1
            let after = Int(next[right])
            next[position] = Int32(truncatingIfNeeded: after)
            if after < count {
              previous[after] = Int32(truncatingIfNeeded: position)
              if let merge = merges.merge(tokens[position], tokens[after]) {
                workspace.queue.push(rank: merge.rank, position: position)
              }
            }
            let before = Int(previous[position])
            if before >= 0, let merge = merges.merge(tokens[before], tokens[position]) {
              workspace.queue.push(rank: merge.rank, position: before)
            }
          }
        }
      }
    }
  }
}

extension BytePairModel {
  /// What a file says of its model besides vocabulary and merges.
  struct Options: Sendable {
    var unknownToken: String?
    var fusesUnknown = false
    var fallsBackToBytes = false
    var ignoresMerges = false
    /// Whether some merge makes a token with a space mark behind something else.
    var mergesAcrossSpaceMarks = false
  }
}
