internal import Patterns

/// A text and the pieces it has been cut into so far.
struct Pieces: Sendable {
  /// One piece: a range of the bytes, never empty.
  struct Piece: Sendable {
    var range: Range<Int>
    /// Whether the piece starts where the whole input starts.
    var startsInput: Bool
  }

  /// What becomes of the matches that a text is cut at.
  enum Behaviour: String, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
  }

  /// The text, valid UTF-8.
  private(set) var bytes: [UInt8]
  /// The pieces, from left to right.
  private(set) var pieces: [Piece]

  /// A text in one piece.
  init(_ bytes: [UInt8], startsInput: Bool) {
    self.bytes = bytes
    pieces = bytes.isEmpty ? [] : [Piece(range: bytes.indices, startsInput: startsInput)]
  }

  /// Cuts every piece at matches.
  ///
  /// - Parameters:
  ///   - behaviour: What becomes of the matches.
  ///   - inverts: Whether what lies between the matches is taken for the matches.
  ///   - matches: Calls its second argument with each match in its first, from left to right, without overlap.
  mutating func split(
    _ behaviour: Behaviour,
    inverts: Bool = false,
    at matches: (UnsafeBufferPointer<UInt8>, (Range<Int>) -> Void) -> Void
  ) {
    var result: [Piece] = []
    result.reserveCapacity(max(pieces.count, bytes.count / 4))
    bytes.withUnsafeBufferPointer { bytes in
      var splitter = Splitter(behaviour: behaviour)
      for piece in pieces {
        let text = UnsafeBufferPointer(rebasing: bytes[piece.range])
        splitter.begin(piece)
        var end = 0
        matches(text) { match in
          if end < match.lowerBound { splitter.add(end..<match.lowerBound, isMatch: inverts, to: &result) }
          splitter.add(match, isMatch: !inverts, to: &result)
          end = match.upperBound
        }
        if end < text.count { splitter.add(end..<text.count, isMatch: inverts, to: &result) }
        splitter.end(&result)
      }
    }
    pieces = result
  }

  /// Replaces the text of every piece.
  ///
  /// - Parameter rewrite: Appends the new text of a piece to the bytes, and is told whether it starts the input.
  mutating func rewrite(_ rewrite: (UnsafeBufferPointer<UInt8>, Bool, inout [UInt8]) -> Void) {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 4)
    bytes.withUnsafeBufferPointer { bytes in
      for index in pieces.indices {
        let start = result.count
        rewrite(UnsafeBufferPointer(rebasing: bytes[pieces[index].range]), pieces[index].startsInput, &result)
        pieces[index].range = start..<result.count
      }
    }
    bytes = result
    pieces.removeAll { $0.range.isEmpty }
  }

  /// Calls a closure with the text of every piece.
  func forEach(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    bytes.withUnsafeBufferPointer { bytes in
      for piece in pieces { body(UnsafeBufferPointer(rebasing: bytes[piece.range])) }
    }
  }
}

/// Cuts one piece after another, as the behaviour says.
private struct Splitter {
  private let behaviour: Pieces.Behaviour
  private var whole = Pieces.Piece(range: 0..<0, startsInput: false)
  /// The last part cut, which the next one may still be joined to.
  private var open: Range<Int>?
  private var previousIsMatch = false

  init(behaviour: Pieces.Behaviour) {
    self.behaviour = behaviour
  }

  mutating func begin(_ piece: Pieces.Piece) {
    whole = piece
    open = nil
    previousIsMatch = false
  }

  /// Takes the next part; the parts of a piece follow each other without a gap.
  mutating func add(_ part: Range<Int>, isMatch: Bool, to pieces: inout [Pieces.Piece]) {
    switch behaviour {
    case .isolated: return emit(part, to: &pieces)
    case .removed:
      if !isMatch { emit(part, to: &pieces) }
      return
    case .mergedWithPrevious: join(part, if: isMatch && !previousIsMatch, to: &pieces)
    case .mergedWithNext: join(part, if: previousIsMatch && !isMatch, to: &pieces)
    case .contiguous: join(part, if: isMatch == previousIsMatch, to: &pieces)
    }
    previousIsMatch = isMatch
  }

  mutating func end(_ pieces: inout [Pieces.Piece]) {
    if let open { emit(open, to: &pieces) }
  }

  private mutating func join(_ part: Range<Int>, if isJoined: Bool, to pieces: inout [Pieces.Piece]) {
    if let last = open {
      if isJoined {
        open = last.lowerBound..<part.upperBound
        return
      }
      emit(last, to: &pieces)
    }
    open = part
  }

  @inline(__always)
  private func emit(_ part: Range<Int>, to pieces: inout [Pieces.Piece]) {
    if part.isEmpty { return }
    let start = whole.range.lowerBound
    pieces.append(
      Pieces.Piece(
        range: (start + part.lowerBound)..<(start + part.upperBound),
        startsInput: whole.startsInput && part.lowerBound == 0
      )
    )
  }
}
