internal import ArgumentParser
internal import Diagnostics
internal import Models
internal import Planning
internal import Recipes

/// What `check` refuses although it would pass otherwise.
enum DeniedDiagnostics: String, CaseIterable, ExpressibleByArgument {
  /// Every warning.
  case warnings
}

/// `pare check`: says what is wrong with recipes, and repairs what can be repaired safely.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check recipes, alone or against a model, and repair them.",
    discussion: """
      Reads config.json and safetensors headers only, never weights; of a model on a hub it downloads no more. "-" reads standard input.

      Exit status: 0 fine, 1 there are errors (or warnings, with --deny warnings; or repairs, with --diff), \
      2 a file cannot be read, 3 a file cannot be written.
      """
  )

  @Argument(help: "Recipes.", completion: .file(extensions: ["yaml", "yml"]))
  var recipes: [String]

  @Option(
    help: "A checkpoint's folder or its name on a hub: also check targets, shapes and schemes against it.",
    completion: .directory
  )
  var model: String?

  @OptionGroup
  var shape: ArchitectureOptions

  @OptionGroup
  var serving: ServingOptions

  @Option(help: "How to show diagnostics: text, concise, json, sarif or github.")
  var format: CheckFormat = .text

  @Option(help: "Fail on warnings too.")
  var deny: DeniedDiagnostics?

  @Flag(help: "Make all safe repairs in the files; what came from standard input goes to standard output.")
  var fix = false

  @Flag(help: "Show what --fix would change, and change nothing.")
  var diff = false

  func validate() throws {
    if recipes.count(where: { $0 == "-" }) > 1 { throw ValidationError("standard input can be read once only") }
    let usesOutput = diff || (fix && recipes.contains("-"))
    if usesOutput, format != .text {
      throw ValidationError(
        "\(diff ? "--diff" : "--fix with -") writes to standard output, as --format \(format.rawValue) does"
      )
    }
  }

  mutating func run() throws {
    let console = Console.standard
    var report = CheckReport()
    var status: CommandFailure.Status?
    var outline: ModelOutline?
    var architecture: Architecture?
    do throws(CommandFailure) {
      architecture = try shape.architecture()
      if let model {
        outline = try Loading.outlineWithoutWeights(ModelReference(model), architecture: architecture, console: console)
      }
    } catch {
      report.add(error.diagnostics)
      status = error.status
    }
    for path in recipes {
      do throws(CommandFailure) {
        try check(path, outline: outline, architecture: architecture, console: console, report: &report)
      } catch {
        report.add(error.diagnostics, at: path)
        status = error.status.rawValue > status?.rawValue ?? 0 ? error.status : status
      }
    }
    if let document = report.document(format) {
      console.print(Array(document.utf8))
    } else {
      console.tell(report.diagnostics)
      let summary = report.summary(offersFixes: !fix && !diff)
      console.tell("\(report.entries.isEmpty ? "" : "\n")\(report.resolutionText)\(summary)\n")
    }
    let denied: Severity = deny == .warnings ? .warning : .error
    if status == nil, report.diagnostics.contains(where: { $0.severity >= denied }) { status = .inputHasErrors }
    if let status { throw CommandFailure([], status: status) }
  }

  /// Checks one recipe and, when asked to, repairs it.
  private func check(
    _ path: String,
    outline: ModelOutline?,
    architecture: Architecture?,
    console: Console,
    report: inout CheckReport
  ) throws(CommandFailure) {
    let file = try Loading.recipeFile(path)
    let checked = Recipe.check(file, including: .files)
    var outline = outline
    if outline == nil, let recipe = checked.value {
      outline = try Loading.outlineOfSection(recipe, architecture: architecture)
    }
    guard fix || diff else {
      let (diagnostics, targets) = findings(of: checked, outline: outline)
      report.addRecipe(file.name, diagnostics)
      report.addResolution(file.name, targets)
      return
    }
    let fixed = file.fixing { diagnostics(of: $0, outline: outline) }
    if diff {
      console.print(UnifiedDiff(from: file, to: fixed.file).bytes)
    } else if path == "-" {
      console.print(fixed.file.bytes)
    } else if fixed.fixCount > 0 {
      do throws(FileReplacement.Obstacle) {
        try FileReplacement.write(fixed.file.bytes, to: path)
      } catch {
        report.addRecipe(file.name, diagnostics(of: file, outline: outline))
        throw error.failure
      }
    }
    if fixed.fixCount > 0 {
      console.tell("\(diff ? "would fix" : "fixed") \(counted(fixed.fixCount, "problem")) in \(file.name.visible)\n")
    }
    report.addRecipe(file.name, fixed.diagnostics)
    if diff, fixed.fixCount > 0 { throw CommandFailure([]) }
  }

  private func diagnostics(of file: SourceFile, outline: ModelOutline?) -> [Diagnostic] {
    findings(of: Recipe.check(file, including: .files), outline: outline).diagnostics
  }

  /// What is said of a recipe, against the model when it holds by itself, and what its targets stand for.
  private func findings(
    of checked: Checked<Recipe>,
    outline: ModelOutline?
  ) -> (diagnostics: [Diagnostic], targets: [ResolvedTarget]) {
    guard let recipe = checked.value, !checked.hasErrors, let outline else { return (checked.diagnostics, []) }
    let request = PlanRequest(runtime: serving.runtime(for: recipe))
    let check = Plan.check(recipe, on: outline, request: request)
    return (check.diagnostics(after: checked.diagnostics), check.resolvedTargets)
  }
}
