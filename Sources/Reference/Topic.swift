/// One thing that can be explained.
package struct Topic: Hashable, Sendable {
  /// What kind of thing it is.
  package let kind: Kind
  /// What it is called.
  package let name: String
  /// Other words that it is found by, such as `gptq` and `GPTQModifier.block_size`.
  package let aliases: [String]
  /// One sentence on it.
  package let summary: String
  /// All that there is to say.
  package let document: Document

  init(
    _ kind: Kind,
    _ name: String,
    title: String? = nil,
    aliases: [String] = [],
    summary: String,
    _ blocks: [Document.Block]
  ) {
    self.kind = kind
    self.name = name
    self.aliases = aliases
    self.summary = summary
    document = Document(title: title ?? name, blocks: blocks)
  }

  /// The kinds in the order in which they are listed.
  package enum Kind: String, CaseIterable, Hashable, Sendable {
    case stage
    case modifier
    case field
    case scheme
    case observer
    case argument
    case section
    case format
    case runtime
    case diagnostic

    /// The heading over several of them.
    package var heading: String {
      switch self {
      case .stage: "Stages"
      case .modifier: "Modifiers"
      case .field: "Fields"
      case .scheme: "Schemes"
      case .observer: "Observers"
      case .argument: "Quantization arguments"
      case .section: "Sections"
      case .format: "Checkpoint formats"
      case .runtime: "Runtimes"
      case .diagnostic: "Diagnostics"
      }
    }
  }
}
