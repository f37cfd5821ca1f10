import Diagnostics
import Patterns
import Vocabulary

/// Reads the entries of `targets` and `ignore`, as far as they can be judged without a model.
struct TargetReader {
  func read(_ texts: [Spanned<String>], isIgnored: Bool, _ context: inout CheckContext) -> [Spanned<Target>] {
    texts.map { written in
      var text = written
      if Self.obsolete.contains(written.value) {
        context.report(TargetDiagnostics.obsoleteTarget(written, instead: Self.linear))
        text.value = Self.linear
      }
      let target = Target(text.value)
      switch target {
      case .name(let name):
        // Module names are identifiers and numbers with dots between them.
        if name.isEmpty || name.contains(where: { "*^$[](){}|+?\\".contains($0) }) {
          context.report(TargetDiagnostics.patternWithoutPrefix(text, isIgnored: isIgnored))
        }
      case .pattern(let pattern):
        do throws(PatternError) {
          _ = try Pattern(pattern)
        } catch {
          context.report(TargetDiagnostics.invalidPattern(text, error.message, at: place(error, text, context.file)))
        }
        if let last = pattern.last, last.isNumber, !pattern.contains("$") {
          context.report(TargetDiagnostics.openEndedPattern(text))
        }
      }
      return Spanned(target, at: text.span)
    }
  }

  /// Targets of earlier releases that stood for every layer a modifier can work on.
  private static let obsolete: Set<String> = ["__ALL__", "__ALL_PRUNABLE__", "__ALL_QUANTIZABLE__"]
  /// The class of those layers in every model that Pare compresses.
  private static let linear = "Linear"

  /// The character that a pattern fails at, or the whole entry when escapes hide it.
  private func place(_ error: PatternError, _ text: Spanned<String>, _ file: SourceFile) -> SourceSpan {
    let written = file[text.span]
    let quoteCount = written.first == "'" || written.first == "\"" ? 1 : 0
    guard written.dropFirst(quoteCount).hasPrefix(text.value) else { return text.span }
    let end = text.span.start + quoteCount + text.value.utf8.count
    let start = min(text.span.start + quoteCount + Target.patternPrefix.utf8.count + error.offset, end)
    return SourceSpan(start: start, end: min(start + 1, end))
  }
}
