internal import Diagnostics
internal import Syntax

/// Brackets that are open.
private struct Frame {
  let owner: Int?
  let isMapping: Bool
  /// What stands since the last comma.
  let slot: Int
}

extension DraftReader {
  /// Reads brackets to their end, or to a line that can only stand outside of them because the end was forgotten.
  mutating func readBrackets(of owner: Int?, indent: Int) {
    var frames: [Frame] = []
    while let byte = peek() {
      switch UnicodeScalar(byte) {
      case "{", "[":
        guard frames.count < SyntaxTree.nestingLimit else { return endSlots(of: frames, at: end) }
        let owner = frames.isEmpty ? owner : holder(frames, indent: indent)
        next += 1
        frames.append(frame(of: owner, isMapping: byte == UInt8(ascii: "{")))
      case "}", "]":
        endSlots(of: frames.suffix(1), at: next)
        next += 1
        frames.removeLast()
        if frames.isEmpty { return }
      case ",":
        endSlots(of: frames.suffix(1), at: next)
        next += 1
        guard let last = frames.popLast() else { return }
        frames.append(frame(of: last.owner, isMapping: last.isMapping))
      case "\n", "\r":
        next += 1
        if isOutside(indent: indent) {
          endSlots(of: frames, at: next)
          next -= 1
          return
        }
      case " ", "\t": next += 1
      default:
        if !skipComment() { readWord(frames, indent: indent) }
      }
    }
    endSlots(of: frames, at: end)
  }

  private mutating func frame(of owner: Int?, isMapping: Bool) -> Frame {
    draft.slots.append(Draft.Slot(owner: owner, isMapping: isMapping, span: SourceSpan(start: next, end: end)))
    return Frame(owner: owner, isMapping: isMapping, slot: draft.slots.count - 1)
  }

  private mutating func endSlots(of frames: some Sequence<Frame>, at end: Int) {
    for frame in frames {
      draft.slots[frame.slot].span = SourceSpan(start: draft.slots[frame.slot].span.start, end: end)
    }
  }

  /// The entry that brackets inside of others belong to: the key before them, or an item.
  private mutating func holder(_ frames: [Frame], indent: Int) -> Int? {
    let frame = frames[frames.count - 1]
    if let entry = draft.slots[frame.slot].entry {
      draft.entries[entry].holdsBrackets = true
      return entry
    }
    let span = SourceSpan(start: next, end: next)
    let entry = add(key: nil, span: span, parent: frame.owner, indent: indent, isInBrackets: true)
    draft.entries[entry].holdsBrackets = true
    draft.slots[frame.slot].entry = entry
    return entry
  }

  private mutating func readWord(_ frames: [Frame], indent: Int) {
    let frame = frames[frames.count - 1]
    let known = draft.slots[frame.slot].entry
    if frame.isMapping, known == nil, let key = key(isInBrackets: true) {
      let entry = add(key: key.text, span: key.span, parent: frame.owner, indent: indent, isInBrackets: true)
      draft.slots[frame.slot].entry = entry
      draft.slots[frame.slot].valueStart = next
      return
    }
    let start = next
    let value = scalar(isInBrackets: true)
    if next == start { next += 1 }
    if let known {
      if !draft.entries[known].isComplete { draft.entries[known].value = value }
    } else if !frame.isMapping, let value {
      let entry = add(key: nil, span: value.span, parent: frame.owner, indent: indent, isInBrackets: true)
      draft.entries[entry].value = value
      draft.slots[frame.slot].entry = entry
    }
  }

  /// Whether the line that begins here is no further in than the brackets' owner and has a key or a dash.
  private mutating func isOutside(indent: Int) -> Bool {
    let start = next
    defer { next = start }
    skipBlanks()
    guard next - start <= indent else { return false }
    if peek() == UInt8(ascii: "-"), isSpaceOrEnd(at: next + 1) { return true }
    return key(isInBrackets: false) != nil
  }
}
