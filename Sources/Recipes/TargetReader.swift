import Diagnostics

/// Reads the entries of `targets` and `ignore`, as far as they can be judged without a model.
struct TargetReader {
  func read(_ texts: [Spanned<String>], isIgnored: Bool, _ context: inout CheckContext) -> [Spanned<Target>] {
    texts.map { text in
      let target = Target(text.value)
      switch target {
      case .name(let name):
        // Module names are identifiers and numbers with dots between them.
        if name.isEmpty || name.contains(where: { "*^$[](){}|+?\\".contains($0) }) {
          context.report(ModifierDiagnostics.patternWithoutPrefix(text, isIgnored: isIgnored))
        }
      case .pattern(let pattern):
        if let last = pattern.last, last.isNumber, !pattern.contains("$") {
          context.report(ModifierDiagnostics.openEndedPattern(text))
        }
      }
      return Spanned(target, at: text.span)
    }
  }
}
