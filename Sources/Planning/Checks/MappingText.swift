internal import Diagnostics
internal import Models
internal import Recipes
internal import Vocabulary

/// Mappings as a recipe writes them.
struct MappingText {
  private let method: SmoothingMethod
  private let text: RecipeText

  init(_ method: SmoothingMethod, file: SourceFile) {
    self.method = method
    text = RecipeText(file: file)
  }

  /// The mapping that means a place in every block.
  func text(of site: SmoothingSite) -> String {
    let readers = site.readers.map { "\"\(Self.pattern($0.name))\"" }.joined(separator: ", ")
    let producer = "\"\(Self.pattern(site.producer))\""
    if case .awq = method { return "{smooth_layer: \(producer), balance_layers: [\(readers)]}" }
    return "[[\(readers)], \(producer)]"
  }

  /// A mapping written anew; nil where its text stands elsewhere.
  func replacement(of mapping: SmoothingMapping, by site: SmoothingSite) -> FixIt? {
    let file = text.file
    guard mapping.span.end <= file.bytes.count, let first = file[mapping.span].first, first != "*", first != "&" else {
      return nil
    }
    // A block mapping may end with its last line.
    let written = file[mapping.span]
    let tail = written.reversed().prefix(while: \.isWhitespace).map { String($0).utf8.count }.reduce(0, +)
    let span = SourceSpan(start: mapping.span.start, end: mapping.span.end - tail)
    return FixIt("write \(self.text(of: site))", .unsafe, edits: [TextEdit(span, self.text(of: site))])
  }

  /// Further balance layers behind those that a mapping lists; nil where there is no list.
  func addition(of readers: [LinearOutline], to mapping: SmoothingMapping) -> FixIt? {
    guard mapping.balance.count > 1, let last = mapping.balance.last else { return nil }
    let patterns = readers.map { Self.pattern($0.name) }
    return text.addition(of: patterns, behind: last.span).map {
      FixIt("add \(patterns.joined(separator: ", "))", .unsafe, edits: [$0])
    }
  }

  private static func pattern(_ name: String) -> String {
    ModuleNames.pattern(of: String(DottedName(name).last))
  }
}

/// Which place of a block a mapping that matches nothing was probably meant for.
struct MappingGuess {
  let mapping: SmoothingMapping
  let sites: [SmoothingSite]

  /// The first block's place: that of the entries which do match, or the one that the words speak of.
  func site(_ context: inout PlanningContext) -> SmoothingSite? {
    let smooth = names(mapping.smooth, &context)
    if let site = sites.first(where: { smooth.contains($0.producer) }) { return site }
    for entry in mapping.balance {
      let balance = names(entry, &context)
      if let site = sites.first(where: { $0.readers.contains { balance.contains($0.name) } }) { return site }
    }
    guard let kind = kindSpokenOf else { return nil }
    return sites.first { $0.kind == kind }
  }

  private func names(_ target: Spanned<Target>, _ context: inout PlanningContext) -> Set<String> {
    Set(context.matches(target.value).map { context.modules[$0.module].name })
  }

  /// Other families' words for the parts of a block; the readers' before the producer's.
  private var kindSpokenOf: SmoothingSite.Kind? {
    let readers = mapping.balance.map(\.value.description).joined(separator: " ").lowercased()
    let all = readers + " " + mapping.smooth.value.description.lowercased()
    let words: [(SmoothingSite.Kind, [String], String)] = [
      (.feedForwardOutput, ["down", "fc2", "w2", "4h_to_h"], readers),
      (.attentionInput, ["query", "key", "q_proj", "k_proj", "qkv", "wq", "wk"], readers),
      (.attentionOutput, ["o_proj", "out_proj", "dense", "wo"], readers),
      (.feedForwardInput, ["gate", "up", "fc1", "w1", "w3", "mlp", "ffn"], all),
      (.attentionInput, ["attn", "attention"], all),
    ]
    return words.first { _, signs, text in signs.contains { text.contains($0) } }?.0
  }
}
