internal import Diagnostics
internal import Syntax

/// What one model family looks like: an architecture document of `grammar/models`, read.
package struct Architecture: Hashable, Sendable {
  /// The family's name, that of the document.
  package let family: String
  /// Values of `model_type` in config.json that belong to the family.
  package let modelTypes: [String]
  /// Class names of the family's modules, as Hugging Face has them, by role.
  let classes: [String: String]
  /// Names of the modules outside the block, by role.
  let modules: [String: String]
  /// Keys of config.json, by what they hold.
  let configurationKeys: [String: String]
  /// The attention part of a block.
  let attention: AttentionNames
  /// The feed-forward part of a block.
  let feedForward: FeedForwardNames

  /// Names of an attention part's modules, relative to the block and to the part.
  struct AttentionNames: Hashable, Sendable {
    let name, norm, query, key, value, output: String
  }

  /// Names of a gated feed-forward part's modules.
  struct FeedForwardNames: Hashable, Sendable {
    let name, norm, gate, up, down, activation: String
  }

  /// The families that Pare knows, in the order of their documents.
  package static let standard: [Architecture] = [
    ("llama.yaml", PackageResources.llama_yaml),
    ("mistral.yaml", PackageResources.mistral_yaml),
    ("qwen2.yaml", PackageResources.qwen2_yaml),
  ].map { name, bytes in read(SourceFile(name: name, bytes: bytes)) }

  /// The family that a config.json's `model_type` names, if it is known.
  package static func named(byModelType type: String) -> Architecture? {
    standard.first { $0.modelTypes.contains(type) }
  }

  /// What the families call their heads.
  package static let headNames = Set(standard.map { $0.moduleName("head") })

  /// Reads a document of our own; anything wrong with it is our mistake.
  private static func read(_ file: SourceFile) -> Architecture {
    let tree = SyntaxTree.parse(file)
    precondition(tree.diagnostics.isEmpty, "\(file.name) is no clean document")
    let root = Fields(tree.root, in: file.name)
    let parts = root.sequence("block").map { Fields($0, in: file.name) }
    precondition(parts.count == 2, "\(file.name): a block has an attention and a feed-forward part")
    let attention = parts[0].fields("attention")
    let feedForward = parts[1].fields("feed_forward")
    return Architecture(
      family: root.text("family"),
      modelTypes: root.sequence("model_types").map { $0.scalar?.text ?? "" },
      classes: root.fields("classes").texts,
      modules: root.fields("modules").texts,
      configurationKeys: root.fields("config").texts,
      attention: AttentionNames(
        name: attention.text("name"),
        norm: attention.text("norm"),
        query: attention.text("query"),
        key: attention.text("key"),
        value: attention.text("value"),
        output: attention.text("output")
      ),
      feedForward: FeedForwardNames(
        name: feedForward.text("name"),
        norm: feedForward.text("norm"),
        gate: feedForward.text("gate"),
        up: feedForward.text("up"),
        down: feedForward.text("down"),
        activation: feedForward.text("activation")
      )
    )
  }

  /// The class name of a role.
  func className(_ role: String) -> String {
    guard let name = classes[role] else { preconditionFailure("\(family).yaml names no class for \(role)") }
    return name
  }

  /// The module name of a role.
  func moduleName(_ role: String) -> String {
    guard let name = modules[role] else { preconditionFailure("\(family).yaml names no module for \(role)") }
    return name
  }
}

/// The members of one mapping of a document.
private struct Fields {
  let mapping: MappingSyntax
  let document: String

  init(_ node: SyntaxNode?, in document: String) {
    guard let mapping = node?.mapping else { preconditionFailure("\(document): a mapping is missing") }
    self.mapping = mapping
    self.document = document
  }

  func text(_ key: String) -> String {
    guard let text = mapping[key]?.scalar?.text else { preconditionFailure("\(document): \(key) is missing") }
    return text
  }

  func fields(_ key: String) -> Fields { Fields(mapping[key], in: document) }

  func sequence(_ key: String) -> [SyntaxNode] { mapping[key]?.sequence?.items ?? [] }

  var texts: [String: String] {
    Dictionary(uniqueKeysWithValues: mapping.entries.map { ($0.key.text, $0.value.scalar?.text ?? "") })
  }
}
