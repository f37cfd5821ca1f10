internal import ArgumentParser
internal import RecipeGrammar
internal import Reference

/// `pare schema`: prints the JSON Schema of recipes.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the JSON Schema of recipes.",
    discussion: """
      Draft 2020-12, for editors with a YAML language server. It knows names, types
      and ranges; what depends on several fields or on the model only pare check
      finds.
      """
  )

  mutating func run() {
    Console.standard.print(RecipeSchema.text(Grammar.standard))
  }
}
