internal import ArgumentParser
internal import Diagnostics
internal import RecipeGrammar
internal import Recipes

/// Who will serve the model, as several commands ask.
struct ServingOptions: ParsableArguments {
  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "A serving runtime whose rules the model must keep; overrides the recipe.",
      valueName: "runtime"
    )
  )
  var runtime: RuntimeEntry?

  /// The runtime whose rules hold: the option's, or the one that the recipe names.
  func runtime(for recipe: Recipe) -> RuntimeEntry? {
    runtime ?? recipe.sections.runtime.flatMap { Grammar.standard.runtime($0.value) }
  }
}
