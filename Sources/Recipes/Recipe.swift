package import Diagnostics
package import RecipeGrammar
package import Syntax
package import Vocabulary

/// A recipe that holds: every name exists, every value has its type and range, and no two fields contradict each other.
package struct Recipe: Sendable {
  /// The text it was read from.
  package let file: SourceFile
  /// The modifiers in the order of the text.
  package let modifiers: [RecipeModifier]
  /// What it says besides.
  package let sections: RecipeSections

  /// Its text and those of the recipes that it includes, in the order in which they were read.
  package var sourceBytes: [UInt8] { sources.combined.bytes }

  private let sources: RecipeSources

  /// Reads and checks a recipe; syntax errors keep the rest from being checked.
  ///
  /// - Parameters:
  ///   - file: The recipe.
  ///   - grammar: The language.
  ///   - loader: Where recipes come from that it includes.
  /// - Returns: The recipe, unless an error stands in its way.
  package static func check(
    _ file: SourceFile,
    grammar: Grammar = .standard,
    including loader: RecipeLoader = .none
  ) -> Checked<Recipe> {
    check(SyntaxTree.parse(file), grammar: grammar, including: loader)
  }

  /// Checks a recipe that is already parsed.
  package static func check(
    _ tree: SyntaxTree,
    grammar: Grammar = .standard,
    including loader: RecipeLoader = .none
  ) -> Checked<Recipe> {
    guard !tree.diagnostics.hasErrors else { return Checked(nil, tree.diagnostics) }
    var reader = IncludeReader(tree.file, loader: loader, grammar: grammar)
    let root = reader.merged(tree)
    let read = tree.diagnostics + reader.diagnostics
    guard let root, !read.hasErrors else { return Checked(nil, read.inSourceOrder()) }
    var context = CheckContext(sources: reader.sources, grammar: grammar)
    let document = RecipeDocument.read(root, &context)
    var modifiers: [RecipeModifier] = []
    for modifier in document.modifiers {
      if let read = RecipeModifier.read(modifier, earlier: modifiers, &context) { modifiers.append(read) }
    }
    modifiers = withoutRepetition(modifiers)
    if !context.diagnostics.hasErrors { RecipeRules.check(modifiers, &context) }
    let diagnostics = (read + context.diagnostics).inSourceOrder()
    if diagnostics.hasErrors { return Checked(nil, diagnostics) }
    return Checked(
      Recipe(file: tree.file, modifiers: modifiers, sections: document.sections, sources: reader.sources),
      diagnostics
    )
  }

  /// A diagnostic about a place of the recipe's stages as one about the file that the place is in.
  package func localized(_ diagnostic: Diagnostic) -> Diagnostic { sources.localized(diagnostic) }

  /// The recipe and all that it includes merged into one text without comments, which llm-compressor reads too.
  package static func expanded(
    _ file: SourceFile,
    grammar: Grammar = .standard,
    including loader: RecipeLoader
  ) -> Checked<SourceFile> {
    let tree = SyntaxTree.parse(file)
    guard !tree.diagnostics.hasErrors else { return Checked(nil, tree.diagnostics) }
    var reader = IncludeReader(file, loader: loader, grammar: grammar)
    let root = reader.merged(tree)
    let diagnostics = tree.diagnostics + reader.diagnostics.filter { $0.severity != .note }
    guard let root, !diagnostics.hasErrors else { return Checked(nil, diagnostics) }
    return Checked(SourceFile(name: file.name, text: root.plainText), diagnostics)
  }

  /// The work of the recipe in the order it is done.
  ///
  /// A modifier without groups of its own works on the groups of the stages before it.
  package func stageGraph() -> StageGraph {
    var graph = StageGraph()
    for modifier in modifiers {
      switch modifier.work {
      case .rotation(let stage): graph.rotation.append(stage)
      case .smoothing(let stage): graph.smoothing.append(stage)
      case .pruning(let stage): graph.pruning.append(stage)
      case .quantization(let stage): graph.quantization.append(stage.storing(sections.format?.value))
      case .takeover(let method):
        graph.quantization = graph.quantization.map {
          $0.method == .roundToNearest ? $0.taken(by: modifier.name, method) : $0
        }
      case .nothing: break
      }
    }
    graph.calibration = sections.calibration
    return graph
  }

  /// Fields that a modifier no longer has count only when no modifier of their own says the same.
  private static func withoutRepetition(_ modifiers: [RecipeModifier]) -> [RecipeModifier] {
    guard modifiers.contains(where: \.isImplied) else { return modifiers }
    return modifiers.filter { modifier in
      guard modifier.isImplied, case .quantization(let stage) = modifier.work else { return true }
      return !modifiers.contains { other in
        if !other.isImplied, case .quantization(let written) = other.work {
          stage.saysTheSame(as: written)
        } else {
          false
        }
      }
    }
  }
}

/// One modifier of a recipe.
package struct RecipeModifier: Sendable {
  /// What a modifier asks for.
  package enum Work: Sendable {
    /// Turning spaces between layers.
    case rotation(RotationStage)
    /// Moving outliers.
    case smoothing(SmoothingStage)
    /// Setting weights to zero.
    case pruning(PruningStage)
    /// Quantization of groups of its own.
    case quantization(QuantizationStage)
    /// Another method for the groups of the round-to-nearest stages before it.
    case takeover(QuantizationMethod)
    /// None: it says of what, and not how.
    case nothing
  }

  /// The modifier's name where it stands.
  package let name: Spanned<String>
  /// The stage key without its suffix.
  package let stageName: Spanned<String>
  /// The group key without its suffix.
  package let groupName: Spanned<String>
  /// Whether it follows from fields that earlier releases had in another modifier.
  package let isImplied: Bool
  /// What it asks for.
  package let work: Work
}

extension QuantizationStage {
  /// The stage with another method; columns keep the order that each group's arguments give.
  fileprivate func taken(by modifier: Spanned<String>, _ method: QuantizationMethod) -> QuantizationStage {
    guard groups.contains(where: { $0.scheme.value.weights != nil }) else { return self }
    return QuantizationStage(
      modifier: modifier,
      method: method,
      groups: groups,
      ignored: ignored,
      needsCalibration: true,
      keyValueCache: keyValueCache
    )
  }

  /// The stage with a checkpoint format for every group that names none.
  fileprivate func storing(_ format: CheckpointFormat?) -> QuantizationStage {
    guard let format else { return self }
    return QuantizationStage(
      modifier: modifier,
      method: method,
      groups: groups.map { group in group.changingScheme { $0.format = $0.format ?? format } },
      ignored: ignored,
      needsCalibration: needsCalibration,
      keyValueCache: keyValueCache
    )
  }

  /// Whether two stages claim the same modules for the same schemes.
  fileprivate func saysTheSame(as other: QuantizationStage) -> Bool {
    groups.map(\.scheme.value) == other.groups.map(\.scheme.value)
      && groups.map { $0.targets.map(\.value) } == other.groups.map { $0.targets.map(\.value) }
      && Set(ignored.map(\.value)) == Set(other.ignored.map(\.value))
  }
}
