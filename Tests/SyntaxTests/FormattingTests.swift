import Diagnostics
import Foundation
import Syntax
import TestSupport
import Testing

@Suite struct FormattingTests {
  /// Every text that the checkout and the folder beside it have.
  static let texts =
    ["Tests", "grammar", "recipes"].flatMap { Places.filesBelow(Places.inRepository($0), suffix: "yaml") }
    + ["good", "bad", "saved"].flatMap { folder in
      Places.shared("data/recipes/\(folder)").map { Places.files(in: $0, suffix: "yaml") } ?? []
    }
  static let seeds =
    (try? FileManager.default.contentsOfDirectory(
      at: Places.inRepository("Tests/Fuzz/format"),
      includingPropertiesForKeys: nil
    )) ?? []
  static let layouts = Places.files(in: Places.fixtures(of: "Syntax").appending(path: "formatting"), suffix: "yaml")

  @Test func thereAreTexts() { #expect(Self.texts.count > 100 && Self.seeds.count > 5 && Self.layouts.count > 3) }

  @Test(arguments: texts + seeds)
  func formattingKeepsTheMeaningAndTheCommentsAndHasNothingToDoTwice(url: URL) throws {
    try Self.check(SourceFile(name: url.lastPathComponent, bytes: Array(Data(contentsOf: url))))
  }

  @Test(arguments: seeds)
  func soItDoesWithLinesLostOrDoubledOrCut(url: URL) throws {
    let lines = String(decoding: try Data(contentsOf: url), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    for index in lines.indices {
      var lost = lines
      lost.remove(at: index)
      var doubled = lines
      doubled.insert(lines[index], at: index)
      var indented = lines
      indented[index] = "  " + lines[index]
      for variant in [lost, doubled, indented] {
        try Self.check(SourceFile(name: "line \(index + 1)", text: variant.joined(separator: "\n")))
      }
    }
  }

  /// Each text is followed, in a file of the same name, by its layout.
  @Test(arguments: layouts)
  func theLayoutIsTheRecordedOne(fixture: URL) throws {
    let file = SourceFile(name: fixture.lastPathComponent, bytes: Array(try Data(contentsOf: fixture)))
    try Self.check(file)
    let formatted = try #require(SyntaxTree.parse(file).formatted().value)
    try expectSnapshot(formatted.text, at: fixture.deletingPathExtension().appendingPathExtension("txt"))
  }

  @Test(arguments: ["a: [b\n", "a: b\n---\nc: d\n", "a: \u{1}\n", String(repeating: "[", count: 100)])
  func whatDoesNotParseIsNotFormattedAndTheErrorsSayWhy(text: String) {
    let formatted = SyntaxTree.parse(SourceFile(name: "a.yaml", text: text)).formatted()
    #expect(formatted.value == nil)
    #expect(formatted.hasErrors)
  }

  @Test(arguments: [
    ("'lm_head'", "lm_head"), ("\"re:.*lm_head\"", "re:.*lm_head"), ("'2:4'", "\"2:4\""), ("\"2:4\"", "\"2:4\""),
    ("'1e-2'", "\"1e-2\""), ("1e-2", "1e-2"), ("\"0.9\"", "\"0.9\""), ("'yes'", "\"yes\""), ("'N'", "\"N\""),
    ("\"null\"", "\"null\""), ("''", "\"\""), ("'it''s'", "it's"), ("'a: b'", "\"a: b\""), ("'a #b'", "\"a #b\""),
    ("'a:'", "\"a:\""), ("'*a'", "\"*a\""), ("'a: \\d'", "'a: \\d'"), ("\"\\x41\"", "A"),
    ("\"a\\tb\"", "\"a\\tb\""),
    ("'été'", "été"), ("'2026-01-01'", "\"2026-01-01\""), ("' a'", "\" a\""), ("'a '", "\"a \""), ("!x 'a'", "!x 'a'"),
    ("&x 'a'", "&x a"), ("['a:b', \"c\"]", "[\"a:b\", c]"), ("{'a': 'b, c'}", "{a: \"b, c\"}"), ("'<<'", "\"<<\""),
  ])
  func quotesGoOnlyWhereEveryReaderSeesTheSameText(written: String, expected: String) {
    #expect(Self.formatted("k: \(written)\n") == "k: \(expected)\n")
  }

  @Test func aCollectionInBracketsIsBrokenWhereItReachesBeyondColumnOneHundred() {
    let fitting = "key: [\(String(repeating: "a", count: 93))]\n"
    #expect(Self.formatted(fitting) == fitting)
    let long = String(repeating: "a", count: 94)
    #expect(Self.formatted("key: [\(long)]\n") == "key:\n  [\(long)]\n")
    let longer = String(repeating: "a", count: 97)
    #expect(Self.formatted("key: [\(longer), b]\n") == "key:\n  [\n    \(longer),\n    b,\n  ]\n")
    #expect(Self.formatted("key:\n  [\n    a,\n    b,\n  ]\n") == "key: [a, b]\n")
    #expect(Self.formatted("- [\(longer), b]\n") == "- [\n    \(longer),\n    b,\n  ]\n")
  }

  @Test func theKindOfLineBreakStaysAndAByteOrderMarkGoes() {
    #expect(Self.formatted("\u{FEFF}a:   1\r\nb: |\r\n   c\r\n") == "a: 1\r\nb: |\r\n  c\r\n")
    #expect(Self.formatted("a: 1\rb: 2\r") == "a: 1\nb: 2\n")
  }

  @Test func aTextThatEndsWithinABlockScalarGetsALineBreakButNoneInTheScalar() {
    #expect(Self.formatted("a: |\n  b") == "a: |-\n  b\n")
    #expect(Self.formatted("a: |+\n  b\n\n") == "a: |+\n  b\n\n")
  }

  @Test(arguments: [
    "{\"a\": [1, -2.5e3, true, null,\n \"b\"]}", "[{\"a\":\n1}]\n", "a: 'b\u{2028}'\n", " --- a\n", "? \n: a\n",
  ])
  func whatIsJSONOrOutsideTheRulesStaysAsItIs(text: String) {
    #expect(Self.formatted(text) == text)
  }

  @Test(arguments: [
    "{\"a\": 1} # c\n", "{\"a\": b}\n", "{a: 1}\n", "{\"a\": 1,}\n", "a: 1\n", "&x {\"a\": 1}\n", "---\n{}\n",
  ])
  func yamlInBracesIsNotJSON(text: String) {
    #expect(!SyntaxTree.parse(SourceFile(name: "a.yaml", text: text)).isJSON)
  }

  @Test func ofMarkdownTheFrontMatterIsFormatted() {
    let text = "\u{FEFF}---\na:   'b'\n\n---\n# A   title\n\nkey:   'value'  \n"
    let formatted = SyntaxTree.parse(SourceFile(name: "README.md", text: text)).formatted().value
    #expect(formatted?.text == "\u{FEFF}---\na: b\n---\n# A   title\n\nkey:   'value'  \n")
  }

  @Test(arguments: ["", "\n\n", "# only\n", "\n  # only  \n\n\n# two", "---\n", "--- # c\n...\n"])
  func textsWithoutContentKeepTheirComments(text: String) throws {
    try Self.check(SourceFile(name: "a.yaml", text: text))
    #expect(Self.formatted(text)?.contains(" \n") == false)
  }

  private static func formatted(_ text: String) -> String? {
    SyntaxTree.parse(SourceFile(name: "a.yaml", text: text)).formatted().value?.text
  }

  /// What must hold of every text, formatted or refused.
  private static func check(_ file: SourceFile) throws {
    let tree = SyntaxTree.parse(file)
    guard let once = tree.formatted().value else {
      #expect(!tree.isWhole, "\(file.name) is whole and not formatted")
      return
    }
    let second = SyntaxTree.parse(once)
    let twice = try #require(second.formatted().value, "\(file.name) is broken:\n\(once.text)")
    #expect(twice.text == once.text, "\(file.name) changes again")
    #expect(comments(second) == comments(tree), "\(file.name)")
    #expect(second.diagnostics.map(\.code) == tree.diagnostics.map(\.code), "\(file.name)")
    if let before = tree.root {
      let after = try #require(second.root, "\(file.name)")
      #expect(before.means(after), "\(file.name) means something else:\n\(once.text)")
    } else {
      #expect(second.root == nil, "\(file.name)")
    }
  }

  private static func comments(_ tree: SyntaxTree) -> [String] {
    tree.comments.map { tree.file[$0.span].trimmingCharacters(in: .whitespaces) }
  }
}
