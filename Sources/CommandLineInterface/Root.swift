package import ArgumentParser
internal import Diagnostics
internal import Glibc

/// The `pare` command.
package struct Root: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "pare",
    abstract: "Compresses large language models as a recipe says.",
    discussion: """
      A recipe is a YAML file that llm-compressor reads too. Begin with one that suits the model, check it, plan it, \
      run it, and see what came of it:

        pare init --model DIR -o recipe.yaml
        pare check recipe.yaml --model DIR
        pare plan recipe.yaml --model DIR
        pare run recipe.yaml --model DIR --output DIR --calibration FILE
        pare compare DIR DIR
        pare eval DIR --text FILE --against DIR

      Exit status: 0 fine, 1 the recipe or the model has errors, 2 usage, 3 the machine failed.
      """,
    version: Version.current,
    subcommands: [
      InitCommand.self, CheckCommand.self, FormatCommand.self, PlanCommand.self, RunCommand.self, FetchCommand.self,
      InspectCommand.self, CompareCommand.self, EvalCommand.self,
      ExplainCommand.self, SchemaCommand.self, LanguageServerCommand.self,
    ]
  )

  package init() {}

  /// Parses arguments, runs the command and gives the status to exit with.
  package static func status(of arguments: [String]) -> Int32 {
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
      return 0
    } catch let failure as CommandFailure {
      Console.standard.tell(failure.diagnostics)
      return failure.status.rawValue
    } catch {
      let code = exitCode(for: error)
      let text = fullMessage(for: error)
      if code == .success {
        Console.standard.print(text)
        return 0
      }
      Console.standard.tell(text + "\n")
      return CommandFailure.Status.usage.rawValue
    }
  }
}

/// The version of this tool.
enum Version {
  static let current = "0.1.0"
}
