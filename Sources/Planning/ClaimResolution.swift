internal import Diagnostics
internal import Models
internal import Recipes
internal import Vocabulary

/// Which group of which stage each module belongs to.
struct ClaimResolution {
  /// A module's owner.
  struct Claim {
    let stage: Int
    let group: Int
    let target: Spanned<Target>
  }

  /// The owner of each module, by its index.
  private(set) var claims: [Int: Claim] = [:]
  private(set) var diagnostics: [Diagnostic] = []

  private let matcher: ModuleMatcher
  private let file: SourceFile

  init(_ stages: [QuantizationStage], modules: [Module], file: SourceFile) {
    matcher = ModuleMatcher(modules: modules)
    self.file = file
    for (index, stage) in stages.enumerated() { resolve(stage, index) }
  }

  private mutating func resolve(_ stage: QuantizationStage, _ stageIndex: Int) {
    var ignored: Set<Int> = []
    for entry in stage.ignored {
      let matches = matcher.matches(entry.value)
      ignored.formUnion(matches.map(\.module))
      if matches.isEmpty {
        diagnostics.append(
          PlanningDiagnostics.ignoreMatchesNothing(
            entry,
            nearest: suggestion(for: entry.value),
            in: file
          )
        )
      }
    }
    // Of several targets that match one module, a name wins over a pattern and a pattern over a class; among equals the
    // first in alphabetical order, whatever the order of the recipe.
    var best: [Int: (rank: (Int, String), claim: Claim)] = [:]
    for (groupIndex, group) in stage.groups.enumerated() {
      for target in group.targets {
        let matches = matcher.matches(target.value)
        report(target, matches.map(\.module))
        for match in matches where isQuantizable(match.module) && !ignored.contains(match.module) {
          let rank = (match.kind.rawValue, target.value.description)
          if let held = best[match.module], held.rank <= rank { continue }
          best[match.module] = (rank, Claim(stage: stageIndex, group: groupIndex, target: target))
        }
      }
    }
    for (module, found) in best.sorted(by: { $0.key < $1.key }) {
      if let other = claims[module] {
        guard !diagnostics.contains(where: { $0.code == PlanningDiagnostics.moduleClaimedTwiceCode }) else { continue }
        diagnostics.append(
          PlanningDiagnostics.moduleClaimedTwice(
            matcher.modules[module].name,
            by: found.claim.target,
            and: other.target,
            in: file
          )
        )
      } else {
        claims[module] = found.claim
      }
    }
  }

  private mutating func report(_ target: Spanned<Target>, _ matches: [Int]) {
    if matches.isEmpty {
      diagnostics.append(
        PlanningDiagnostics.targetMatchesNothing(
          target,
          nearest: suggestion(for: target.value),
          example: matcher.modules.first { $0.linear != nil }?.name,
          in: file
        )
      )
    } else if !matches.contains(where: isQuantizable) {
      diagnostics.append(
        PlanningDiagnostics.targetNotQuantizable(
          target,
          className: matcher.modules[matches[0]].className,
          in: file
        )
      )
    }
  }

  private func isQuantizable(_ module: Int) -> Bool {
    if case .other = matcher.modules[module].kind { false } else { true }
  }

  /// The name nearest to one that matches nothing: a class, a module, or the last part of one as a pattern.
  private func suggestion(for target: Target) -> String? {
    guard case .name(let name) = target else { return nil }
    var candidates: [String] = []
    var seen: Set<String> = []
    for module in matcher.modules {
      for candidate in [module.className, String(module.name.split(separator: ".").last ?? ""), module.name]
      where !candidate.isEmpty && Int(candidate) == nil && seen.insert(candidate).inserted {
        candidates.append(candidate)
      }
    }
    guard let nearest = nearestName(to: name, among: candidates) else { return nil }
    let isWhole = matcher.modules.contains { $0.className == nearest || $0.name == nearest }
    return isWhole ? nearest : "re:.*\(nearest)$"
  }
}
