internal import Diagnostics
internal import Models
internal import Recipes
internal import Vocabulary

/// What every check against a model needs: the recipe, the model, and the place where findings go.
struct PlanningContext: Sendable {
  let recipe: Recipe
  let graph: StageGraph
  let outline: ModelOutline
  let request: PlanRequest
  let matcher: ModuleMatcher
  /// How grave it is that this version cannot execute something: whoever only checks is just told.
  let gapSeverity: Severity
  private(set) var diagnostics: [Diagnostic] = []
  private var found: [Target: [Match]] = [:]
  private var names: ModuleNames?
  private var remarkedIgnores: Set<SourceSpan> = []

  typealias Match = (module: Int, kind: ModuleMatcher.Kind)

  init(
    _ recipe: Recipe,
    on outline: ModelOutline,
    request: PlanRequest,
    gapSeverity: Severity
  ) {
    self.gapSeverity = gapSeverity
    self.recipe = recipe
    graph = recipe.stageGraph()
    self.outline = outline
    self.request = request
    matcher = ModuleMatcher(modules: outline.modules)
  }

  var modules: [Module] { outline.modules }

  /// The recipe's own text; spans that lie behind its end are in recipes that it includes.
  var file: SourceFile { recipe.file }

  /// Keeps a finding, which becomes one about the text that its place is in.
  mutating func report(_ diagnostic: Diagnostic) {
    diagnostics.append(recipe.localized(diagnostic))
  }

  /// The modules that a target matches; a target that several modifiers share is looked for once.
  mutating func matches(_ target: Target) -> [Match] {
    if let known = found[target] { return known }
    let matches = matcher.matches(target)
    found[target] = matches
    return matches
  }

  /// The modules that entries of an `ignore` list match, each with its first entry; one that matches none is reported.
  mutating func ignored(by entries: [Spanned<Target>]) -> [Int: Spanned<Target>] {
    var ignored: [Int: Spanned<Target>] = [:]
    for entry in entries {
      let matches = matches(entry.value)
      for match in matches where ignored[match.module] == nil { ignored[match.module] = entry }
      if matches.isEmpty, !mayMeanTiedHead(entry.value), remarkedIgnores.insert(entry.span).inserted {
        report(ClaimDiagnostics.ignoreMatchesNothing(entry, offer: offer(for: entry), in: file))
      }
    }
    return ignored
  }

  /// The name, class or pattern that a target probably means.
  mutating func offer(for target: Spanned<Target>) -> TargetOffer? {
    let names = names ?? ModuleNames(modules)
    self.names = names
    return names.offer(for: target.value)
  }

  /// Of an unknown model nobody knows whether its head is tied, and then there is no tensor to find it by.
  private func mayMeanTiedHead(_ target: Target) -> Bool {
    guard outline.decoder == nil else { return false }
    let heads = Architecture.headNames.map { Module(name: $0, className: "Linear", kind: .other) }
    return !ModuleMatcher(modules: heads).matches(target).isEmpty
  }
}

extension PlanningContext {
  /// Errors found so far.
  var errorCount: Int { diagnostics.count { $0.severity == .error } }
}
