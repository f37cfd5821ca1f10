internal import ArgumentParser
internal import Diagnostics
internal import Recipes
internal import Syntax

/// `pare fmt`: lays recipes out in the one canonical way.
struct FormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt",
    abstract: "Lay recipes out in the canonical way.",
    discussion: """
      Changes spaces, line breaks and quotes, never what a recipe means, and keeps every comment. Recipes that are JSON \
      stay as they are; of Markdown files only the front matter is laid out. "-" reads standard input and writes to \
      standard output.

      Exit status: 0 fine, 1 a recipe does not parse (or would change, with --check or --diff), 2 a file cannot be \
      read, 3 a file cannot be written.
      """
  )

  @Argument(help: "Recipes.", completion: .file(extensions: ["yaml", "yml", "md"]))
  var recipes: [String]

  @Flag(help: "Print the names of recipes that would change, and change nothing.")
  var check = false

  @Flag(help: "Show what would change, and change nothing.")
  var diff = false

  @Flag(
    help: "Print the recipe with all that it includes in place, as one file that llm-compressor reads; change nothing."
  )
  var expand = false

  func validate() throws {
    if expand, check || diff || recipes.count != 1 {
      throw ValidationError("--expand prints one recipe, and goes with no other option")
    }
    if recipes.count(where: { $0 == "-" }) > 1 { throw ValidationError("standard input can be read once only") }
    if check, diff { throw ValidationError("--check and --diff both write to standard output") }
  }

  mutating func run() throws {
    let console = Console.standard
    if expand { return try printExpanded(recipes[0], console: console) }
    var outcomes: [Outcome: Int] = [:]
    var status: CommandFailure.Status?
    for path in recipes {
      do throws(CommandFailure) {
        outcomes[try format(path, console: console), default: 0] += 1
      } catch {
        console.tell(error.diagnostics)
        outcomes[.failed, default: 0] += 1
        status = error.status.rawValue > status?.rawValue ?? 0 ? error.status : status
      }
    }
    let parts = Outcome.allCases.compactMap { outcome in
      outcomes[outcome].map { "\($0) \(outcome.words(isDryRun: check || diff))" }
    }
    if recipes != ["-"] { console.tell("\(counted(recipes.count, "recipe")): \(parts.joined(separator: ", "))\n") }
    if status == nil, check || diff, outcomes[.changed] != nil { status = .inputHasErrors }
    if let status { throw CommandFailure([], status: status) }
  }

  /// What became of a recipe.
  private enum Outcome: CaseIterable {
    case changed
    case unchanged
    case json
    case failed

    func words(isDryRun: Bool) -> String {
      switch self {
      case .changed: isDryRun ? "would change" : "formatted"
      case .unchanged: "as it should be"
      case .json: "JSON and left as it is"
      case .failed: "not formatted"
      }
    }
  }

  private func printExpanded(_ path: String, console: Console) throws(CommandFailure) {
    let file = try Loading.recipeFile(path)
    let expanded = Recipe.expanded(file, including: .files)
    guard let whole = expanded.value, let result = SyntaxTree.parse(whole).formatted().value else {
      throw CommandFailure(expanded.diagnostics)
    }
    console.tell(expanded.diagnostics)
    console.print(result.bytes)
  }

  private func format(_ path: String, console: Console) throws(CommandFailure) -> Outcome {
    let file = try Loading.recipeFile(path)
    let tree = SyntaxTree.parse(file)
    let formatted = tree.formatted()
    guard let result = formatted.value else { throw CommandFailure(formatted.diagnostics) }
    let isChanged = result.bytes != file.bytes
    if diff {
      console.print(UnifiedDiff(from: file, to: result).bytes)
    } else if check {
      if isChanged { console.print(file.name.visible) }
    } else if path == "-" {
      console.print(result.bytes)
    } else if isChanged {
      do throws(FileReplacement.Obstacle) {
        try FileReplacement.write(result.bytes, to: path)
      } catch {
        throw error.failure
      }
    }
    return isChanged ? .changed : tree.isJSON ? .json : .unchanged
  }
}
