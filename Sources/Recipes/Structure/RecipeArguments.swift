import Diagnostics
import RecipeGrammar
import Syntax

/// What recipes of earlier releases could name in `eval(…)`: the entries of `args`, and top-level keys with one word.
struct RecipeArguments {
  /// Names with their texts.
  private(set) var texts: [String: String] = [:]
  private var used: Set<String> = []

  static func read(_ root: MappingSyntax, grammar: Grammar, source: SourceFile) -> RecipeArguments {
    var arguments = RecipeArguments()
    for entry in root.entries where grammar.section(entry.key.text) == nil {
      if let scalar = entry.value.scalar { arguments.texts[entry.key.text] = scalar.text }
      guard mappingKeys.contains(entry.key.text) else { continue }
      for child in entry.value.mapping?.entries ?? [] {
        if let scalar = child.value.scalar { arguments.texts[child.key.text] = scalar.text }
      }
    }
    // Without an expression nothing can name an argument, and most recipes have neither.
    guard source.text.contains("eval("), !arguments.texts.isEmpty else {
      arguments.texts = [:]
      return arguments
    }
    arguments.used = Set(arguments.texts.keys).union(mappingKeys)
    return arguments
  }

  /// Whether an expression may name a top-level key.
  func isUsed(_ key: String) -> Bool { used.contains(key) }

  /// Top-level keys that hold arguments.
  private static let mappingKeys: Set<String> = ["args", "recipe_args", "variables"]
}
