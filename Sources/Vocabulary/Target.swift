/// One entry of `targets` or `ignore`.
package enum Target: Hashable, Sendable, CustomStringConvertible {
  /// A dotted module name, or the name of a module class.
  case name(String)
  /// The text after `re:`, matched from the start of the dotted name as Python's `re.match` does.
  case pattern(String)

  /// What a recipe writes before a pattern.
  package static let patternPrefix = "re:"

  /// The entry that a text of a recipe or a config stands for.
  package init(_ text: String) {
    self =
      text.hasPrefix(Self.patternPrefix) ? .pattern(String(text.dropFirst(Self.patternPrefix.count))) : .name(text)
  }

  /// The entry as a recipe has it.
  package var description: String {
    switch self {
    case .name(let name): name
    case .pattern(let pattern): Self.patternPrefix + pattern
    }
  }
}
