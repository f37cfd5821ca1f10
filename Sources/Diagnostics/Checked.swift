/// The result of a phase that reads what a user wrote: a value when there is no error, and what there is to say.
package struct Checked<Value: Sendable>: Sendable {
  /// The value, or nil when the diagnostics hold an error that leaves none.
  package let value: Value?
  /// Errors, warnings and notes in source order.
  package let diagnostics: [Diagnostic]

  package init(_ value: Value?, _ diagnostics: [Diagnostic] = []) {
    precondition(value != nil || diagnostics.hasErrors, "no value and no error that says why")
    self.value = value
    self.diagnostics = diagnostics
  }

  /// Whether the diagnostics hold an error.
  package var hasErrors: Bool { diagnostics.hasErrors }
}
