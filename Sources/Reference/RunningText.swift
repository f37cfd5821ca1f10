/// Running text in its parts: plain words, code, bold words, and links, of which a terminal shows the words.
struct RunningText {
  /// A stretch in one style.
  private struct Run {
    var text: String
    var style: Style
  }

  private enum Style {
    case plain
    case code
    case bold
  }

  private var runs: [Run] = []

  /// Splits text at its signs; a sign without its partner is text.
  init(_ text: String) {
    var rest = Substring(text)
    while let first = rest.first {
      if first == "`", let inner = Self.inner(&rest, "`", "`") {
        append(inner, .code)
      } else if first == "*", let inner = Self.inner(&rest, "**", "**") {
        append(inner, .bold)
      } else if first == "[", let link = Self.link(&rest) {
        runs += RunningText(String(link)).runs
      } else {
        append(rest.prefix(1), .plain)
        rest.removeFirst()
      }
    }
  }

  private mutating func append(_ text: Substring, _ style: Style) {
    if style == .plain, let last = runs.indices.last, runs[last].style == .plain {
      runs[last].text += text
    } else {
      runs.append(Run(text: String(text), style: style))
    }
  }

  /// What stands between two signs at the start; the text moves on behind them.
  private static func inner(_ rest: inout Substring, _ opening: String, _ closing: String) -> Substring? {
    guard rest.hasPrefix(opening), let end = rest.dropFirst(opening.count).firstRange(of: closing) else { return nil }
    let inner = rest[rest.index(rest.startIndex, offsetBy: opening.count)..<end.lowerBound]
    guard !inner.isEmpty else { return nil }
    rest = rest[end.upperBound...]
    return inner
  }

  /// The words of a link at the start; the text moves on behind its address.
  private static func link(_ rest: inout Substring) -> Substring? {
    var ahead = rest
    guard let words = inner(&ahead, "[", "]"), inner(&ahead, "(", ")") != nil else { return nil }
    rest = ahead
    return words
  }

  /// The words without any signs.
  var plain: String { runs.map(\.text).joined() }

  /// Columns of the text on one line.
  func width(isStyled: Bool) -> Int { runs.map { Self.shown($0, isStyled).count }.reduce(0, +) }

  /// Columns of the longest word.
  func longestWord(isStyled: Bool) -> Int {
    runs.map { Self.shown($0, isStyled) }.joined().split(separator: " ").map(\.count).max() ?? 0
  }

  /// What a terminal shows of a run: code keeps its signs where nothing else can tell it apart.
  private static func shown(_ run: Run, _ isStyled: Bool) -> String {
    run.style == .code && !isStyled ? "`\(run.text)`" : run.text
  }

  /// The text in lines of at most so many columns, words that are longer aside.
  func wrapped(width: Int, isStyled: Bool) -> [StyledLine] {
    var lines: [StyledLine] = []
    var line = StyledLine()
    // A word is what stands between two spaces, though its style may change within.
    var word = StyledLine()
    func endWord() {
      guard word.width > 0 else { return }
      if line.width > 0, line.width + 1 + word.width > width {
        lines.append(line)
        line = StyledLine()
      }
      if line.width > 0 { line.append(" ", isBold: false) }
      line.append(word)
      word = StyledLine()
    }
    for run in runs {
      let parts = Self.shown(run, isStyled).split(separator: " ", omittingEmptySubsequences: false)
      for (index, part) in parts.enumerated() {
        if index > 0 { endWord() }
        word.append(String(part), isBold: isStyled && run.style != .plain)
      }
    }
    endWord()
    if line.width > 0 { lines.append(line) }
    return lines
  }
}

/// A line with the signs that make a terminal show parts of it bold, and the columns that it takes.
struct StyledLine {
  private(set) var text = ""
  private(set) var width = 0

  mutating func append(_ part: String, isBold: Bool) {
    guard !part.isEmpty else { return }
    text += isBold ? "\u{1B}[1m\(part)\u{1B}[0m" : part
    width += part.count
  }

  mutating func append(_ line: StyledLine) {
    text += line.text
    width += line.width
  }
}
