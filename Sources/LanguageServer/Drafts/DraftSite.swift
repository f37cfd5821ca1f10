internal import Diagnostics

/// The place in a draft where someone is writing.
struct DraftSite {
  /// What may be written there.
  enum Role: Hashable {
    /// A key of what the entry holds, or of the document.
    case key(in: Int?)
    /// The value of the entry.
    case value(of: Int)
    /// An item of what the entry holds.
    case item(of: Int?)
  }

  let role: Role
  /// What stands there so far, quotes included; what is offered takes its place.
  let word: SourceSpan
  /// The word as far as the place, without a quote before it.
  let typed: String
  /// Whether the word stands in quotes.
  let isQuoted: Bool
  /// Whether brackets are around it.
  let isInBrackets: Bool
  /// Whether a colon follows the word.
  let hasColon: Bool
  /// The entry that the word is of, if it is one already.
  let entry: Int?
}

extension Draft {
  /// What may be written at a place, or nil where the language has nothing to say.
  func site(at offset: Int) -> DraftSite? {
    guard !silences.contains(where: { $0.touches(offset) }) else { return nil }
    let line = file.contents(ofLine: file.lines.line(at: offset))
    if let slot = slots.last(where: { $0.span.touches(offset) }), !isOutside(slot, at: offset, line: line) {
      return site(at: offset, in: slot)
    }
    guard let entry = entries.lastIndex(where: { line.contains($0.span.start) && $0.span.start < offset }) else {
      return siteOfKey(at: offset, line: line)
    }
    let written = entries[entry]
    if written.key == nil {
      guard offset > written.span.end else { return nil }
      return site(.value(of: entry), at: offset, value: written.value, entry: entry)
    }
    if written.span.touches(offset) {
      return site(.key(in: written.parent), at: offset, word: written.span, isInBrackets: false, entry: entry)
    }
    let colon = file.bytes[written.span.end..<line.upperBound].firstIndex(of: UInt8(ascii: ":")) ?? line.upperBound
    guard offset > colon else { return nil }
    return site(.value(of: entry), at: offset, value: written.value, entry: entry)
  }

  /// Whether a line begins here that is no further in than the brackets' owner: their end was forgotten.
  private func isOutside(_ slot: Slot, at offset: Int, line: Range<Int>) -> Bool {
    guard slot.span.start < line.lowerBound, let owner = slot.owner else { return false }
    let word = word(around: offset, within: SourceSpan(start: line.lowerBound, end: line.upperBound))
    return word.start - line.lowerBound <= entries[owner].indent
  }

  private func site(at offset: Int, in slot: Slot) -> DraftSite? {
    if let entry = slot.entry, entries[entry].key != nil {
      if entries[entry].span.touches(offset) {
        return site(.key(in: slot.owner), at: offset, word: entries[entry].span, isInBrackets: true, entry: entry)
      }
      guard let start = slot.valueStart, offset >= start else { return nil }
      let word = entries[entry].value?.span
      guard word?.touches(offset) ?? !entries[entry].isComplete else { return nil }
      return site(.value(of: entry), at: offset, word: word, isInBrackets: true, entry: entry)
    }
    let role: DraftSite.Role = slot.isMapping ? .key(in: slot.owner) : .item(of: slot.owner)
    if let entry = slot.entry {
      guard let word = entries[entry].value?.span, word.touches(offset) else { return nil }
      return site(role, at: offset, word: word, isInBrackets: true, entry: entry)
    }
    return site(role, at: offset, word: word(around: offset, within: slot.span), isInBrackets: true, entry: nil)
  }

  /// What follows a colon or a dash: the scalar when the place touches it, and otherwise nothing yet.
  private func site(
    _ role: DraftSite.Role,
    at offset: Int,
    value: Value?,
    entry: Int
  ) -> DraftSite? {
    guard let value else {
      return entries[entry].holdsBrackets ? nil : site(role, at: offset, word: nil, isInBrackets: false, entry: entry)
    }
    guard value.span.touches(offset) else { return nil }
    return site(role, at: offset, word: value.span, isInBrackets: false, entry: entry)
  }

  /// A line that has no key yet: its column says what it belongs to.
  private func siteOfKey(at offset: Int, line: Range<Int>) -> DraftSite? {
    let word = word(around: offset, within: SourceSpan(start: line.lowerBound, end: line.upperBound))
    let before = file.bytes[line.lowerBound..<word.start]
    guard before.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) else { return nil }
    let entry = entries.firstIndex { line.contains($0.span.start) }
    let holder = holder(ofKeyAt: word.start, column: word.start - line.lowerBound)
    return site(.key(in: holder), at: offset, word: word, isInBrackets: false, entry: entry)
  }

  /// The entry that a key in a column would stand in.
  private func holder(ofKeyAt offset: Int, column: Int) -> Int? {
    var limit = Int.max
    for index in entries.indices.reversed() where entries[index].span.start < offset {
      let entry = entries[index]
      guard !entry.isInBrackets, entry.indent < limit else { continue }
      // Whatever stands at the edge of this entry or further out is what later lines can belong to.
      limit = entry.indent
      if entry.indent < column, !entry.isComplete { return index }
    }
    return nil
  }

  private func site(
    _ role: DraftSite.Role,
    at offset: Int,
    word: SourceSpan?,
    isInBrackets: Bool,
    entry: Int?
  ) -> DraftSite {
    let word = word ?? SourceSpan(start: offset, end: offset)
    let typed = file[SourceSpan(start: word.start, end: min(max(offset, word.start), word.end))]
    let isQuoted = typed.hasPrefix("\"") || typed.hasPrefix("'")
    let following = file.bytes[word.end...].first { $0 != UInt8(ascii: " ") }
    return DraftSite(
      role: role,
      word: word,
      typed: isQuoted ? String(typed.dropFirst()) : typed,
      isQuoted: isQuoted,
      isInBrackets: isInBrackets,
      hasColon: following == UInt8(ascii: ":"),
      entry: entry
    )
  }

  /// The letters around a place up to blanks and signs of structure.
  private func word(around offset: Int, within span: SourceSpan) -> SourceSpan {
    func isInside(_ index: Int) -> Bool {
      switch UnicodeScalar(file.bytes[index]) {
      case " ", "\t", "\n", "\r", ",", "{", "}", "[", "]", "#": false
      default: true
      }
    }
    var (start, end) = (offset, offset)
    while start > span.start, isInside(start - 1) { start -= 1 }
    while end < span.end, isInside(end) { end += 1 }
    return SourceSpan(start: start, end: end)
  }
}
