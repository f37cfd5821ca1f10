import Diagnostics
import RecipeGrammar
import Syntax
import Vocabulary

/// The observers that a modifier puts in place of those of its groups.
struct ObserverOverrides {
  private var names: [ArgumentsRole: Spanned<String>] = [:]

  init(_ values: FieldValues, _ context: inout CheckContext) {
    let fields: [(role: ArgumentsRole, name: String)] = [
      (.weights, "weight_observer"), (.inputs, "input_observer"), (.outputs, "output_observer"),
    ]
    for field in fields {
      if let name = values.given(field.name) { names[field.role] = name }
    }
    guard let mapping = values.node("observer")?.mapping, !mapping.entries.isEmpty else { return }
    if let field = fields.first(where: { names[$0.role] != nil }), let key = values.key(field.name) {
      let place = values.key("observer") ?? mapping.span
      context.report(ModifierDiagnostics.observerConflict(Spanned(field.name, at: key), observer: place))
      return
    }
    let keys = ArgumentsRole.allCases.compactMap(\.observerKey)
    let template = context.grammar.argumentFields.first { $0.type == .observer }
    for entry in mapping.entries {
      guard let role = ArgumentsRole.allCases.first(where: { $0.observerKey == entry.key.text }) else {
        context.report(ModifierDiagnostics.unknownObserverKey(entry.key.spanned, keys: keys))
        continue
      }
      if let template, case .string(let name)? = FieldReader(field: template).read(entry.value, &context) {
        names[role] = Spanned(name, at: entry.value.span)
      }
    }
  }

  /// The observer for a role, or nil to leave each group its own.
  subscript(role: ArgumentsRole) -> Spanned<String>? { names[role] }

  /// A preset's scheme with the observers in place.
  func applied(to scheme: QuantizationScheme) -> QuantizationScheme {
    var scheme = scheme
    for (role, name) in names {
      switch role {
      case .weights: scheme.weights?.observe(with: name.value)
      case .inputs: scheme.inputActivations?.observe(with: name.value)
      case .outputs: scheme.outputActivations?.observe(with: name.value)
      case .keyValueCache: break
      }
    }
    return scheme
  }

  /// Reports each observer that has nothing to observe in any group.
  func checkUse(in groups: [QuantizationGroup], _ context: inout CheckContext) {
    for role in ArgumentsRole.allCases {
      guard let name = names[role] else { continue }
      let arguments = groups.compactMap { $0.scheme.value.arguments(role) }
      if arguments.allSatisfy({ $0.dynamic == .on }) {
        context.report(ModifierDiagnostics.observerWithoutEffect(name, role, isDynamic: !arguments.isEmpty))
      }
    }
  }
}

extension QuantizationArguments {
  fileprivate mutating func observe(with name: String) {
    if dynamic != .on { observer = name }
  }
}

extension QuantizationScheme {
  /// The arguments of a role.
  func arguments(_ role: ArgumentsRole) -> QuantizationArguments? {
    switch role {
    case .weights: weights
    case .inputs: inputActivations
    case .outputs: outputActivations
    case .keyValueCache: nil
    }
  }
}
