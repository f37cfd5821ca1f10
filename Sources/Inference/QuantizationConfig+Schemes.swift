package import Checkpoints
package import Models
package import Vocabulary

extension QuantizationConfig {
  /// The scheme of each compressed module, by name, found as compressed-tensors finds it.
  ///
  /// `ignore` comes first; then a target that is the module's name wins over a pattern, and a pattern over a class. Attention
  /// modules may have one too, for what flows into them.
  package func schemes(of modules: [Module]) -> [String: QuantizationScheme] {
    let matcher = ModuleMatcher(modules: modules)
    let kept = Set(ignored.flatMap { matcher.matches(Target($0)).map(\.module) })
    var found: [Int: (rank: (Int, String), scheme: QuantizationScheme)] = [:]
    for group in groups {
      for target in group.targets {
        for match in matcher.matches(Target(target))
        where modules[match.module].canHave(group.scheme) && !kept.contains(match.module) {
          let rank = (match.kind.rawValue, target)
          if let held = found[match.module], held.rank <= rank { continue }
          found[match.module] = (rank, group.scheme)
        }
      }
    }
    return Dictionary(uniqueKeysWithValues: found.map { (modules[$0].name, $1.scheme) })
  }
}

extension Module {
  /// Whether a scheme can be about the module: one with weights about a table, one without about anything.
  fileprivate func canHave(_ scheme: QuantizationScheme) -> Bool {
    switch kind {
    case .linear, .embedding: true
    case .other: scheme.weights == nil && scheme.inputActivations != nil
    }
  }
}
