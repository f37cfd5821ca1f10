internal import Diagnostics
internal import Models
internal import Recipes
internal import Vocabulary

/// Which group of which stage quantizes each module.
struct ClaimResolution: Sendable {
  /// A module's owner.
  struct Claim: Sendable {
    let stage: Int
    let group: Int
    let target: Spanned<Target>
  }

  /// A group of a stage.
  struct GroupPlace: Hashable, Sendable {
    let stage: Int
    let group: Int
  }

  /// The owner of each module, by its index.
  private(set) var claims: [Int: Claim] = [:]
  /// The modules of each group, ascending.
  private(set) var members: [GroupPlace: [Int]] = [:]
  /// Modules that a target matches and an `ignore` entry keeps.
  private(set) var kept: [Int: Spanned<Target>] = [:]
  /// Modules that a target matches and that stay as they are because it does not name them: routers, and what sees images.
  private(set) var leftAlone: [(module: Int, claim: Claim)] = []
  /// Whether every target means something and no module has two owners, so that more can be said.
  private(set) var isSound = true

  /// Finds the owners; what is wrong with targets and `ignore` entries is reported.
  static func resolve(_ context: inout PlanningContext) -> ClaimResolution {
    let errors = context.errorCount
    var resolution = ClaimResolution()
    var collisions = Tally<[SourceSpan], (later: Claim, earlier: Claim, module: Int)>()
    for (index, stage) in context.graph.quantization.enumerated() {
      let ignored = context.ignored(by: stage.ignored)
      let found = resolution.owners(in: stage, index, ignored: ignored, &context)
      for (module, claim) in found {
        if let other = resolution.claims[module] {
          collisions.add((claim, other, module), for: [claim.target.span, other.target.span])
        } else {
          resolution.claims[module] = claim
        }
      }
    }
    for collision in collisions.inOrder {
      context.report(
        ClaimDiagnostics.moduleClaimedTwice(
          context.modules[collision.first.module].name,
          count: collision.count,
          by: collision.first.later.target,
          and: collision.first.earlier.target
        )
      )
    }
    for (module, _) in resolution.kept where resolution.claims[module] != nil { resolution.kept[module] = nil }
    for (module, claim) in resolution.claims {
      resolution.members[GroupPlace(stage: claim.stage, group: claim.group), default: []].append(module)
    }
    for place in resolution.members.keys { resolution.members[place]?.sort() }
    resolution.isSound = context.errorCount == errors
    return resolution
  }

  /// Of several targets that match one module, a name wins over a pattern and a pattern over a class; among equals the
  /// first in alphabetical order, whatever the order of the recipe.
  private mutating func owners(
    in stage: QuantizationStage,
    _ stageIndex: Int,
    ignored: [Int: Spanned<Target>],
    _ context: inout PlanningContext
  ) -> [(Int, Claim)] {
    var best: [Int: (rank: (Int, String), claim: Claim)] = [:]
    var overlaps = Tally<[Int], (winner: Claim, loser: Claim, module: Int)>()
    for (groupIndex, group) in stage.groups.enumerated() {
      for (target, matches) in context.resolve(group.targets, for: group.scheme.value.targetWork) {
        let text = target.value.description
        for match in matches {
          if let entry = ignored[match.module] {
            kept[match.module] = entry
            continue
          }
          let rank = (match.kind.rawValue, text)
          let claim = Claim(stage: stageIndex, group: groupIndex, target: target)
          guard let held = best[match.module] else {
            best[match.module] = (rank, claim)
            continue
          }
          let wins = rank < held.rank
          if wins { best[match.module] = (rank, claim) }
          // A name among patterns, or a pattern beside a class, is an exception that people mean.
          if held.rank.0 == rank.0, held.claim.group != groupIndex,
            stage.groups[held.claim.group].scheme.value != group.scheme.value
          {
            let (winner, loser) = wins ? (claim, held.claim) : (held.claim, claim)
            overlaps.add((winner, loser, match.module), for: [winner.group, loser.group])
          }
        }
      }
    }
    for overlap in overlaps.inOrder {
      let (winner, loser, module) = overlap.first
      context.report(
        ClaimDiagnostics.groupsOverlap(
          context.modules[module].name,
          count: overlap.count,
          winner: (stage.groups[winner.group].name, winner.target),
          loser: (stage.groups[loser.group].name, loser.target)
        )
      )
    }
    var owners: [(Int, Claim)] = []
    for module in best.keys.sorted() {
      guard let claim = best[module]?.claim else { continue }
      let role = context.modules[module].role
      if role == .router || role == .vision, !claim.target.value.names(context.modules[module]) {
        leftAlone.append((module, claim))
      } else {
        owners.append((module, claim))
      }
    }
    return owners
  }
}

extension QuantizationScheme {
  /// What a group with this scheme does with its modules.
  fileprivate var targetWork: TargetWork {
    weights == nil && inputActivations != nil ? .quantizingActivations : .quantizing
  }
}
