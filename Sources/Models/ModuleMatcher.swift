internal import Patterns
package import Vocabulary

/// Finds the modules that targets of a recipe mean (recipe semantics: a dotted name, a class name, or a pattern that
/// matches from the start of the dotted name).
package struct ModuleMatcher: Sendable {
  /// The modules that are looked through.
  package let modules: [Module]

  package init(modules: [Module]) {
    self.modules = modules
  }

  /// How a target came to match, in the order of precedence when several match one module.
  package enum Kind: Int, Sendable {
    case name
    case pattern
    case className
  }

  /// Indices of the modules that a target matches, with how it does.
  package func matches(_ target: Target) -> [(module: Int, kind: Kind)] {
    switch target {
    case .name(let name):
      let className = Self.aliases[name] ?? name
      return modules.indices.compactMap { index in
        if modules[index].name == name, !name.isEmpty { return (index, .name) }
        return modules[index].className == className || className == Self.anyClass ? (index, .className) : nil
      }
    case .pattern(let text):
      // A recipe's patterns have been compiled by its checker; one of a config that does not compile matches nothing.
      guard let pattern = try? Pattern(text) else { return [] }
      return modules.indices.filter { pattern.matchesAtStart(modules[$0].name) }.map { ($0, .pattern) }
    }
  }

  /// vLLM's name for the class.
  private static let aliases = ["LinearBase": "Linear"]
  /// The class that every other derives from.
  private static let anyClass = "Module"
}
