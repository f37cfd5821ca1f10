/// One page of `docs/reference`.
package struct ReferencePage: Hashable, Sendable {
  /// The file's name.
  package let name: String
  /// What it holds, in a sentence.
  package let introduction: String
  /// The page, in Markdown.
  package let text: String

  fileprivate init(_ name: String, title: String, _ introduction: String, _ blocks: [Document.Block]) {
    self.name = name
    self.introduction = introduction
    text = Self.remark + Document(title: title, blocks: [.paragraph(introduction)] + blocks).markdown()
  }

  fileprivate init(_ name: String, title: String, _ introduction: String, _ topics: [Document]) {
    self.name = name
    self.introduction = introduction
    let head = Document(title: title, blocks: [.paragraph(introduction)])
    text = Self.remark + ([head.markdown()] + topics.map { $0.markdown(titleLevel: 2) }).joined(separator: "\n")
  }

  private static let remark = "<!-- Written by `pare explain --pages docs/reference`. -->\n\n"

  /// The page of all diagnostics, from the pages of `docs/diagnostics`.
  package static func diagnostics(_ pages: [Document]) -> ReferencePage {
    ReferencePage(
      "diagnostics.md",
      title: "Diagnostics",
      "Every code that Pare reports, from [docs/diagnostics](../diagnostics).",
      pages
    )
  }
}

extension Reference {
  /// All pages, the one that lists the others first.
  package func pages() -> [ReferencePage] {
    let pages = [
      page(
        "modifiers.md",
        [.modifier],
        "What a recipe can ask for, with every field."
      ),
      page("schemes.md", [.scheme], "Preset schemes: one name for the arguments of weights and inputs."),
      page("arguments.md", [.argument], "How one tensor is quantized: `weights`, inputs, outputs and caches."),
      page("observers.md", [.observer], "What finds the range that a grid must cover, and with it the scale."),
      page(
        "sections.md",
        [.stage, .section],
        "The kinds of work in the order they are done, and Pare's own sections."
      ),
      page("formats.md", [.format], "How weights are laid out in a checkpoint."),
      page("runtimes.md", [.runtime], "The servers whose rules Pare knows."),
      fieldsPage,
      .diagnostics(topics(of: .diagnostic).map(\.document)),
    ]
    return [index(of: pages)] + pages
  }

  private func page(_ name: String, _ kinds: [Topic.Kind], _ introduction: String) -> ReferencePage {
    let topics = kinds.flatMap { self.topics(of: $0) }
    return ReferencePage(
      name,
      title: kinds.map(\.heading).joined(separator: " and ").capitalizedAtStart,
      introduction,
      topics.map(\.document)
    )
  }

  /// Every field by name.
  private var fieldsPage: ReferencePage {
    let topics = topics(of: .field).sorted { $0.name < $1.name }
    let rows = topics.map { topic in
      ["`\(topic.name)`", TopicAuthor.names(topic.aliases.map { String($0.prefix { $0 != "." }) }), topic.summary]
    }
    return ReferencePage(
      "fields.md",
      title: "Fields",
      "Every field by name, those of earlier releases among them. `pare explain FIELD` says what one takes.",
      [.table(.init(["field", "in", "meaning"], rows))]
    )
  }

  private func index(of pages: [ReferencePage]) -> ReferencePage {
    ReferencePage(
      "README.md",
      title: "Reference",
      "What `pare explain` shows, as pages. They are written from `grammar/language`, `grammar/prose` and "
        + "`docs/diagnostics`.",
      [.list(pages.map { "[\($0.name.prefix { $0 != "." })](\($0.name)): \($0.introduction)" })]
    )
  }
}

extension Document {
  /// Reads a page of `docs/diagnostics`: a title, and what follows.
  package static func diagnosticPage(_ markdown: String) -> Document {
    let blocks = [Block](markdown: markdown, titleLevel: 1)
    guard case .heading(let code, 0)? = blocks.first else { return Document(title: "", blocks: blocks) }
    return Document(title: code, blocks: Array(blocks.dropFirst()))
  }
}

extension String {
  /// The text with all letters but the first made small.
  fileprivate var capitalizedAtStart: String { prefix(1) + dropFirst().lowercased() }
}
