import RecipeGrammar
import Syntax

/// Structures that earlier releases read and llm-compressor 0.14 passes over.
enum LegacyForm {
  /// The mapping of names to stages.
  static let stagesKey = "stages"
  /// The group that early releases read although it has no name of its own.
  static let bareGroup = "modifiers"
  /// A name for that group.
  static func groupName(_ grammar: Grammar) -> String { "default" + grammar.groupSuffix }
  /// The key that switched a stage off.
  static let enabledKey = "enabled"

  /// The stage name in a key that llm-compressor writes when it merges recipes, such as `default_stage_0`; nil for
  /// every other key.
  static func mergedStage(_ key: String, _ grammar: Grammar) -> String? {
    guard let mark = key.lastIndex(of: "_"), Int(key[key.index(after: mark)...]) != nil,
      key[..<mark].hasSuffix(grammar.stageSuffix)
    else { return nil }
    return key[..<mark].dropLast(grammar.stageSuffix.count) + String(key[mark...])
  }

  /// Whether a node is a mapping with groups in it.
  static func holdsGroups(_ node: SyntaxNode, _ grammar: Grammar) -> Bool {
    node.mapping?.entries.contains { $0.key.text.hasSuffix(grammar.groupSuffix) } ?? false
  }

  /// Whether a node is a mapping with modifiers in it.
  static func holdsModifiers(_ node: SyntaxNode, _ grammar: Grammar) -> Bool {
    node.mapping?.entries.contains { $0.key.text.hasSuffix("Modifier") && $0.value.mapping != nil } ?? false
  }
}
