internal import CReferenceTexts

extension Topic {
  /// The topic of a diagnostic's page; its first paragraph's first sentence stands for it in lists.
  static func diagnostic(_ page: Document) -> Topic {
    let paragraphs = page.blocks.compactMap { block -> String? in
      guard case .paragraph(let text) = block else { return nil }
      return text
    }
    let text = paragraphs.first ?? ""
    let end = text.firstRange(of: ". ")?.lowerBound ?? text.endIndex
    return Topic(.diagnostic, page.title, summary: String(text[..<end]), page.blocks)
  }
}

extension Reference {
  /// The pages of `docs/diagnostics`, as they stood in `docs/reference/diagnostics.md` when Pare was built.
  static func embeddedDiagnostics() -> [Document] {
    let text = String(decoding: creference_diagnostic_pages().copied, as: UTF8.self)
    var pages: [Document] = []
    for block in [Document.Block](markdown: text, titleLevel: diagnosticTitleLevel) {
      if case .heading(let code, 0) = block {
        pages.append(Document(title: code))
      } else if let last = pages.indices.last {
        pages[last].blocks.append(block)
      }
    }
    return pages
  }

  /// The level of a code's heading in `docs/reference/diagnostics.md`.
  static let diagnosticTitleLevel = 2
}
