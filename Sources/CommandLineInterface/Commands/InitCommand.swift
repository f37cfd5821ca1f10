internal import ArgumentParser
internal import Diagnostics
internal import Models
internal import Planning
internal import RecipeGrammar
internal import Recipes

/// `pare init`: writes the recipe that a model begins with.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a recipe that suits a model, with the reasons beside it.",
    discussion: """
      Reads config.json and safetensors headers only, never weights. The recipe goes to standard output, or to a file \
      that is not there yet.

        accuracy    4-bit weights, rounded with GPTQ
        speed       4-bit weights, scaled by AWQ: for single requests
        throughput  8-bit weights and inputs: for many requests at once
        size        half of the weights zero by SparseGPT, the others 4-bit

      A model of unknown architecture gets a recipe that needs no calibration.
      """
  )

  @Option(help: "The checkpoint's folder, or its name on a hub: org/name.", completion: .directory)
  var model: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write; standard output when omitted.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"])
  )
  var output: String?

  @Option(help: "What the model is compressed for.")
  var goal: RecipeGoal = .accuracy

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("The serving runtime whose rules the recipe keeps.", valueName: "runtime")
  )
  var runtime: RuntimeEntry?

  mutating func run() throws {
    let console = Console.standard
    if let output, FileSystem.exists(output) {
      throw CommandFailure(CommandDiagnostics.outputExists(output, as: "file"), status: .usage)
    }
    let outline = try Loading.outlineWithoutWeights(ModelReference(model), console: console)
    guard let recipe = FirstRecipe(for: outline, goal: goal, runtime: runtime) else {
      throw CommandFailure(CommandDiagnostics.noLinearLayers(model))
    }
    let file = recipe.file(named: output ?? "<stdout>")
    if let output {
      try NewFile.write(file.bytes, to: output)
    } else {
      console.print(file.bytes)
    }
    console.tell(remarks(on: file, outline: outline))
  }

  /// What `check` would find wrong with the recipe, such as a shape that the runtime does not take.
  private func remarks(on file: SourceFile, outline: ModelOutline) -> [Diagnostic] {
    let checked = Recipe.check(file)
    guard let recipe = checked.value, !checked.hasErrors else { return checked.diagnostics }
    let check = Plan.check(recipe, on: outline, request: PlanRequest(runtime: runtime))
    return check.diagnostics(after: checked.diagnostics).filter { $0.severity > .note }
  }
}
