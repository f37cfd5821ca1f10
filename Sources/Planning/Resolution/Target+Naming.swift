internal import Models
internal import Vocabulary

extension Target {
  /// Whether a target means this module above all: by its full name, in a pattern with its last part up to the end, or, of
  /// a part that sees images, in a pattern with that part's name.
  func names(_ module: Module) -> Bool {
    switch self {
    case .name(let name): return name == module.name
    case .pattern(let pattern):
      if module.role == .vision, ModuleRole.visionParts.contains(where: { pattern.contains($0) }) { return true }
      return pattern.hasSuffix("\(module.lastPart)$") || pattern.hasSuffix(module.lastPart)
    }
  }
}
