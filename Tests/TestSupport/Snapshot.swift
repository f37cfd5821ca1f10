package import Foundation
package import Testing

/// Expects a text to equal a recorded one.
///
/// With `UPDATE_SNAPSHOTS=1` in the environment a differing record is rewritten; the expectation fails all the same, so
/// that nobody takes the rewriting run for a passing one.
package func expectSnapshot(
  _ text: String,
  at file: URL,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let recorded = try? String(contentsOf: file, encoding: .utf8)
  if recorded == text { return }
  if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" {
    try text.write(to: file, atomically: true, encoding: .utf8)
    Issue.record("rewrote \(file.lastPathComponent); read it and run again", sourceLocation: sourceLocation)
    return
  }
  let difference = firstDifference(recorded ?? "", text)
  Issue.record("\(file.lastPathComponent) differs \(difference)", sourceLocation: sourceLocation)
}

/// The first line that differs, both ways.
private func firstDifference(_ recorded: String, _ text: String) -> String {
  let old = recorded.split(separator: "\n", omittingEmptySubsequences: false)
  let new = text.split(separator: "\n", omittingEmptySubsequences: false)
  let index = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(old.count, new.count)
  let line = { (lines: [Substring]) in index < lines.count ? String(lines[index]) : "(no line)" }
  return "in line \(index + 1)\nrecorded: \(line(old))\nnow:      \(line(new))"
}
