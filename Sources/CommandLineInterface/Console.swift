internal import Diagnostics
internal import Glibc

/// Where commands write: results to standard output, messages and progress to standard error.
struct Console: Sendable {
  /// Whether messages may have colours.
  let color: RenderingColor
  /// Whether a progress line may be written over itself.
  let rewritesLines: Bool

  /// The console of this process.
  static let standard = Console(
    color: isatty(STDERR_FILENO) == 1 && !refusesColor ? .ansi : .none,
    rewritesLines: isatty(STDERR_FILENO) == 1
  )

  /// Whether `NO_COLOR` is there and not empty, as no-color.org has it.
  private static var refusesColor: Bool { getenv("NO_COLOR").map { $0.pointee != 0 } ?? false }

  /// Writes a result.
  func print(_ text: String) {
    Self.write(text + "\n", to: STDOUT_FILENO)
  }

  /// Writes a message.
  func tell(_ text: String) {
    Self.write(text, to: STDERR_FILENO)
  }

  /// Writes diagnostics as text.
  func tell(_ diagnostics: [Diagnostic]) {
    guard !diagnostics.isEmpty else { return }
    tell(diagnostics.rendered(color: color))
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var rest = ArraySlice(text.utf8)
    while !rest.isEmpty {
      let written = Array(rest).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }
}
