internal import Glibc

/// What the operating system refused to do.
package struct SystemFailure: Error, Hashable, Sendable {
  /// What was asked.
  package let operation: Operation
  /// The path it was asked for.
  package let path: String
  /// The `errno` it answered with.
  package let code: Int32

  package init(_ operation: Operation, path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// The operating system's own words for the code.
  package var text: String {
    String(cString: strerror(code))
  }

  /// What can be asked of the operating system here.
  package enum Operation: String, Hashable, Sendable {
    case open
    case examine
    case map
    case read
    case list
    case create
    case allocate
    case lock
    case write
    case synchronize
    case rename
    case remove
  }
}

extension CheckpointError {
  /// The error for the current `errno`.
  static func system(_ operation: SystemFailure.Operation, _ path: String) -> CheckpointError {
    .system(SystemFailure(operation, path: path, code: errno))
  }
}
