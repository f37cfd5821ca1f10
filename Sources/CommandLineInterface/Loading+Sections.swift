internal import ArgumentParser
internal import Checkpoints
internal import Diagnostics
internal import Models
internal import Planning
internal import RecipeGrammar
internal import Recipes

extension RuntimeEntry: ExpressibleByArgument {
  package init?(argument: String) {
    guard let entry = Grammar.standard.runtime(argument) else { return nil }
    self = entry
  }

  package static var allValueStrings: [String] { Grammar.standard.runtimes.map(\.name) }
}

/// Sections of a recipe as defaults of options. Their paths are relative to the recipe's folder.
extension Loading {
  /// A path as a recipe has it.
  static func path(_ written: String, from recipe: Recipe) -> String {
    RecipeLoader.path(written, from: recipe.file)
  }

  /// The model: the option's, or the recipe's.
  static func model(_ option: String?, _ recipe: Recipe) throws(CommandFailure) -> ModelReference {
    if let option { return ModelReference(option) }
    if let section = recipe.sections.model { return ModelReference(section.value, in: recipe) }
    throw CommandFailure(SectionDiagnostics.missingFolder("model", in: recipe.file), status: .usage)
  }

  /// The folder to write: the option's, or the recipe's.
  static func outputFolder(_ option: String?, _ recipe: Recipe) throws(CommandFailure) -> String {
    if let folder = option ?? recipe.sections.output.map({ path($0.value, from: recipe) }) { return folder }
    throw CommandFailure(SectionDiagnostics.missingFolder("output", in: recipe.file), status: .usage)
  }

  /// The model that a recipe names, where it is at hand: recipes travel without their models.
  static func outlineOfSection(
    _ recipe: Recipe,
    architecture: Architecture? = nil
  ) throws(CommandFailure) -> ModelOutline? {
    guard let section = recipe.sections.model else { return nil }
    return try outlineAtHand(ModelReference(section.value, in: recipe), architecture: architecture)
  }

  /// Plans a recipe that must have a plan, telling what is to be said of it.
  static func validPlan(
    _ recipe: Recipe,
    on outline: ModelOutline,
    request: PlanRequest,
    console: Console
  ) throws(CommandFailure) -> Plan {
    let checked = Plan.make(recipe, on: outline, request: request)
    guard let plan = checked.value else { throw CommandFailure(checked.diagnostics) }
    console.tell(checked.diagnostics)
    return plan
  }

  /// Describes a model from config and headers, or from config and index when no weight file is at hand.
  static func outlineWithoutWeights(
    _ folder: String,
    architecture: Architecture? = nil
  ) throws(CommandFailure) -> ModelOutline {
    switch try outside(folder) {
    case .headers(let headers): return try plainOutline(headers, architecture: architecture)
    case .index(let index):
      if let outline = try derived(index, folder, architecture) { return outline }
      // The shapes of an unknown architecture stand in the headers alone.
      return try plainOutline(headers(folder), architecture: architecture)
    }
  }

  /// Describes a model from config and index; nil when a weight file is at hand, or the architecture is not known.
  static func derivedOutline(
    _ folder: String,
    architecture: Architecture? = nil
  ) throws(CommandFailure) -> ModelOutline? {
    let index: CheckpointIndex?
    do throws(CheckpointError) {
      index = try CheckpointOutside.readIndex(folder)
    } catch {
      throw error.failure
    }
    guard let index else { return nil }
    return try derived(index, folder, architecture)
  }

  private static func derived(
    _ index: CheckpointIndex,
    _ folder: String,
    _ architecture: Architecture?
  ) throws(CommandFailure) -> ModelOutline? {
    try refuseCompressed(index.config, in: folder)
    do throws(ModelError) {
      return try ModelOutline.derived(
        config: index.config,
        tensorNames: index.tensorNames,
        architecture: architecture
      )
    } catch {
      throw error.failure
    }
  }

  private static func outside(_ folder: String) throws(CommandFailure) -> CheckpointOutside {
    do throws(CheckpointError) {
      return try CheckpointOutside.read(folder)
    } catch {
      throw error.failure
    }
  }
}
