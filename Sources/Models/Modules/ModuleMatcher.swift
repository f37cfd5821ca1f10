internal import Patterns
package import Vocabulary

/// Finds the modules that targets of a recipe mean (recipe semantics: a dotted name, a class name, or a pattern that
/// matches from the start of the dotted name).
package struct ModuleMatcher: Sendable {
  /// The modules that are looked through.
  package let modules: [Module]
  private let places: [String: Int]
  private let classes: [String: [Int]]

  package init(modules: [Module]) {
    self.modules = modules
    var places: [String: Int] = [:]
    places.reserveCapacity(modules.count)
    var classes: [String: [Int]] = [:]
    for index in modules.indices.reversed() { places[modules[index].name] = index }
    for index in modules.indices {
      let (own, base) = (modules[index].className, modules[index].baseClassName)
      classes[own, default: []].append(index)
      if base != own { classes[base, default: []].append(index) }
    }
    self.places = places
    self.classes = classes
  }

  /// How a target came to match, in the order of precedence when several match one module.
  package enum Kind: Int, Sendable {
    case name
    case pattern
    case className
  }

  /// Indices of the modules that a target matches, ascending, with how it does.
  package func matches(_ target: Target) -> [(module: Int, kind: Kind)] {
    switch target {
    case .name(let name):
      let className = Self.aliases[name] ?? name
      let members = className == Self.anyClass ? Array(modules.indices) : classes[className] ?? []
      guard !name.isEmpty, let place = places[name] else { return members.map { ($0, .className) } }
      let others = members.filter { $0 != place }.map { (module: $0, kind: Kind.className) }
      return (others + [(place, .name)]).sorted { $0.module < $1.module }
    case .pattern(let text):
      // A recipe's patterns have been compiled by its checker; one of a config that does not compile matches nothing.
      guard let pattern = try? Pattern(text, isAnchored: true) else { return [] }
      return modules.indices.filter { pattern.matchesAtStart(modules[$0].name) }.map { ($0, .pattern) }
    }
  }

  /// Indices of the modules whose parameters a target names: the module's name, a dot, and `weight` or `bias`.
  package func matchesOfParameters(_ target: Target) -> [Int] {
    switch target {
    case .name(let name):
      guard let suffix = Self.parameters.first(where: { name.hasSuffix($0) }) else { return [] }
      return places[String(name.dropLast(suffix.count))].map { [$0] } ?? []
    case .pattern(let text):
      guard let pattern = try? Pattern(text, isAnchored: true) else { return [] }
      return modules.indices.filter { index in
        guard hasParameters(modules[index]) else { return false }
        return Self.parameters.contains { pattern.matchesAtStart(modules[index].name + $0) }
      }
    }
  }

  /// The index of the module of a name, or nil.
  package func index(of name: String) -> Int? { places[name] }

  /// Indices of the linear layers that a module is or holds, ascending.
  package func layers(in module: Int) -> [Int] {
    if modules[module].linear != nil { return [module] }
    let prefix = modules[module].name.isEmpty ? "" : modules[module].name + "."
    // Parents stand before children, so a module's descendants follow it without a gap.
    return modules.indices[(module + 1)...].prefix { modules[$0].name.hasPrefix(prefix) }
      .filter { modules[$0].linear != nil }
  }

  private func hasParameters(_ module: Module) -> Bool {
    if case .other = module.kind { false } else { true }
  }

  private static let parameters = [".weight", ".bias"]
  /// vLLM's name for the class.
  private static let aliases = ["LinearBase": "Linear"]
  /// The class that every other derives from.
  private static let anyClass = "Module"
}
