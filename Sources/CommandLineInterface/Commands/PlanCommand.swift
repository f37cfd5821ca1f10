internal import ArgumentParser
internal import Diagnostics
internal import JSONDocuments
internal import Kernels
internal import Models
internal import Planning
internal import Recipes
internal import Vocabulary

/// How `plan` shows a plan.
enum PlanFormat: String, CaseIterable, ExpressibleByArgument {
  /// A table.
  case text
  /// One JSON object.
  case json
  /// A graph in Graphviz's language.
  case dot
  /// A graph in Mermaid's language.
  case mermaid
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

  @OptionGroup
  var budget: MemoryOptions

  @Option(help: "How to show the plan: text, json, or as a graph dot or mermaid.")
  var format: PlanFormat = .text

  @Flag(help: "Also estimate how long the arithmetic takes, from a measurement of this machine.")
  var estimate = false

  func validate() throws {
    try CalibrationOptions.validate(samples: samples, sequenceLength: sequenceLength)
    if estimate, format == .dot || format == .mermaid { throw ValidationError("a graph shows no estimate of time") }
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
    if budget.memory != nil { _ = try budget.keepsActivationsInFiles(plan) }
    let processor = Processor(threadCount: Machine.processorCount, products: ProductType(of: outline.elementType))
    let estimate = estimate ? TimeEstimate(plan.costs, at: .measure(processor)) : nil
    switch format {
    case .text: console.print(PlanTable(plan: plan, outline: outline, estimate: estimate).text)
    case .json: console.print(plan.json(estimate: estimate).serialized(.prettyInOrder))
    case .dot: console.print(PlanGraph(plan, outline).dot)
    case .mermaid: console.print(PlanGraph(plan, outline).mermaid)
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
