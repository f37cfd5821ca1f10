internal import Diagnostics
internal import Models
internal import Vocabulary

/// What there is to say of modules that a target reaches by the way.
enum RoleDiagnostics {
  static func headIsPruned(
    _ target: Spanned<Target>,
    name: String,
    isTied: Bool,
    ignore: IgnoreList
  ) -> Diagnostic {
    var diagnostic = Diagnostic(
      .warning,
      DiagnosticCode("head-is-pruned"),
      "target \"\(target.value)\" also matches \(name), the output head",
      at: target.span,
      label: "prunes \(name)",
      notes: isTied ? ["the head is the embedding: every zero in it is a zero in the embedding of that token"] : []
    )
    diagnostic.keep([name], in: ignore)
    return diagnostic
  }

  /// Modules of a role that a class or a pattern matches, at least one; `addedBytes` is what a tied head costs when it
  /// gets weights of its own.
  static func reached(
    _ role: ModuleRole,
    by target: Spanned<Target>,
    modules: [String],
    addedBytes: Int?,
    ignore: IgnoreList
  ) -> Diagnostic {
    let (code, noun, nouns) =
      switch role {
      case .head: (DiagnosticCode("head-is-quantized"), "the output head", "output heads")
      case .router: (DiagnosticCode("router-left-alone"), "a router", "routers")
      case .vision: (DiagnosticCode("vision-left-alone"), "a layer of the vision part", "layers of the vision part")
      case .embedding: (DiagnosticCode("embedding-is-quantized"), "an embedding", "embeddings")
      }
    let what = modules.count == 1 ? "\(modules[0]), \(noun)" : "\(modules.count) \(nouns), such as \(modules[0])"
    let isLeftAlone = role == .router || role == .vision
    let verb = isLeftAlone ? "matches" : "claims"
    let pronoun = modules.count == 1 ? "; it stays as it is" : "; they stay as they are"
    var diagnostic = Diagnostic(
      isLeftAlone ? .note : .warning,
      code,
      "target \"\(target.value)\" also matches \(what)" + (isLeftAlone ? pronoun : ""),
      at: target.span,
      label: modules.count == 1 ? "\(verb) \(modules[0])" : "\(verb) the \(nouns)",
      notes: notes(role, addedBytes: addedBytes)
    )
    diagnostic.keep(entries(role, modules), in: ignore)
    return diagnostic
  }

  private static func notes(_ role: ModuleRole, addedBytes: Int?) -> [String] {
    switch role {
    case .head:
      addedBytes.map {
        [
          "the head is tied to the embedding: quantizing it writes it apart from the embedding, which stays as it is, "
            + "and adds \($0) bytes"
        ]
      } ?? []
    case .router: ["a router decides which experts a token sees, and its few weights are worth their precision"]
    case .vision: ["calibration text never reaches the vision part, and it is sensitive to rounding"]
    case .embedding: []
    }
  }

  /// What to list under `ignore`: the name of one, or what the names have in common.
  private static func entries(_ role: ModuleRole, _ modules: [String]) -> [String] {
    if modules.count == 1 { return modules }
    let parts = modules.map { DottedName($0).parts }
    if role == .vision, let first = parts.first {
      let common = first.indices.first { index in parts.contains { $0.count <= index || $0[index] != first[index] } }
      let stem = first.prefix(common ?? first.count).filter { Int($0) == nil }
      return ["\(Target.patternPrefix)\(stem.joined(separator: "[.]"))[.].*"]
    }
    let endings = parts.map { Array($0.suffix { Int($0) == nil }) }
    return Set(endings).map { ModuleNames.pattern(of: $0.joined(separator: ".")) }.sorted()
  }
}

extension Diagnostic {
  /// Shows the `ignore` list as the place where the remedy stands, and offers the edit.
  fileprivate mutating func keep(_ entries: [String], in ignore: IgnoreList) {
    let list = entries.joined(separator: ", ")
    if let key = ignore.key, let place = span {
      secondary.append(LabelledSpan(place, label))
      span = key
      label = "does not list \(list)"
    }
    if let edit = ignore.adding(entries) {
      fixIts.append(FixIt("add \(list) to ignore", .unsafe, edits: [edit]))
    } else {
      help =
        "write ignore: [\(list)] to keep \(entries.count == 1 ? "it" : "them") as \(entries.count == 1 ? "it is" : "they are")"
    }
  }
}

extension Array {
  /// The longest end all of whose elements satisfy a condition.
  fileprivate func suffix(_ isIncluded: (Element) -> Bool) -> ArraySlice<Element> {
    self[(lastIndex { !isIncluded($0) }.map { $0 + 1 } ?? startIndex)...]
  }
}
