internal import Diagnostics
internal import JSONDocuments

extension CompletionOffer {
  /// The number of the protocol for what is going away.
  private static let deprecatedTag = 1
  /// Digits of the numbers that keep offers in their order.
  private static let orderDigits = 6

  /// The offer as an editor takes it.
  ///
  /// - Parameters:
  ///   - order: Its place among all offers.
  ///   - site: Where it is written.
  ///   - file: The text.
  ///   - encoding: How ranges count.
  /// - Returns: A CompletionItem.
  func json(order: Int, at site: DraftSite, of file: SourceFile, _ encoding: PositionEncoding) -> JSON {
    let quote = site.isQuoted ? file[SourceSpan(start: site.word.start, end: site.word.start + 1)] : ""
    let number = String(order)
    let text = opening(at: site, of: file) + quote + escaped(in: quote) + quote + ending
    return .members([
      "label": .string(label),
      "kind": .integer(kind.rawValue),
      "detail": detail.isEmpty ? nil : .string(detail),
      "tags": isDeprecated ? .array([.integer(Self.deprecatedTag)]) : nil,
      "sortText": .string(String(repeating: "0", count: max(Self.orderDigits - number.count, 0)) + number),
      "filterText": .string(quote + label),
      "textEdit": .members([
        "range": .range(site.word, of: file, in: encoding),
        "newText": .string(text),
      ]),
      "data": topic.map { .members(["topic": .string($0)]) },
    ])
  }

  /// A value needs a space behind its colon; in quotes there is none to be added.
  private func opening(at site: DraftSite, of file: SourceFile) -> String {
    let isBehindColon = site.word.start > 0 && file.bytes[site.word.start - 1] == UInt8(ascii: ":")
    return (isBehindColon ? " " : "") + opening
  }

  private func escaped(in quote: String) -> String {
    switch quote {
    case "\"": label.replacing("\\", with: "\\\\")
    case "'": label.replacing("'", with: "''")
    default: label
    }
  }
}
