import Diagnostics
import Syntax

/// Takes an entry out of a mapping without touching what stands around it.
enum EntryRemoval {
  /// The edit, or nil where the entry shares its lines with others, is the only one, or names what others may use.
  static func edit(_ entry: MappingEntrySyntax, in mapping: MappingSyntax, _ file: SourceFile) -> TextEdit? {
    guard let edit = whole(entry, in: mapping, file), !file[edit.span].contains("&") else { return nil }
    return edit
  }

  private static func whole(_ entry: MappingEntrySyntax, in mapping: MappingSyntax, _ file: SourceFile) -> TextEdit? {
    // Entries of merge keys and aliases have their text elsewhere, so order and place must be the text's own.
    let own = mapping.entries.filter { mapping.span.start <= $0.key.span.start && $0.key.span.end <= mapping.span.end }
    guard own.count > 1, let index = own.firstIndex(where: { $0.key.span == entry.key.span }) else { return nil }
    let next = index + 1 < own.count ? own[index + 1].key.span.start : nil
    let isOwnValue = entry.value.span.start >= entry.key.span.end && entry.value.span.end <= next ?? mapping.span.end
    guard isOwnValue || entry.value.isNull else { return nil }
    let end = max(entry.key.span.end, isOwnValue ? entry.value.span.end : 0)
    if mapping.isFlow {
      if let next {
        let isPlain = file.bytes[end..<next].allSatisfy { [UInt8](", \n\r\t".utf8).contains($0) }
        return isPlain ? TextEdit(SourceSpan(start: entry.key.span.start, end: next), "") : nil
      }
      return TextEdit(SourceSpan(start: max(own[index - 1].key.span.end, own[index - 1].value.span.end), end: end), "")
    }
    return wholeLines(SourceSpan(start: entry.key.span.start, end: end), file)
  }

  /// The removal of the lines of a span, when nothing but space and a comment shares them.
  private static func wholeLines(_ span: SourceSpan, _ file: SourceFile) -> TextEdit? {
    let first = file.lines.range(ofLine: file.lines.line(at: span.start))
    let last = file.lines.range(ofLine: file.lines.line(at: max(span.start, span.end - 1)))
    let before = file.bytes[first.lowerBound..<span.start]
    guard before.allSatisfy({ $0 == UInt8(ascii: " ") }) else { return nil }
    return TextEdit(SourceSpan(start: first.lowerBound, end: max(last.upperBound, span.end)), "")
  }
}
