internal import ArgumentParser
internal import Glibc
internal import Reference

/// How `explain` writes.
enum ExplanationFormat: String, CaseIterable, ExpressibleByArgument {
  /// Wrapped lines, with bold words on a terminal.
  case text
  /// Markdown, as the pages under `docs/reference` are.
  case markdown
}

/// `pare explain`: says what a word of the language or a diagnostic means.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explain a modifier, field, scheme, observer, format, section, runtime or diagnostic code.",
    discussion: """
      Without a name, lists everything that can be explained. Case does not count,
      and a field may be named with its owner:

        pare explain gptq
        pare explain GPTQModifier.block_size
        pare explain unknown-field
      """
  )

  @Argument(help: ArgumentHelp("What to explain.", valueName: "name"))
  var names: [String] = []

  @Option(help: "How to write: text or markdown.")
  var format: ExplanationFormat = .text

  @Option(
    help: ArgumentHelp("Write the pages of docs/reference into this folder instead.", valueName: "folder"),
    completion: .directory
  )
  var pages: String?

  func validate() throws {
    if pages != nil, !names.isEmpty { throw ValidationError("--pages writes all pages and takes no name") }
  }

  mutating func run() throws {
    let reference = Reference.standard
    if let pages { return try write(reference.pages(), to: pages) }
    if names.isEmpty { return show([reference.index()]) }
    var documents: [Document] = []
    var unknown: [String] = []
    for name in names {
      let topics = reference.topics(named: name)
      documents += topics.map(\.document)
      if topics.isEmpty { unknown.append(name) }
    }
    guard unknown.isEmpty else {
      throw CommandFailure(
        unknown.map { CommandDiagnostics.unknownTopic($0, near: reference.names(near: $0)) },
        status: .usage
      )
    }
    show(documents)
  }

  private func show(_ documents: [Document]) {
    let texts =
      switch format {
      case .text:
        documents.map { $0.text(.init(width: Console.resultWidth, isStyled: Console.standard.stylesResults)) }
      case .markdown: documents.map { $0.markdown() }
      }
    Console.standard.print(Array(texts.joined(separator: "\n\n").utf8))
  }

  private func write(_ pages: [ReferencePage], to folder: String) throws {
    for page in pages {
      let path = "\(folder)/\(page.name)"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
      if descriptor >= 0 { close(descriptor) }
      do throws(FileReplacement.Obstacle) {
        try FileReplacement.write(Array(page.text.utf8), to: path)
      } catch {
        throw error.failure
      }
    }
  }
}

extension Console {
  /// Columns of the narrowest and of the widest explanation.
  private static let resultWidths = 80...100

  /// Columns that an explanation may take: the terminal's, within reason, and the fewest elsewhere.
  fileprivate static var resultWidth: Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return resultWidths.lowerBound }
    return min(max(Int(size.ws_col), resultWidths.lowerBound), resultWidths.upperBound)
  }
}
