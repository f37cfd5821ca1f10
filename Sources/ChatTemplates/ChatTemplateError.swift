/// Why a chat template has no rendering.
package struct ChatTemplateError: Error, Hashable, Sendable {
  /// The line of the template, from 1.
  package let line: Int
  /// What is wrong there.
  package let fault: Fault

  package init(line: Int, fault: Fault) {
    self.line = line
    self.fault = fault
  }

  /// What can be wrong with a template, or with what it is given.
  package enum Fault: Error, Hashable, Sendable {
    /// Text that is no template: what stands there, or what is missing.
    case syntax(String)
    /// A tag, filter, test or function of Jinja's that is not understood here.
    case unsupported(String)
    /// A name or member that is needed and is not there.
    case undefined(String)
    /// Values that do not go together, as Python would say it.
    case type(String)
    /// What the template itself says, by `raise_exception`.
    case raised(String)
    /// Work without end in sight.
    case limit(Limit)
  }

  /// What is bounded.
  package enum Limit: Hashable, Sendable {
    case nesting
    case size
    case steps
  }
}

/// Bounds that no template comes near which somebody wrote for chats.
enum Bounds {
  /// The deepest expression or block.
  static let nesting = 100
  /// The deepest chain of macros that call each other.
  static let calls = 24
  /// The deepest value.
  static let valueDepth = 200
  /// The most elements of a value, all that it holds counted.
  static let valueWeight = 1 << 21
  /// The most bytes of a text.
  static let textSize = 1 << 25
  /// The most expressions and statements of one rendering.
  static let steps = 2_000_000
  /// The longest `range`, as in Jinja's sandbox.
  static let range = 100_000
}
