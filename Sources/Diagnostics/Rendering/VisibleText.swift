extension Unicode.Scalar {
  /// Whether the scalar would move, hide or reorder text on a terminal, or be invisible where it matters.
  var isTreacherous: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: isDirectionMark || isInvisible
    }
  }

  /// Marks that reorder the text around them, which would let a line lie about its content.
  private var isDirectionMark: Bool {
    (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
  }

  /// Characters of no width that join nothing: zero-width and hyphenation spaces, and a byte order mark inside a text.
  private var isInvisible: Bool { [0x00AD, 0x180E, 0x200B, 0x2060, 0xFEFF].contains(value) }

  /// What a source line shows instead of a treacherous scalar: its picture, or U+FFFD.
  var picture: Unicode.Scalar {
    let (pictures, deletePicture): (UInt32, Unicode.Scalar) = (0x2400, "\u{2421}")
    if self == "\u{7F}" { return deletePicture }
    return value < 0x20 ? Unicode.Scalar(pictures + value) ?? "\u{FFFD}" : "\u{FFFD}"
  }
}

extension String {
  /// Characters of one message that are shown at most; the rest is user text that went into it whole.
  private static let messageLimit = 1_000

  /// The text on one line and harmless to a terminal: control and invisible characters are written as escapes.
  package var visible: String {
    if utf8.count <= String.messageLimit, !unicodeScalars.contains(where: \.isTreacherous) { return self }
    var shown = ""
    for scalar in unicodeScalars.prefix(String.messageLimit) {
      switch scalar {
      case "\n": shown += "\\n"
      case "\r": shown += "\\r"
      case "\t": shown += "\\t"
      case _ where scalar.isTreacherous: shown += "\\u{\(String(scalar.value, radix: 16))}"
      default: shown.unicodeScalars.append(scalar)
      }
    }
    return unicodeScalars.count > String.messageLimit ? shown + "…" : shown
  }
}
