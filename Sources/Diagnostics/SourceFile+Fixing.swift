/// What became of a text whose safe fix-its were made until none was left.
package struct FixedSource: Sendable {
  /// The text as it is now.
  package let file: SourceFile
  /// How many fix-its were made.
  package let fixCount: Int
  /// What is still to be said of the text.
  package let diagnostics: [Diagnostic]
}

extension SourceFile {
  /// Rounds of checking and fixing at most; each makes all fix-its that do not overlap.
  private static let roundLimit = 100

  /// Makes the first safe fix-it of every diagnostic about this file, and again, until nothing changes.
  ///
  /// A fix-it that overlaps another waits for the next round, where the text may no longer need it. Fix-its that reach into
  /// other files are left alone.
  package func fixing(_ check: (SourceFile) -> [Diagnostic]) -> FixedSource {
    var file = self
    var diagnostics = check(file)
    var fixCount = 0
    // Fix-its that undo each other would go on for ever.
    var seen: Set<[UInt8]> = [bytes]
    for _ in 0..<SourceFile.roundLimit {
      let fixIts = diagnostics.filter { $0.file?.name == name }
        .compactMap { diagnostic in diagnostic.fixIts.first { $0.applicability == .safe } }
      let (fixed, count) = file.applyingCompatible(fixIts)
      guard count > 0, seen.insert(fixed.bytes).inserted else { break }
      file = fixed
      fixCount += count
      diagnostics = check(file)
    }
    return FixedSource(file: file, fixCount: fixCount, diagnostics: diagnostics)
  }
}
