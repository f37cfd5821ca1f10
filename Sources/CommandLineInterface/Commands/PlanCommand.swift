internal import ArgumentParser
internal import Diagnostics
internal import JSONDocuments
internal import Planning
internal import Recipes

/// How `plan` shows a plan.
enum PlanFormat: String, CaseIterable, ExpressibleByArgument {
  /// A table.
  case text
  /// One JSON object.
  case json
}

/// `pare plan`: says what a recipe will do to a model, and what it costs.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show what a recipe will do to a model, and what it costs.",
    discussion: """
      Reads config.json and safetensors headers only, never weights; of a model on a hub it downloads no more.
      """
  )

  @Argument(help: "The recipe.", completion: .file(extensions: ["yaml", "yml"]))
  var recipe: String

  @Option(help: "The checkpoint's folder or its name on a hub, org/name; overrides the recipe.", completion: .directory)
  var model: String?

  @OptionGroup
  var shape: ArchitectureOptions

  @Option(help: "Calibration sequences; overrides the recipe.")
  var samples: Int?

  @Option(help: "Tokens of each calibration sequence; overrides the recipe.")
  var sequenceLength: Int?

  @OptionGroup
  var serving: ServingOptions

  @Option(help: "How to show the plan: text or json.")
  var format: PlanFormat = .text

  func validate() throws {
    try CalibrationOptions.validate(samples: samples, sequenceLength: sequenceLength)
  }

  mutating func run() throws {
    let console = Console.standard
    let recipe = try Loading.validRecipe(recipe, console: console)
    let outline = try Loading.outlineWithoutWeights(
      Loading.model(model, recipe),
      architecture: shape.architecture(),
      console: console
    )
    let request = PlanRequest(samples: samples, sequenceLength: sequenceLength, runtime: serving.runtime(for: recipe))
    let plan = try Loading.validPlan(recipe, on: outline, request: request, console: console)
    switch format {
    case .text: console.print(PlanTable(plan: plan, outline: outline).text)
    case .json: console.print(plan.json.serialized(.prettyInOrder))
    }
  }
}

/// Rules that options of several commands share.
enum CalibrationOptions {
  /// Refuses counts that are not positive.
  static func validate(
    samples: Int? = nil,
    windows: Int? = nil,
    sequenceLength: Int?,
    threads: Int? = nil
  ) throws {
    if let samples, samples < 1 { throw ValidationError("--samples must be at least 1") }
    if let windows, windows < 1 { throw ValidationError("--windows must be at least 1") }
    if let sequenceLength, sequenceLength < 2 { throw ValidationError("--sequence-length must be at least 2") }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
  }
}
