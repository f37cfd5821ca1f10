import Diagnostics
import Vocabulary

/// Which column order GPTQ takes when the modifier, the scheme, both or neither give one.
struct ActivationOrderRule {
  let values: FieldValues

  /// The groups with their final order; a modifier that is silent leaves a scheme its own, else means static.
  func resolve(_ groups: [QuantizationGroup], _ context: inout CheckContext) -> [QuantizationGroup] {
    let field = values.given("actorder").flatMap { ActivationOrder(rawValue: $0.value) }
    let fallback = values.string("actorder").flatMap { ActivationOrder(rawValue: $0) }
    let isGiven = values.isGiven("actorder")
    return groups.map { group in
      guard var weights = group.scheme.value.weights else { return group }
      if isGiven, let own = weights.activationOrder, own != field {
        context.report(
          ModifierDiagnostics.activationOrderConflict(
            values.place("actorder"),
            modifier: field?.rawValue ?? "null",
            scheme: own.rawValue,
            group: Spanned(group.name, at: group.scheme.span)
          )
        )
      }
      weights.activationOrder = isGiven ? field : weights.activationOrder ?? fallback
      return group.changingScheme { $0.weights = weights }
    }
  }
}
