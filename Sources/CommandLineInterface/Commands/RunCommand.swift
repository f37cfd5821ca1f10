internal import ArgumentParser
internal import Checkpoints
internal import Diagnostics
internal import Execution
internal import JSONDocuments
internal import Kernels
internal import Models
internal import Modifiers
internal import Planning
internal import Recipes
internal import ReportPages
internal import Tokenization
internal import Vocabulary

extension Arithmetic: ExpressibleByArgument {}

/// The forms of a report that people look at.
enum ReportForm: String, CaseIterable, ExpressibleByArgument {
  /// One page without anything outside of itself.
  case html
}

/// `pare run`: compresses a model as a recipe says.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Compress a model as a recipe says.",
    discussion: """
      The output folder appears whole or not at all; nothing is ever written over. What is finished of it is kept in a hidden \
      folder beside it: after a crash or an interrupt, the same command with --resume goes on from there. A model that is \
      named org/name and is not at hand is downloaded first: see pare fetch.
      """
  )

  @Argument(help: "The recipe.", completion: .file(extensions: ["yaml", "yml"]))
  var recipe: String

  @Option(help: "The checkpoint's folder or its name on a hub, org/name; overrides the recipe.", completion: .directory)
  var model: String?

  @OptionGroup
  var shape: ArchitectureOptions

  @Option(help: "The folder to write; overrides the recipe.", completion: .directory)
  var output: String?

  @Option(
    help:
      "Calibration data: JSON Lines with text, messages or input_ids, plain text, safetensors with input_ids, or org/name:path on a hub; overrides the recipe.",
    completion: .file()
  )
  var calibration: String?

  @Option(help: "Calibration sequences; overrides the recipe.")
  var samples: Int?

  @Option(help: "Tokens of each calibration sequence; overrides the recipe.")
  var sequenceLength: Int?

  @Flag(help: "Go on with an unfinished run of the same output.")
  var resume = false

  @OptionGroup
  var serving: ServingOptions

  @Option(help: "Threads that compute; all processors unless told otherwise.")
  var threads: Int?

  @OptionGroup
  var budget: MemoryOptions

  @Option(help: "float32, or reference for llm-compressor's own rounding (data-free recipes).")
  var arithmetic: Arithmetic = .float32

  @Option(help: "html: keep one page about the run, with plots, beside the weights (pare-report.html).")
  var report: ReportForm?

  func validate() throws {
    try CalibrationOptions.validate(samples: samples, sequenceLength: sequenceLength, threads: threads)
  }

  mutating func run() throws {
    let started = ContinuousClock.now
    Allocation.returnLargeBlocks()
    let console = Console.standard
    let recipe = try Loading.validRecipe(recipe, console: console)
    let reference = try Loading.model(model, recipe)
    let output = try Loading.outputFolder(output, recipe)
    let isFree = FileSystem.isFree(output)
    guard isFree || resume else {
      throw CommandFailure(CommandDiagnostics.outputExists(output), status: .usage)
    }
    guard FileSystem.hasParent(output) else {
      throw CommandFailure(CommandDiagnostics.missingOutputParent(output), status: .usage)
    }
    let model = try Loading.folder(reference, console: console)
    let headers = try Loading.headers(model)
    let outline = try Loading.plainOutline(headers, architecture: shape.architecture())
    let request = PlanRequest(samples: samples, sequenceLength: sequenceLength, runtime: serving.runtime(for: recipe))
    let plan = try Loading.validPlan(recipe, on: outline, request: request, console: console)
    if arithmetic == .reference, let work = plan.workWithoutReference {
      throw ValidationError("--arithmetic reference is for recipes that round to nearest; \(work) in float32")
    }
    let keepsActivationsInFiles = try budget.keepsActivationsInFiles(plan)
    let windows = try windows(plan, recipe: recipe, model: model, outline: outline, console: console)

    let progress = Progress("compressing", console: console)
    let interruption = Interruption()
    let flag = interruption.flag
    let page = report.map { _ in RunPageMaker(plan: plan, outline: outline, model: model, recipe: recipe.file) }
    var options = RunOptions(
      processor: Processor(
        threadCount: threads ?? Machine.processorCount,
        products: ProductType(of: outline.elementType)
      ),
      arithmetic: arithmetic,
      version: Version.current,
      recipe: recipe.file.bytes,
      recipeSources: recipe.sourceBytes,
      resumes: resume,
      keepsActivationsInFiles: keepsActivationsInFiles,
      isInterrupted: { flag.isSet },
      progress: { step in
        switch step {
        case .settled(let done, let total, let layer): progress.show(done, of: total, detail: layer)
        case .dampened(let layer, let asked, let used):
          progress.end()
          console.tell([CommandDiagnostics.moreDampening(layer, asked: asked, used: used)])
        case .nothingToResume:
          progress.end()
          console.tell([CommandDiagnostics.nothingToResume(output)])
        }
      }
    )
    if let page {
      options.histogramLayers = page.histogramLayers
      let processor = options.processor
      options.page = { report in
        page.page(report, processor: processor, seconds: (ContinuousClock.now - started) / .seconds(1)).html()
      }
    }
    let checkpoint = try Loading.checkpoint(headers)
    guard isFree else {
      try refuseUnlessFinished(plan, on: checkpoint, windows: windows, output: output, options: options)
      console.tell([CommandDiagnostics.alreadyFinished(output)])
      return
    }
    let report = try execute(
      plan,
      on: checkpoint,
      outline: outline,
      windows: windows,
      destination: output,
      options: options,
      progress: progress
    )
    console.print(
      RunSummary(
        plan: plan,
        report: report,
        output: output,
        seconds: (ContinuousClock.now - started) / .seconds(1)
      ).text
    )
  }

  private func execute(
    _ plan: Plan,
    on checkpoint: Checkpoint,
    outline: ModelOutline,
    windows: [[Int32]],
    destination: String,
    options: RunOptions,
    progress: Progress
  ) throws(CommandFailure) -> RunReport {
    defer { progress.end() }
    do throws(ExecutionError) {
      return try plan.run(
        on: checkpoint,
        outline: outline,
        windows: windows,
        destination: destination,
        options: options
      )
    } catch {
      throw error.failure(calibration: calibration ?? "the calibration data", output: destination)
    }
  }

  /// Finds that what stands at the output is what this run would write: an earlier one may have died after its end.
  private func refuseUnlessFinished(
    _ plan: Plan,
    on checkpoint: Checkpoint,
    windows: [[Int32]],
    output: String,
    options: RunOptions
  ) throws(CommandFailure) {
    let refusal = CommandFailure(CommandDiagnostics.outputExists(output), status: .usage)
    let path = "\(output)/\(RunReport.fileName)"
    guard FileSystem.exists(path), let report = try? JSON.parse(InputFile.read(path)) else { throw refusal }
    let fingerprint: RunFingerprint
    do throws(ExecutionError) {
      fingerprint = try RunFingerprint(plan, on: checkpoint, windows: windows, options: options)
    } catch {
      throw error.failure(calibration: calibration ?? "the calibration data", output: output)
    }
    guard fingerprint.isThat(ofReport: report) else { throw refusal }
    StagingFolder.removeRemains(beside: output)
  }

  private func windows(
    _ plan: Plan,
    recipe: Recipe,
    model: String,
    outline: ModelOutline,
    console: Console
  ) throws(CommandFailure) -> [[Int32]] {
    guard let wanted = plan.calibration, let decoder = outline.decoder else { return [] }
    let asked = recipe.sections.calibration
    guard
      let data = calibration.map({ DataReference($0) }) ?? asked.dataset.map({ DataReference($0.value, in: recipe) })
    else {
      guard let modifier = recipe.stageGraph().readers.first else { return [] }
      throw CommandFailure(CommandDiagnostics.calibrationMissing(recipe.file, modifier: modifier))
    }
    let path = try Loading.file(data, console: console)
    let windows = try Loading.windows(
      path,
      textColumn: asked.textColumn?.value ?? "text",
      tokenizerFolder: model,
      request: TokenWindows.Request(
        sequenceLength: wanted.sequenceLength,
        maximumCount: wanted.samples,
        vocabularySize: decoder.configuration.vocabularySize,
        addsSpecialTokens: true,
        seed: asked.seed.map { UInt64($0.value) }
      )
    )
    if windows.sequences.count < wanted.samples {
      console.tell([
        CommandDiagnostics.fewerSequences(asked: wanted.samples, found: windows.sequences.count, path: path)
      ])
    }
    return windows.sequences
  }
}

extension Plan {
  /// Work that has no reference arithmetic, as the beginning of a sentence; nil when all has.
  fileprivate var workWithoutReference: String? {
    if assignments.contains(where: \.usesMoments) { return "GPTQ computes" }
    if rotation != nil { return "rotation computes" }
    if !prunings.isEmpty { return "pruning computes" }
    if !smoothings.isEmpty { return "smoothing computes" }
    return assignments.contains { $0.observer != .minMax } ? "the search for ranges computes" : nil
  }
}

/// What a run tells at its end.
private struct RunSummary {
  let plan: Plan
  let report: RunReport
  let output: String
  let seconds: Double

  var text: String {
    let costs = plan.costs
    let ratio = Double(costs.inputBytes) / Double(max(costs.outputBytes, 1))
    let errors = report.layers.map(\.relativeError).sorted()
    let middle = errors.isEmpty ? 0 : errors[errors.count / 2]
    return """
      wrote \(output)
      weights       \(ByteCount.text(costs.inputBytes)) → \(ByteCount.text(costs.outputBytes)), \
      \(Decimal.text(ratio, places: 2)) times smaller
      tensors       \(account)
      layers        \(layers), median relative error \(Decimal.text(middle, places: 4)), \
      largest \(Decimal.text(errors.last ?? 0, places: 4))
      \(experts)time          \(Decimal.text(seconds, places: 2)) s\(resumed)\(phases)
      peak memory   \(ByteCount.text(Machine.peakResidentBytes))\(leftOut)
      """
  }

  private var layers: String {
    let parts = [
      (plan.stages.filter { $0.kind == .rotation }.map(\.moduleCount).reduce(0, +), "rotated"),
      (plan.prunings.count { $0.method != .constant }, "pruned"), (plan.assignments.count, "quantized"),
    ]
    let words = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return words.isEmpty ? "none changed" : words.joined(separator: ", ")
  }

  /// How the routers spread the calibration tokens; a line of its own where there are experts.
  private var experts: String {
    let counts = report.experts.flatMap(\.tokenCounts).sorted()
    guard let least = counts.first, let most = counts.last else { return "" }
    let few = counts.count { $0 < ExpertRouting.leastCalibrationTokens }
    return
      "experts       \(counts.count), which got \(least) to \(most) tokens, \(counts[counts.count / 2]) in the middle; "
      + "\(few) fewer than \(ExpertRouting.leastCalibrationTokens)\n"
  }

  /// What became of the tensors of the input.
  private var account: String {
    let account = report.account
    let parts = [
      (account.copiedCount, "copied"), (account.rewrittenCount, "rewritten"), (account.compressedCount, "compressed"),
      (account.dropped.count, "dropped"),
    ]
    let words = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    let reasons = Set(account.dropped.map(\.reason)).sorted().joined(separator: ", ")
    return "\(account.readCount) read: \(words.joined(separator: ", "))" + (reasons.isEmpty ? "" : " (\(reasons))")
  }

  private var resumed: String {
    report.resumedBlockCount.map { " since it was resumed behind \(UnfinishedRun.text(ofBlocks: $0))" } ?? ""
  }

  private var leftOut: String {
    report.filesLeftOut.isEmpty ? "" : "\nnot copied    \(report.filesLeftOut.joined(separator: ", "))"
  }

  private var phases: String {
    let shown = report.phases.filter { $0.seconds >= 0.005 }
      .map { "\($0.name) \(Decimal.text($0.seconds, places: 2))" }
    return shown.isEmpty ? "" : " (\(shown.joined(separator: ", ")))"
  }
}
