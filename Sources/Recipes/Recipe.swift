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
  /// What it says of its calibration data.
  package let calibration: CalibrationRequest

  /// Reads and checks a recipe; syntax errors keep the rest from being checked.
  package static func check(_ file: SourceFile, grammar: Grammar = .standard) -> Checked<Recipe> {
    check(SyntaxTree.parse(file), grammar: grammar)
  }

  /// Checks a recipe that is already parsed.
  package static func check(_ tree: SyntaxTree, grammar: Grammar = .standard) -> Checked<Recipe> {
    guard let root = tree.root, !tree.diagnostics.hasErrors else { return Checked(nil, tree.diagnostics) }
    var context = CheckContext(file: tree.file, grammar: grammar)
    let document = RecipeDocument.read(root, &context)
    var modifiers: [RecipeModifier] = []
    for modifier in document.modifiers {
      if let read = RecipeModifier.read(modifier, earlier: modifiers, &context) { modifiers.append(read) }
    }
    if !context.diagnostics.hasErrors { ModifierRules.check(modifiers, &context) }
    let diagnostics = (tree.diagnostics + context.diagnostics).inSourceOrder()
    if diagnostics.hasErrors { return Checked(nil, diagnostics) }
    return Checked(Recipe(file: tree.file, modifiers: modifiers, calibration: document.calibration), diagnostics)
  }

  /// The work of the recipe in the order it is done.
  ///
  /// A modifier without groups of its own works on the groups of the stages before it.
  package func stageGraph() -> StageGraph {
    var stages: [QuantizationStage] = []
    for modifier in modifiers {
      switch modifier.work {
      case .stage(let stage):
        stages.append(stage)
      case .takeover(let method):
        stages = stages.map { $0.method == .roundToNearest ? $0.taken(by: modifier.name, method) : $0 }
      }
    }
    return StageGraph(quantization: stages, calibration: calibration)
  }
}

/// One modifier of a recipe.
package struct RecipeModifier: Sendable {
  /// What a modifier asks for.
  package enum Work: Sendable {
    /// Work on groups of its own.
    case stage(QuantizationStage)
    /// Another method for the groups of the round-to-nearest stages before it.
    case takeover(QuantizationMethod)
  }

  /// The modifier's name where it stands.
  package let name: Spanned<String>
  /// The stage key without its suffix.
  package let stageName: Spanned<String>
  /// The group key without its suffix.
  package let groupName: Spanned<String>
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
      keyValueCache: keyValueCache,
      bypassesDivisibilityChecks: bypassesDivisibilityChecks
    )
  }
}
