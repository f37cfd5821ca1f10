extension Character {
  /// Terminal cells that the character takes: none for lone combining marks, two for wide characters and emoji.
  var cellCount: Int {
    let scalars = unicodeScalars
    guard scalars.count > 1, let first = scalars.first else { return scalars.reduce(0) { $0 + $1.cellCount } }
    let isEmojiSequence =
      first.properties.isEmojiPresentation
      || (first.properties.isEmoji && scalars.contains { $0 == emojiVariationSelector })
    return isEmojiSequence ? 2 : scalars.reduce(0) { $0 + $1.cellCount }
  }
}

/// U+FE0F, which asks for the coloured and wide form of the character before it.
private let emojiVariationSelector: Unicode.Scalar = "\u{FE0F}"

extension Unicode.Scalar {
  /// Terminal cells of the scalar when it stands alone.
  fileprivate var cellCount: Int {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if joiningRanges.contains(where: { $0.contains(value) }) { return 0 }
    return properties.isEmojiPresentation || wideRanges.contains { $0.contains(value) } ? 2 : 1
  }
}

/// Vowels and final consonants of Hangul, which are drawn into the syllable that they follow.
private let joiningRanges: [ClosedRange<UInt32>] = [0x1160...0x11FF, 0xD7B0...0xD7FF]

/// Blocks of width W or F in Unicode Standard Annex 11, to the precision that alignment needs; emoji are known otherwise.
private let wideRanges: [ClosedRange<UInt32>] = [
  0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
  0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60,
  0xFFE0...0xFFE6, 0x17000...0x18CFF, 0x1B000...0x1B2FF, 0x1F200...0x1F265, 0x20000...0x3FFFD,
]
