internal import ArgumentParser
internal import RecipeGrammar

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
}
