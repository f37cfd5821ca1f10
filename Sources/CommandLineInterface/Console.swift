internal import Diagnostics
internal import Glibc

/// Where commands write: results to standard output, messages and progress to standard error.
struct Console: Sendable {
  /// Whether messages may have colours.
  let color: RenderingColor
  /// Whether a progress line may be written over itself.
  let rewritesLines: Bool
  /// Whether results may have bold words.
  let stylesResults: Bool

  /// The console of this process.
  static let standard = Console(
    color: isatty(STDERR_FILENO) == 1 && !refusesColor ? .ansi : .none,
    rewritesLines: isatty(STDERR_FILENO) == 1,
    stylesResults: isatty(STDOUT_FILENO) == 1 && !refusesColor
  )

  /// Whether `NO_COLOR` is there and not empty, as no-color.org has it.
  private static var refusesColor: Bool { getenv("NO_COLOR").map { $0.pointee != 0 } ?? false }

  /// Writes a result.
  func print(_ text: String) {
    Self.write(Array("\(text)\n".utf8), to: STDOUT_FILENO)
  }

  /// Writes a result as it is, byte by byte.
  func print(_ bytes: [UInt8]) {
    Self.write(bytes, to: STDOUT_FILENO)
  }

  /// Writes a message.
  func tell(_ text: String) {
    Self.write(Array(text.utf8), to: STDERR_FILENO)
  }

  /// Writes diagnostics as text, the gravest of each file when there are very many.
  func tell(_ diagnostics: [Diagnostic]) {
    guard !diagnostics.isEmpty else { return }
    tell(TextReport(diagnostics: diagnostics, color: color).text)
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var next = 0
    while next < bytes.count {
      let count = bytes[next...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      next += count
    }
  }
}
