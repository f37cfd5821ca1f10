import Diagnostics
import RecipeGrammar
import Syntax
import Vocabulary

/// Reads `observer_kwargs` by the table of the observer that they go to.
struct ObserverArgumentsReader {
  let observer: ObserverEntry

  func read(_ mapping: MappingSyntax, _ context: inout CheckContext) -> [ObserverArgument] {
    var arguments: [ObserverArgument] = []
    for entry in mapping.entries {
      guard let field = observer.fields.first(where: { $0.name == entry.key.text }) else {
        context.report(ArgumentsDiagnostics.unknownObserverArgument(entry.key.spanned, observer))
        continue
      }
      let value: ObserverValue? =
        switch FieldReader(field: field).read(entry.value, &context) {
        case .boolean(let value)?: .boolean(value)
        case .integer(let value)?: .integer(value)
        case .number(let value)?: .number(value)
        case .string(let value)?: .string(value)
        default: nil
        }
      if let value { arguments.append(ObserverArgument(name: field.name, value: value)) }
    }
    return arguments
  }
}
