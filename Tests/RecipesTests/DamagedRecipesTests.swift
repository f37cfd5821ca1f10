import Diagnostics
import Foundation
import Recipes
import TestSupport
import Testing

/// Texts that went wrong in any way end in a recipe or in errors, never in a trap.
@Suite struct DamagedRecipesTests {
  static let files =
    Places.files(in: Places.inRepository("recipes"), suffix: "yaml")
    + Places.files(in: Places.fixtures(of: "Recipes").appending(path: "diagnostics"), suffix: "yaml")

  @Test func thereAreFiles() { #expect(Self.files.count > 40) }

  @Test(arguments: files)
  func aValueReplacedByAnyOtherIsARecipeOrAnError(file: URL) throws {
    let lines = String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n").map(String.init)
    for (index, line) in lines.enumerated() {
      guard let colon = line.range(of: ": ") ?? line.range(of: ":") else { continue }
      for value in [
        "", "~", "[]", "{}", "-1", "99999999999999999999", "x", "[[1]]", "{a: {b: c}}", ".nan", "yes", "'", "*a",
      ] {
        var damaged = lines
        damaged[index] = line[..<colon.upperBound] + " " + value
        try Self.check(damaged, file, value)
      }
      var shifted = lines
      shifted[index] = " " + line
      try Self.check(shifted, file, "shifted")
    }
  }

  private static func check(_ lines: [String], _ file: URL, _ change: String) throws {
    let source = SourceFile(name: file.lastPathComponent, text: lines.joined(separator: "\n") + "\n")
    let checked = Recipe.check(source)
    #expect((checked.value == nil) == checked.hasErrors, "\(source.text)")
    for diagnostic in checked.diagnostics {
      let span = try #require(diagnostic.span, "a diagnostic without a place: \(diagnostic.message)")
      #expect(span.end <= source.bytes.count, "\(change): \(diagnostic.message)")
      #expect(!diagnostic.rendered().isEmpty)
    }
    if let recipe = checked.value { #expect(!recipe.modifiers.isEmpty, "\(source.text)") }
  }
}
