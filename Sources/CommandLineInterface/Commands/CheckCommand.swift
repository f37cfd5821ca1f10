internal import ArgumentParser
internal import Diagnostics
internal import JSONDocuments
internal import Models
internal import Planning
internal import Recipes

/// How `check` shows diagnostics.
enum CheckFormat: String, CaseIterable, ExpressibleByArgument {
  /// With the source line.
  case text
  /// One line each.
  case concise
  /// One JSON object.
  case json
}

/// `pare check`: says what is wrong with recipes.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check recipes, alone or against a model.",
    discussion: "Reads config.json and safetensors headers only, never weights. \"-\" reads standard input."
  )

  @Argument(help: "Recipes.", completion: .file(extensions: ["yaml", "yml"]))
  var recipes: [String]

  @Option(help: "A checkpoint's folder: also check targets, shapes and schemes against it.", completion: .directory)
  var model: String?

  @Option(help: "How to show diagnostics: text, concise or json.")
  var format: CheckFormat = .text

  mutating func run() throws {
    let outline = try model.map { try Loading.plainOutline(Loading.headers($0)) }
    var diagnostics: [Diagnostic] = []
    for path in recipes {
      let checked = try Loading.recipe(path)
      diagnostics += checked.diagnostics
      guard let recipe = checked.value, !checked.hasErrors, let outline else { continue }
      diagnostics +=
        Plan.make(recipe.stageGraph(), file: recipe.file, outline: outline, request: PlanRequest())
        .diagnostics
    }
    show(diagnostics)
    if diagnostics.hasErrors { throw CommandFailure([]) }
  }

  private func show(_ diagnostics: [Diagnostic]) {
    let console = Console.standard
    switch format {
    case .text:
      console.tell(diagnostics)
      let errors = diagnostics.count { $0.severity == .error }
      let warnings = diagnostics.count { $0.severity == .warning }
      let found = errors + warnings == 0 ? "no errors" : "\(counted(errors, "error")), \(counted(warnings, "warning"))"
      console.tell("\(diagnostics.isEmpty ? "" : "\n")\(counted(recipes.count, "recipe")) checked: \(found)\n")
    case .concise:
      for diagnostic in diagnostics { console.print(diagnostic.concise) }
    case .json:
      let document = JSON.object([JSON.Member("diagnostics", .array(diagnostics.map(\.json)))])
      console.print(document.serialized(.prettyInOrder))
    }
  }

  private func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
