import Diagnostics
import Foundation
import RecipeGrammar
import Recipes
import TestSupport
import Testing

/// Every recipe in the documentation and in `recipes/` is checked as a user's would be.
@Suite struct DocumentsTests {
  /// A fenced block; its file and line, what follows ```` ```yaml ````, and its text.
  struct Block: Sendable, CustomTestStringConvertible {
    let place: String
    let annotation: String
    let text: String
    var testDescription: String { place }
  }

  static let recipes = Places.files(in: Places.inRepository("recipes"), suffix: "yaml")
  static let blocks: [Block] =
    (Places.filesBelow(Places.inRepository("docs"), suffix: "md") + [Places.inRepository("README.md")])
    .flatMap(blocks)

  /// Codes of this phase; blocks with other codes need a model or are no recipes.
  private static let codes = Set(
    ["Recipes", "Syntax"].flatMap {
      Places.files(in: Places.fixtures(of: $0).appending(path: "diagnostics"), suffix: "yaml")
        .map { $0.deletingPathExtension().lastPathComponent }
    }
  )

  @Test func thereAreRecipesAndBlocks() {
    #expect(Self.recipes.count >= 4)
    #expect(Self.blocks.count > 40)
  }

  @Test(arguments: recipes)
  func everyBundledRecipeChecksWithoutAnyRemarkButThatZerosAreKept(recipe: URL) throws {
    let file = SourceFile(name: recipe.lastPathComponent, bytes: Array(try Data(contentsOf: recipe)))
    let checked = Recipe.check(file, including: .fixtures)
    #expect(checked.diagnostics.allSatisfy { $0.code.name == "zeros-kept" }, "\(checked.diagnostics.rendered())")
    #expect(file.text.hasPrefix("# "))
  }

  @Test(arguments: blocks)
  func everyBlockOfTheDocumentationChecksAsItSays(block: Block) {
    let diagnostics = Recipe.check(SourceFile(name: block.place, text: block.text), including: .fixtures).diagnostics
    if block.annotation.isEmpty {
      #expect(!diagnostics.hasErrors, "\(diagnostics.rendered())")
    } else if block.annotation.hasPrefix("error=") {
      let code = String(block.annotation.dropFirst("error=".count))
      guard Self.codes.contains(code) else { return }
      #expect(diagnostics.map(\.code.name).contains(code), "\(diagnostics.rendered())")
    } else {
      #expect(block.annotation == "architecture", "unknown kind of block")
    }
  }

  @Test func theLanguagePageNamesEveryModifierSectionAndObserver() throws {
    let page = try String(contentsOf: Places.inRepository("docs/language.md"), encoding: .utf8)
    let grammar = Grammar.standard
    let sections = grammar.sections.flatMap(\.fields).map(\.name) + grammar.sections.map(\.name)
    let arguments = (grammar.schemeFields + grammar.argumentFields).map(\.name)
    let names = grammar.modifiers.map(\.name) + sections + arguments + grammar.observers.map(\.name)
    for name in names { #expect(page.contains(name), "docs/language.md says nothing of \(name)") }
  }

  /// The codes that the page gives for the mistakes that llm-compressor accepts in silence all have a page.
  @Test func everyCodeOfTheLanguagePageExists() throws {
    let page = try String(contentsOf: Places.inRepository("docs/language.md"), encoding: .utf8)
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") && $0.dropFirst(2).first?.isNumber == true }
    #expect(rows.count == 39)
    let pages = Set(
      Places.files(in: Places.inRepository("docs/diagnostics"), suffix: "md")
        .map { $0.deletingPathExtension().lastPathComponent }
    )
    for row in rows {
      let last = row.split(separator: "|", omittingEmptySubsequences: false).dropLast().last ?? ""
      let codes = last.split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
      for code in codes { #expect(pages.contains(code), "no page for \(code) in \(row)") }
      #expect(!codes.isEmpty || last.contains("no recipe can say it"), "\(row)")
    }
  }

  private static func blocks(in file: URL) -> [Block] {
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
    var blocks: [Block] = []
    var open: (line: Int, annotation: String, lines: [Substring])?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if let block = open {
        if line.hasPrefix("```") {
          let body = block.lines.map { $0 + "\n" }.joined()
          let place = "\(file.lastPathComponent):\(block.line)"
          blocks.append(Block(place: place, annotation: block.annotation, text: body))
          open = nil
        } else {
          open?.lines.append(line)
        }
      } else if line.hasPrefix("```yaml") {
        let annotation = line.dropFirst("```yaml".count).trimmingCharacters(in: .whitespaces)
        open = (index + 1, annotation, [])
      }
    }
    return blocks
  }
}
