import Diagnostics
import Foundation
import Recipes
import TestSupport
import Testing

/// Recipes that people wrote, when they lie beside the checkout.
@Suite(.enabled(if: Places.shared("data/recipes") != nil, "needs shared/data/recipes beside the checkout"))
struct RealRecipesTests {
  private static let folder = Places.shared("data/recipes")

  /// Modifiers whose recipes Pare checks in full.
  private static let modifiers: Set<String> = ["QuantizationModifier", "GPTQModifier"]

  /// Faults that only a model shows, and faults of modifiers that Pare does not have yet.
  private static let beyondText: Set<String> = ["match", "shape", "advice"]

  @Test func goodRecipesCheckAsTheirIndexSays() throws {
    let folder = try #require(Self.folder).appending(path: "good")
    let rows = try Self.rows(folder.appending(path: "index.tsv"))
    #expect(rows.count > 100)
    for row in rows where !row.modifiers.isEmpty && row.modifiers.isSubset(of: Self.modifiers) {
      let checked = try Self.check(folder.appending(path: row.file))
      // A modifier that only ignores modules passes the tool and quantizes nothing, which is an error here.
      let errors = checked.diagnostics.filter { $0.severity == .error && $0.code.name != "nothing-to-quantize" }
      // A removed column order is an error here: what it would write is refused by the runtimes.
      let expectsError = row.verdict == "error" || row.why.contains("actorder group")
      #expect(errors.isEmpty != expectsError, "\(row.file) (\(row.verdict): \(row.why))\n\(errors.rendered())")
    }
  }

  @Test func whatTheToolSavedIsAccepted() throws {
    let saved = Places.files(in: try #require(Self.folder).appending(path: "saved"), suffix: "yaml")
    #expect(saved.count > 20)
    for file in saved {
      let errors = try Self.check(file).diagnostics.filter { $0.severity == .error }
      if errors.contains(where: { ["unknown-modifier", "nothing-to-quantize"].contains($0.code.name) }) { continue }
      #expect(errors.isEmpty, "\(file.lastPathComponent)\n\(errors.rendered())")
    }
  }

  @Test func brokenRecipesNeverPassInSilence() throws {
    let folder = try #require(Self.folder).appending(path: "bad")
    let rows = try String(contentsOf: folder.appending(path: "index.tsv"), encoding: .utf8)
      .split(separator: "\n").dropFirst().map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    #expect(rows.count > 30)
    for row in rows where row[2] == "error" && !Self.beyondText.contains(String(row[1])) {
      let checked = try Self.check(folder.appending(path: String(row[0])))
      #expect(checked.hasErrors, "\(row[0]): \(row[5])")
      let lines = checked.diagnostics.compactMap(\.position?.line)
      let isKnown = checked.diagnostics.allSatisfy { $0.code.name != "unknown-modifier" }
      if isKnown, let line = Int(row[3]) { #expect(lines.contains(line), "\(row[0]): \(row[5])") }
    }
  }

  private struct Row {
    let file: String
    let verdict: String
    let why: String
    let modifiers: Set<String>
  }

  private static func rows(_ index: URL) throws -> [Row] {
    try String(contentsOf: index, encoding: .utf8).split(separator: "\n").dropFirst().map { line in
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return Row(
        file: cells[0],
        verdict: cells[4],
        why: cells[5],
        modifiers: Set(cells[7].split(separator: " ").map { $0.hasPrefix("!") ? String($0.dropFirst()) : String($0) })
      )
    }
  }

  private static func check(_ file: URL) throws -> Checked<Recipe> {
    Recipe.check(SourceFile(name: file.lastPathComponent, bytes: Array(try Data(contentsOf: file))))
  }
}
