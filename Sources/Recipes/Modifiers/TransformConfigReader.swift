import Diagnostics
import RecipeGrammar
import Syntax

/// Checks a `transform_config`, the full form of a rotation that tools write.
struct TransformConfigReader {
  func read(_ node: SyntaxNode, _ context: inout CheckContext) {
    let grammar = context.grammar
    guard let config = fields(node, of: "transform_config", grammar.transformFields.config, &context),
      let groups = config.node("config_groups")?.mapping
    else { return }
    for entry in groups.entries {
      let owner = "transform \(entry.key.text)"
      guard let group = fields(entry.value, of: owner, grammar.transformFields.scheme, &context),
        let items = group.node("apply")?.sequence?.items
      else { continue }
      for item in items { _ = fields(item, of: "apply of \(owner)", grammar.transformFields.arguments, &context) }
    }
  }

  private func fields(
    _ node: SyntaxNode,
    of owner: String,
    _ entries: [FieldEntry],
    _ context: inout CheckContext
  ) -> FieldValues? {
    guard let mapping = node.mapping else {
      context.report(StructureDiagnostics.expectedMapping(owner, node))
      return nil
    }
    return FieldValues(mapping, of: owner, entries: entries, &context)
  }
}
