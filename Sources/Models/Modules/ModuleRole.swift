/// A module that compression mostly leaves alone, told by its name.
package enum ModuleRole: Hashable, Sendable {
  /// Gives each token's chances.
  case head
  /// Chooses the experts of a token.
  case router
  /// A layer of the part that reads images.
  case vision
  /// A table of rows, one for each token.
  case embedding

  /// What Hugging Face's models call routers, the gates of shared experts among them.
  private static let routers: Set<Substring> = ["gate", "router", "shared_expert_gate"]
  /// What they call the parts that read images.
  package static let visionParts: [Substring] = [
    "multi_modal_projector", "vision_embed_tokens", "vision_encoder", "vision_model", "vision_tower", "visual",
  ]

  /// The role of a module, or nil for one of the layers that compression is for.
  init?(_ module: Module) {
    if case .embedding = module.kind {
      self = .embedding
      return
    }
    guard module.linear != nil else { return nil }
    let name = DottedName(module.name)
    if Architecture.headNames.contains(String(name.last)) {
      self = .head
    } else if Self.routers.contains(name.last) {
      self = .router
    } else if name.hasPart(in: Self.visionParts) {
      self = .vision
    } else {
      return nil
    }
  }
}

extension Module {
  /// The class of modules that choose experts, in a checkpoint whose architecture is unknown.
  package static let routerClass = GuessedModules.routerClass

  /// What it is besides a layer among layers; nil for most.
  package var role: ModuleRole? { ModuleRole(self) }
}
