internal import Diagnostics
internal import Vocabulary

/// Edits of a recipe's text around targets.
struct RecipeText {
  let file: SourceFile

  /// The replacement of a target, in the quotes that it has; nil where its text stands elsewhere.
  func replacement(of target: Spanned<Target>, with text: String) -> TextEdit? {
    guard let quote = quote(at: target.span) else { return nil }
    return TextEdit(target.span, Self.quoted(text, like: quote))
  }

  /// Entries added to a list behind its last one; nil where that cannot be told from the text.
  func addition(of texts: [String], behind last: SourceSpan) -> TextEdit? {
    guard let quote = quote(at: last) else { return nil }
    let added = texts.map { Self.quoted($0, like: quote) }
    let line = file.lines.start(ofLine: file.lines.line(at: last.start))
    let lead = file[SourceSpan(start: line, end: last.start)]
    let isItem = lead.last == " " && lead.filter { $0 != " " } == "-"
    let text = isItem ? added.map { "\n\(lead)\($0)" }.joined() : added.map { ", \($0)" }.joined()
    return TextEdit(SourceSpan(start: last.end, end: last.end), text)
  }

  /// The place of a text inside an entry, when the entry is written as it reads.
  func place(of part: Range<Int>, in target: Spanned<Target>) -> SourceSpan? {
    guard let quote = quote(at: target.span) else { return nil }
    let start = target.span.start + quote.utf8.count
    let text = target.value.description
    guard file[SourceSpan(start: start, end: start + text.utf8.count)] == text else { return nil }
    return SourceSpan(start: start + part.lowerBound, end: start + part.upperBound)
  }

  /// The quotation mark of a scalar, empty for a plain one; nil for an alias, a tag or text of several lines.
  func quote(at span: SourceSpan) -> String? {
    guard span.end <= file.bytes.count, let first = file[span].first else { return nil }
    switch first {
    case "\"", "'": return String(first)
    case "*", "&", "!", "|", ">", "[", "{": return nil
    default: return ""
    }
  }

  static func quoted(_ text: String, like quote: String) -> String {
    let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
    if quote.isEmpty, isPlain { return text }
    let mark = quote.isEmpty || text.contains("\\") ? "'" : quote
    return "\(mark)\(text)\(mark)"
  }
}

/// Where a modifier's `ignore` list stands.
struct IgnoreList {
  private let text: RecipeText
  private let modifier: SourceSpan
  private let last: SourceSpan?
  /// The key, when there is a list.
  let key: SourceSpan?

  init(_ entries: [Spanned<Target>], modifier: SourceSpan, file: SourceFile) {
    text = RecipeText(file: file)
    self.modifier = modifier
    let inside = entries.filter { $0.span.start >= modifier.end && $0.span.end <= file.bytes.count }
    last = inside.last?.span
    key = inside.first.flatMap { first in
      Self.lastPlace(of: Self.name, in: SourceSpan(start: modifier.end, end: first.span.start), of: file)
    }
  }

  /// The edit that adds entries, as a new list where there is none.
  func adding(_ entries: [String]) -> TextEdit? {
    if let last { return text.addition(of: entries, behind: last) }
    let lines = text.file.lines
    guard modifier.end < text.file.bytes.count else { return nil }
    let line = lines.line(at: modifier.start)
    let rest = text.file[SourceSpan(start: modifier.end, end: lines.range(ofLine: line).upperBound)]
    guard rest.allSatisfy({ $0 == ":" || $0.isWhitespace }), line < lines.count else { return nil }
    let next = lines.range(ofLine: line + 1)
    let indentation = text.file[SourceSpan(start: next.lowerBound, end: next.upperBound)].prefix { $0 == " " }
    guard !indentation.isEmpty else { return nil }
    let list = entries.map { RecipeText.quoted($0, like: "\"") }.joined(separator: ", ")
    return TextEdit(
      SourceSpan(start: next.lowerBound, end: next.lowerBound),
      "\(indentation)\(Self.name): [\(list)]\n"
    )
  }

  private static let name = "ignore"

  private static func lastPlace(of word: String, in span: SourceSpan, of file: SourceFile) -> SourceSpan? {
    let word = Array(word.utf8)
    var start = span.end - word.count
    while start >= span.start {
      if file.bytes[start..<start + word.count].elementsEqual(word) {
        return SourceSpan(start: start, end: start + word.count)
      }
      start -= 1
    }
    return nil
  }
}
