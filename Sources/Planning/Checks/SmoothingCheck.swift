internal import Diagnostics
internal import Models
internal import Recipes
internal import Vocabulary

/// Holds mappings against the model's dataflow: who may hand a factor to whom.
struct SmoothingCheck {
  private let stage: SmoothingStage
  private let sites: [SmoothingSite]
  private let siteOfProducer: [String: SmoothingSite]

  /// Checks every smoothing modifier.
  ///
  /// - Returns: For each of them, in recipe order, the places it smooths.
  static func check(_ claims: ClaimResolution, _ context: inout PlanningContext) -> [[SmoothingSite]] {
    guard !context.graph.smoothing.isEmpty else { return [] }
    var places: [[SmoothingSite]] = []
    let sites = context.outline.decoder?.smoothingSites ?? []
    let table = Dictionary(sites.map { ($0.producer, $0) }) { first, _ in first }
    var owners: [String: SourceSpan] = [:]
    for stage in context.graph.smoothing {
      let ignored = context.ignored(by: stage.ignored)
      let check = SmoothingCheck(stage: stage, sites: sites, siteOfProducer: table)
      places.append([])
      guard context.outline.decoder != nil else {
        check.checkNames(&context)
        continue
      }
      let errors = context.errorCount
      let used = check.checkMappings(&context)
      guard context.errorCount == errors else { continue }
      let smoothed = check.leavingOut(ignored, of: used, &context)
      check.claim(smoothed, &owners, &context)
      check.checkPurpose(smoothed, claims, &context)
      places[places.count - 1] = smoothed.flatMap(\.sites)
    }
    return places
  }

  /// A mapping, or nil for those derived from the model, and its places.
  private typealias Used = (mapping: SmoothingMapping?, sites: [SmoothingSite])

  /// Of an unknown model only the names can be held against something.
  private func checkNames(_ context: inout PlanningContext) {
    context.report(SmoothingDiagnostics.mappingsNotChecked(stage.modifier, modelType: context.outline.modelType))
    for mapping in stage.mappings ?? [] { _ = reportUnmatched(mapping, &context) }
  }

  private func checkMappings(_ context: inout PlanningContext) -> [Used] {
    guard let mappings = stage.mappings else { return [(nil, sites.filter { isDerived($0.kind) })] }
    return mappings.map { mapping in
      (mapping, reportUnmatched(mapping, &context) ? [] : checkFlow(mapping, &context))
    }
  }

  /// Whether a place is taken when a modifier names none: AWQ takes all of a block, the others those behind norms.
  private func isDerived(_ kind: SmoothingSite.Kind) -> Bool {
    switch kind {
    case .attentionInput, .feedForwardInput: true
    case .queryLatent, .keyValueLatent, .attentionOutput, .feedForwardOutput, .expertOutput: isAWQ
    case .headInput: false
    }
  }

  private var isAWQ: Bool { if case .awq = stage.method { true } else { false } }

  /// Reports the first entry of a mapping that matches nothing.
  private func reportUnmatched(_ mapping: SmoothingMapping, _ context: inout PlanningContext) -> Bool {
    let entries = [mapping.smooth] + mapping.balance
    guard let unmatched = entries.first(where: { context.matches($0.value).isEmpty }) else { return false }
    let site = MappingGuess(mapping: mapping, sites: sites).site(&context)
    context.report(
      SmoothingDiagnostics.mappingMatchesNothing(
        unmatched,
        isWhole: entries.allSatisfy { context.matches($0.value).isEmpty },
        fix: site.flatMap { MappingText(stage.method, file: context.file).replacement(of: mapping, by: $0) }
      )
    )
    return true
  }

  /// Holds one mapping against the flow in every block that it is about; gives the places it means.
  private func checkFlow(_ mapping: SmoothingMapping, _ context: inout PlanningContext) -> [SmoothingSite] {
    let smooth = byBlock([mapping.smooth], &context)
    let balance = byBlock(mapping.balance, &context)
    if let several = smooth.filter({ !areOfExperts($0.value, context) }).min(by: { $0.key < $1.key }) {
      let names = several.value.map { context.modules[$0].name }
      context.report(SmoothingDiagnostics.severalSmoothLayers(mapping.smooth, names: names))
      return []
    }
    let blocks = Set(smooth.keys).intersection(balance.keys).sorted()
    let alone = Set(smooth.keys).symmetricDifference(balance.keys)
    if let first = alone.min() {
      context.report(
        SmoothingDiagnostics.mappingPartlyMatches(
          mapping,
          count: alone.count,
          example: (smooth[first] ?? balance[first] ?? []).first.map { context.modules[$0].name } ?? "",
          lacks: smooth[first] == nil ? "smooth layer" : "balance layer"
        )
      )
      return []
    }
    return checkBlocks(
      blocks.flatMap { block in pairs(smooth[block] ?? [], balance[block] ?? [], context) },
      mapping,
      &context
    )
  }

  /// Whether there is one smooth layer, or each is that of an expert.
  private func areOfExperts(_ layers: [Int], _ context: PlanningContext) -> Bool {
    guard layers.count > 1 else { return true }
    return layers.allSatisfy { layer in
      switch siteOfProducer[context.modules[layer].name]?.kind {
      case .expertOutput, .feedForwardOutput: true
      default: false
      }
    }
  }

  /// Each smooth layer of a block with the balance layers that are about it: of several, those that read it.
  private func pairs(
    _ smooth: [Int],
    _ balance: [Int],
    _ context: PlanningContext
  ) -> [(smooth: Int, balance: [Int])] {
    guard smooth.count > 1 else { return smooth.map { ($0, balance) } }
    return smooth.map { layer in
      let readers = Set(siteOfProducer[context.modules[layer].name]?.readers.map(\.name) ?? [])
      return (layer, balance.filter { readers.contains(context.modules[$0].name) })
    }
  }

  private func checkBlocks(
    _ blocks: [(smooth: Int, balance: [Int])],
    _ mapping: SmoothingMapping,
    _ context: inout PlanningContext
  ) -> [SmoothingSite] {
    var used: [SmoothingSite] = []
    var wrong = Occurrences<(producer: String, reader: String)>()
    var missing = Occurrences<(site: SmoothingSite, readers: [LinearOutline])>()
    for block in blocks {
      let producer = context.modules[block.smooth].name
      let names = block.balance.map { context.modules[$0].name }
      let site = siteOfProducer[producer]
      let readers = Set(site?.readers.map(\.name) ?? [])
      if let stranger = names.first(where: { !readers.contains($0) }) {
        wrong.add((producer, stranger))
      } else if let site {
        // What chooses experts takes up the factors whether or not the mapping says so.
        let left = site.readers.filter { reader in
          !names.contains(reader.name)
            && context.matcher.index(of: reader.name).map { context.modules[$0].role } != .router
        }
        if left.isEmpty { used.append(site) } else { missing.add((site, left)) }
      }
    }
    let text = MappingText(stage.method, file: context.file)
    if let first = wrong.first {
      let right = sites.first { $0.readers.contains { $0.name == first.reader } }
      context.report(
        SmoothingDiagnostics.doesNotFeed(
          mapping,
          first,
          count: wrong.count,
          right: right,
          fix: right.flatMap { text.replacement(of: mapping, by: $0) }
        )
      )
    } else if let first = missing.first {
      context.report(
        SmoothingDiagnostics.missesReader(
          mapping,
          producer: first.site.producer,
          readers: first.readers.map(\.name),
          count: missing.count,
          fix: text.addition(of: first.readers, to: mapping) ?? text.replacement(of: mapping, by: first.site)
        )
      )
    } else if let shared = used.first(where: { $0.repetition > 1 }) {
      context.report(SmoothingDiagnostics.sharedChannels(mapping, shared))
    }
    return used
  }

  /// The modules that targets match, by the number of their block; those outside of blocks come under -1.
  private func byBlock(_ targets: [Spanned<Target>], _ context: inout PlanningContext) -> [Int: [Int]] {
    var blocks: [Int: [Int]] = [:]
    for module in Set(targets.flatMap { context.matches($0.value).map(\.module) }).sorted() {
      blocks[DottedName(context.modules[module].name).firstNumber ?? -1, default: []].append(module)
    }
    return blocks
  }

  /// A place is left out when its smooth layer and all its balance layers are ignored, and not before.
  private func leavingOut(
    _ ignored: [Int: Spanned<Target>],
    of used: [Used],
    _ context: inout PlanningContext
  ) -> [Used] {
    var effective: Set<SourceSpan> = []
    var partial: [SourceSpan: (entry: Spanned<Target>, site: SmoothingSite)] = [:]
    let left = used.map { mapping, sites in
      let rest = sites.filter { site in
        let entries = ([site.producer] + site.readers.map(\.name))
          .map { name in context.matcher.index(of: name).flatMap { ignored[$0] } }
        let given = entries.compactMap { $0 }
        let isLeftOut = given.count == entries.count
        for entry in given {
          if isLeftOut {
            effective.insert(entry.span)
          } else if partial[entry.span] == nil {
            partial[entry.span] = (entry, site)
          }
        }
        return !isLeftOut
      }
      return (mapping: mapping, sites: rest)
    }
    for (span, found) in partial.sorted(by: { $0.key.start < $1.key.start }) where !effective.contains(span) {
      context.report(SmoothingDiagnostics.ignoreLeavesMapping(found.entry, found.site))
    }
    return left
  }

  /// A second factor on the same channels would undo what the first was found for.
  private func claim(_ used: [Used], _ owners: inout [String: SourceSpan], _ context: inout PlanningContext) {
    for (mapping, sites) in used {
      let place = mapping?.smooth.span ?? stage.modifier.span
      var collisions = Occurrences<(producer: String, other: SourceSpan)>()
      for site in sites {
        if let other = owners[site.producer] { collisions.add((site.producer, other)) }
        owners[site.producer] = place
      }
      guard let first = collisions.first else { continue }
      context.report(
        SmoothingDiagnostics.layerSmoothedTwice(first.producer, count: collisions.count, at: place, first: first.other)
      )
    }
  }

  /// Smoothing is done for layers that are quantized.
  private func checkPurpose(_ used: [Used], _ claims: ClaimResolution, _ context: inout PlanningContext) {
    let quantizes = context.graph.quantization.contains { $0.groups.contains { $0.scheme.value.weights != nil } }
    guard claims.isSound, quantizes else { return }
    let idle = used.filter { !$0.sites.isEmpty && !$0.sites.contains { serves($0, claims, context) } }
    let busy = used.contains { $0.sites.contains { serves($0, claims, context) } }
    if busy {
      for case let (mapping?, sites) in idle {
        context.report(SmoothingDiagnostics.smoothsNothingQuantized(mapping.smooth.span, sites[0], severity: .warning))
      }
    } else if let first = idle.first {
      context.report(
        SmoothingDiagnostics.smoothsNothingQuantized(
          stage.modifier.span,
          first.sites[0],
          severity: isAWQ ? .error : .warning
        )
      )
    }
  }

  private func serves(_ site: SmoothingSite, _ claims: ClaimResolution, _ context: PlanningContext) -> Bool {
    site.readers.contains { reader in
      guard let claim = context.matcher.index(of: reader.name).flatMap({ claims.claims[$0] }) else { return false }
      return context.graph.quantization[claim.stage].groups[claim.group].scheme.value.weights != nil
    }
  }
}

/// The first of several like findings, and their number.
private struct Occurrences<Finding> {
  private(set) var first: Finding?
  private(set) var count = 0

  mutating func add(_ finding: Finding) {
    if first == nil { first = finding }
    count += 1
  }
}
