internal import Diagnostics
internal import Models
internal import RecipeGrammar
internal import Recipes
internal import Vocabulary

/// Finds layers that become one when the model is served and do not have one scheme.
struct FusedSetCheck {
  private let claims: ClaimResolution
  private let runtime: RuntimeEntry?

  /// Checks every set of the model, which the dataflow tells or, of an unknown model, the runtime's names.
  static func check(_ claims: ClaimResolution, _ context: inout PlanningContext) {
    let check = FusedSetCheck(claims: claims, runtime: context.request.runtime)
    for difference in check.differences(sets(context), context) {
      context.report(check.diagnostic(difference, context))
    }
    guard let runtime = check.runtime, let part = runtime.expertsPart else { return }
    for difference in check.differences(experts(part, context), context) {
      context.report(check.diagnostic(difference, context))
    }
  }

  /// Sets that differ in one way.
  private struct Difference {
    /// The first set, as indices of modules.
    let members: [Int]
    var count = 1
  }

  /// Which layers the model's own dataflow, or the runtime, makes one of.
  static func sets(_ context: PlanningContext) -> [[Int]] {
    if let decoder = context.outline.decoder {
      return decoder.blocks.flatMap(\.fusedSets).map { set in set.compactMap { context.matcher.index(of: $0.name) } }
    }
    guard let runtime = context.request.runtime else { return [] }
    var siblings: [String: [Substring: Int]] = [:]
    for (index, module) in context.modules.enumerated() where module.linear != nil {
      let last = module.lastPart
      siblings[String(module.name.dropLast(last.count)), default: [:]][last] = index
    }
    return siblings.values.flatMap { children in
      runtime.fusedLayers.compactMap { names in
        let members = names.compactMap { children[Substring($0)] }
        return members.count == names.count ? members : nil
      }
    }.sorted { $0[0] < $1[0] }
  }

  /// All layers of the experts of one place, place after place.
  private static func experts(_ part: String, _ context: PlanningContext) -> [[Int]] {
    var places: [[Substring]: [Int]] = [:]
    for (index, module) in context.modules.enumerated() where module.linear != nil {
      let parts = DottedName(module.name).parts
      guard let place = parts.firstIndex(of: Substring(part)) else { continue }
      places[Array(parts[...place]), default: []].append(index)
    }
    return places.values.sorted { $0[0] < $1[0] }
  }

  private func differences(_ sets: [[Int]], _ context: PlanningContext) -> [Difference] {
    var differences: [Difference] = []
    var places: [[String]: Int] = [:]
    for members in sets where !haveOneGroup(members) {
      let schemes = members.map { scheme(of: $0, context)?.served }
      guard Set(schemes).count > 1 else { continue }
      let key = members.map { "\(context.modules[$0].lastPart) \(label(of: $0, context))" }
      if let place = places[key] {
        differences[place].count += 1
      } else {
        places[key] = differences.count
        differences.append(Difference(members: members))
      }
    }
    return differences
  }

  /// Whether all of a set belong to one group, or none to any, so that they cannot differ.
  private func haveOneGroup(_ members: [Int]) -> Bool {
    let first = members.first.flatMap { claims.claims[$0] }
    return members.dropFirst().allSatisfy { member in
      let other = claims.claims[member]
      return first?.stage == other?.stage && first?.group == other?.group
    }
  }

  private func scheme(of module: Int, _ context: PlanningContext) -> QuantizationScheme? {
    claims.claims[module].map { context.graph.quantization[$0.stage].groups[$0.group].scheme.value }
  }

  private func label(of module: Int, _ context: PlanningContext) -> String {
    guard let claim = claims.claims[module] else { return "" }
    let group = context.graph.quantization[claim.stage].groups[claim.group]
    return group.preset ?? group.name
  }

  private func diagnostic(_ difference: Difference, _ context: PlanningContext) -> Diagnostic {
    let members = difference.members
    let other = members.first { scheme(of: $0, context)?.served != scheme(of: members[0], context)?.served }
    var places = [other, members[0]].compactMap { $0 }.compactMap { place(of: $0, context) }
    if places.count == 2, places[0].span == places[1].span { places.removeLast() }
    let isBlockScaled = members.contains { scheme(of: $0, context)?.weights?.strategy == .tensorGroup }
    let awq = context.graph.smoothing.first { if case .awq = $0.method { true } else { false } }
    let finding = FusedSetFinding(
      members: members.map { (String(context.modules[$0].lastPart), label(of: $0, context)) },
      example: context.modules[members[0]].name,
      count: difference.count,
      places: places,
      searcher: awq?.modifier.value
    )
    if let runtime { return RuntimeDiagnostics.needsUniformSet(finding, runtime: runtime) }
    return FusedSetDiagnostics.fusedSetDiffers(finding, severity: isBlockScaled ? .error : .warning)
  }

  /// Where the recipe decides on a module: the target that claims it, or the entry that keeps it.
  private func place(of module: Int, _ context: PlanningContext) -> LabelledSpan? {
    let last = context.modules[module].lastPart
    if let claim = claims.claims[module] { return LabelledSpan(claim.target.span, "claims \(last)") }
    return claims.kept[module].map { LabelledSpan($0.span, "keeps \(last)") }
  }
}

/// Layers that should have one scheme and have several.
struct FusedSetFinding {
  /// Last parts of the names, each with its group; without one it stays as it is.
  let members: [(name: String, group: String)]
  /// The full name of the first.
  let example: String
  /// How many sets of the model differ so.
  let count: Int
  /// Where the recipe decides; at least one.
  let places: [LabelledSpan]
  /// The modifier that searches one factor for all of them, if there is one.
  let searcher: String?

  /// Who gets what: `q_proj gets W4A16, k_proj and v_proj stay as they are`.
  var assignments: String {
    var order: [String] = []
    var names: [String: [String]] = [:]
    for member in members {
      if names[member.group] == nil { order.append(member.group) }
      if names[member.group]?.contains(member.name) != true { names[member.group, default: []].append(member.name) }
    }
    return order.map { group in
      let list = names[group] ?? []
      let isOne = list.count == 1
      let what =
        group.isEmpty
        ? (isOne ? "stays as it is" : "stay as they are") : "\(isOne ? "gets" : "get") \(group)"
      return "\(Self.phrase(list)) \(what)"
    }.joined(separator: ", ")
  }

  /// The layers: `q_proj, k_proj and v_proj`.
  var names: String {
    Self.phrase(members.map(\.name).reduce(into: []) { if !$0.contains($1) { $0.append($1) } })
  }

  /// Where: `in 4 blocks, first at model.layers.0.self_attn.q_proj`.
  var whereabouts: String { count == 1 ? "at \(example)" : "\(count) times, first at \(example)" }

  private static func phrase(_ list: [String]) -> String {
    guard let last = list.last, list.count > 1 else { return list.first ?? "" }
    return "\(list.dropLast().joined(separator: ", ")) and \(last)"
  }
}

extension QuantizationScheme {
  /// What of the scheme a runtime sees: nothing of how scales and codes were found.
  var served: QuantizationScheme {
    func served(_ arguments: QuantizationArguments?) -> QuantizationArguments? {
      arguments.map {
        var arguments = $0
        arguments.observer = nil
        arguments.observerArguments = []
        arguments.activationOrder = nil
        return arguments
      }
    }
    return QuantizationScheme(
      weights: served(weights),
      inputActivations: served(inputActivations),
      outputActivations: served(outputActivations),
      format: format
    )
  }
}
