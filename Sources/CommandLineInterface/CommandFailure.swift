package import Diagnostics

/// Why a command ends without success.
package struct CommandFailure: Error {
  /// What is said, besides what was said already.
  package let diagnostics: [Diagnostic]
  /// The status the process exits with.
  package let status: Status

  /// What the exit status means.
  package enum Status: Int32 {
    /// The recipe or the model has errors.
    case inputHasErrors = 1
    /// The command line asks for what cannot be.
    case usage = 2
    /// The machine failed: disk, memory, or an interrupt.
    case machineFailed = 3
  }

  init(_ diagnostics: [Diagnostic], status: Status = .inputHasErrors) {
    self.diagnostics = diagnostics
    self.status = status
  }

  /// The failure with one more thing said.
  func adding(_ diagnostic: Diagnostic) -> CommandFailure { CommandFailure(diagnostics + [diagnostic], status: status) }

  init(_ diagnostic: Diagnostic, status: Status = .inputHasErrors) {
    self.init([diagnostic], status: status)
  }
}
