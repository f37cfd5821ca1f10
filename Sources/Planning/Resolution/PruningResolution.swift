internal import Diagnostics
internal import Models
internal import Recipes
internal import Vocabulary

/// The layers that each pruning modifier prunes.
struct PruningResolution {
  /// One modifier's layers.
  struct Stage {
    /// The layers, ascending, each with the target that reaches it.
    let layers: [Int: Spanned<Target>]
    /// For each layer the place, among all that targets match, of the module that it was found in or that it is.
    let containers: [Int: Int]
    /// Layers that targets reach and that stay as they are because none names them: routers, and what sees images.
    let leftAlone: [Int: Spanned<Target>]
    /// Modules that targets match, less those that are ignored: layers, or modules that hold them.
    let targetCount: Int
  }

  private(set) var stages: [Stage] = []
  /// Whether every target means something and no layer is pruned twice.
  private(set) var isSound = true

  /// Finds the layers; what is wrong with targets and `ignore` entries is reported.
  static func resolve(_ context: inout PlanningContext) -> PruningResolution {
    let errors = context.errorCount
    var resolution = PruningResolution()
    var owners: [Int: (stage: Int, target: Spanned<Target>)] = [:]
    for (index, stage) in context.graph.pruning.enumerated() {
      let found = layers(of: stage, &context)
      resolution.stages.append(found)
      // Zeros that are kept and zeros that are added go together.
      guard stage.method != .constant, stage.method != .reap else { continue }
      var collisions: [Int: (first: Int, count: Int)] = [:]
      for layer in found.layers.keys.sorted() {
        if let other = owners[layer] {
          collisions[other.stage, default: (layer, 0)].count += 1
        } else {
          owners[layer] = found.layers[layer].map { (index, $0) }
        }
      }
      for (_, collision) in collisions.sorted(by: { $0.key < $1.key }) {
        guard let target = found.layers[collision.first], let other = owners[collision.first] else { continue }
        context.report(
          ClaimDiagnostics.layerPrunedTwice(
            context.modules[collision.first].name,
            count: collision.count,
            by: target,
            and: other.target
          )
        )
      }
    }
    resolution.isSound = context.errorCount == errors
    return resolution
  }

  private static func layers(of stage: PruningStage, _ context: inout PlanningContext) -> Stage {
    // REAP's patterns name layers of experts by a rule of their own, and it has no targets.
    if stage.method == .reap { return Stage(layers: [:], containers: [:], leftAlone: [:], targetCount: 0) }
    let ignored = context.ignored(by: stage.ignored)
    let work: TargetWork = stage.method == .magnitude || stage.method == .constant ? .masking : .pruning
    var layers: [Int: Spanned<Target>] = [:]
    var holders: [Int: Int] = [:]
    var leftAlone: [Int: Spanned<Target>] = [:]
    var targeted: Set<Int> = []
    for (target, matches) in context.resolve(stage.targets, for: work) {
      for match in matches where ignored[match.module] == nil {
        targeted.insert(match.module)
        for layer in context.matcher.layers(in: match.module) where ignored[layer] == nil && layers[layer] == nil {
          let module = context.modules[layer]
          if module.role == .router || module.role == .vision, !target.value.names(module) {
            leftAlone[layer] = target
            continue
          }
          layers[layer] = target
          holders[layer] = match.module
        }
      }
    }
    let places = Dictionary(uniqueKeysWithValues: targeted.sorted().enumerated().map { ($1, $0) })
    return Stage(
      layers: layers,
      containers: holders.compactMapValues { places[$0] },
      leftAlone: leftAlone.filter { layers[$0.key] == nil },
      targetCount: targeted.count
    )
  }
}
