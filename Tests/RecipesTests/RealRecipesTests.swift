import Diagnostics
import Foundation
import Recipes
import TestSupport
import Testing

/// Recipes that people wrote, when they lie beside the checkout.
@Suite(.enabled(if: Places.shared("data/recipes") != nil, "needs shared/data/recipes beside the checkout"))
struct RealRecipesTests {
  private static let folder = Places.shared("data/recipes")

  /// Recipes of the index that are judged otherwise here, with the verdict and the reason.
  private static let otherVerdicts: [String: (verdict: String, reason: String)] = [
    "llmc-185.yaml": ("error", "actorder group is gone: what it would write is refused by the runtimes"),
    "llmc-old-156.yaml": ("error", "its only modifier names modules to ignore and no scheme: nothing is quantized"),
    "llmc-old-160.yaml": ("error", "GPTQ has no scheme, and no modifier before it has one: nothing is quantized"),
  ]

  @Test func goodRecipesCheckAsTheirIndexSays() throws {
    let folder = try #require(Self.folder).appending(path: "good")
    let rows = try Self.rows(folder.appending(path: "index.tsv"))
    #expect(rows.count > 100)
    for row in rows {
      let checked = try Self.check(folder.appending(path: row[0]))
      let verdict = Self.otherVerdicts[row[0]]?.verdict ?? row[4]
      let text = "\(row[0]) (\(verdict): \(row[5]))\n\(checked.diagnostics.rendered())"
      #expect(checked.hasErrors == (verdict == "error"), "\(text)")
      if verdict == "warn" { #expect(!checked.diagnostics.isEmpty, "\(text)") }
    }
  }

  @Test func whatTheToolSavedIsAccepted() throws {
    let saved = Places.files(in: try #require(Self.folder).appending(path: "saved"), suffix: "yaml")
    #expect(saved.count > 20)
    for file in saved {
      let checked = try Self.check(file)
      if Self.otherVerdicts[file.lastPathComponent] != nil { continue }
      #expect(!checked.hasErrors, "\(file.lastPathComponent)\n\(checked.diagnostics.rendered())")
    }
  }

  @Test func brokenRecipesAreJudgedWhereTheyAreBroken() throws {
    let folder = try #require(Self.folder).appending(path: "bad")
    let rows = try Self.rows(folder.appending(path: "index.tsv"))
    #expect(rows.count > 30)
    // A row with a model is about what only the model shows.
    for row in rows where row[7] == "-" {
      let checked = try Self.check(folder.appending(path: row[0]))
      let text = "\(row[0]): \(row[5])\n\(checked.diagnostics.rendered())"
      let gravest = checked.diagnostics.map(\.severity).max()
      switch row[2] {
      case "accept": #expect(gravest ?? .note == .note, "\(text)")
      case "warning": #expect(gravest == .warning, "\(text)")
      default: #expect(gravest == .error, "\(text)")
      }
      let places = checked.diagnostics.filter { $0.severity == gravest }.compactMap(\.position)
      if let line = Int(row[3]), row[2] != "accept" { #expect(places.contains { $0.line == line }, "\(text)") }
    }
  }

  private static func rows(_ index: URL) throws -> [[String]] {
    try String(contentsOf: index, encoding: .utf8).split(separator: "\n").dropFirst().map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  private static func check(_ file: URL) throws -> Checked<Recipe> {
    Recipe.check(SourceFile(name: file.lastPathComponent, bytes: Array(try Data(contentsOf: file))))
  }
}
