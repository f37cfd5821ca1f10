import Foundation
import JSONDocuments
import LanguageServer
import TestSupport
import Testing

/// Hover, repairs, formatting, symbols and places.
@Suite struct FeatureTests {
  private static let recipe = """
    # What is served
    quant_stage:
      quant_modifiers:
        GPTQModifier:
          scheme: {W4A16: [Linear]}
          ignore:
            - lm_head
            - "re:.*\\\\.q_proj$"
          weight_observer: mse
          bypass_divisibility_checks: false
    output: {format: pack-quantized}

    """

  private static func ask(
    _ method: String,
    _ marked: String,
    model: Bool = true
  ) throws -> JSON {
    let text = try MarkedText(marked)
    var editor = Editor()
    if model { editor.options = .make(["model": .string(Editor.model)]) }
    editor.open(text.text)
    let request = editor.ask(method, Editor.at(text.line, text.character))
    return try editor.converse().result(request)
  }

  @Test(arguments: [
    ("quant_sta‸ge", "### quant_stage", 1), ("GPTQModifier", "### GPTQModifier", 3), ("scheme", "### scheme", 4),
    ("W4A16", "### W4A16", 4), ("Linear", "29 of 59 modules", 4), ("lm_head", "- `lm_head` (Linear)", 6),
    ("re:", "4 of 59 modules", 7), ("weight_observer", "### weight_observer", 8), ("mse", "### mse", 8),
    ("bypass", "check of columns", 9), ("false", "check of columns", 9), ("output", "What is written", 10),
    ("format", "format", 10), ("pack-quantized", "32-bit words", 10),
  ])
  func hoverExplainsTheWord(word: String, expected: String, line: Int) throws {
    let lines = Self.recipe.split(separator: "\n", omittingEmptySubsequences: false)
    let column = try #require(lines[line].firstRange(of: word.prefix { $0 != "‸" })).lowerBound
    var editor = Editor()
    editor.options = .make(["model": .string(Editor.model)])
    editor.open(Self.recipe)
    let request = editor.ask("textDocument/hover", Editor.at(line, lines[line][..<column].utf16.count + 1))
    let hover = try editor.converse().result(request)
    #expect(hover["contents"]?["kind"]?.string == "markdown")
    #expect(hover["contents"]?["value"]?.string?.contains(expected) == true, "\(hover)")
    #expect(hover["range"]?["start"]?["line"]?.int == line)
  }

  @Test func anEditorWithoutMarkdownGetsPlainText() throws {
    var editor = Editor()
    editor.capabilities = .make([:])
    editor.open(Self.recipe)
    let request = editor.ask("textDocument/hover", Editor.at(3, 8))
    let contents = try editor.converse().result(request)["contents"]
    #expect(contents?["kind"]?.string == "plaintext")
    #expect(contents?["value"]?.string?.hasPrefix("GPTQModifier\n") == true)
  }

  @Test func whereThereIsNothingToSayNothingIsSaid() throws {
    for text in ["# W4‸A16\n", "‸", "a: ‸b", "quant_stage:‸ {}"] {
      _ = try Self.ask("textDocument/hover", text, model: false)
    }
    #expect(try Self.ask("textDocument/hover", "# W4‸A16\n", model: false) == .null)
    #expect(try Self.ask("textDocument/hover", "a: ‸b", model: false) == .null)
  }

  // MARK: Repairs

  private static func actions(_ text: String, only: [String]? = nil, versioned: Bool = true) throws -> [JSON] {
    var editor = Editor()
    if !versioned {
      editor.capabilities = .make([
        "textDocument": .make(["codeAction": .make(["codeActionLiteralSupport": .make([:])])])
      ])
    }
    editor.open(text)
    let context =
      only.map { JSON.make(["only": .array($0.map(JSON.string)), "diagnostics": .array([])]) } ?? .make([:])
    let request = editor.ask(
      "textDocument/codeAction",
      Editor.document.with("range", Editor.range((0, 0), (100, 0))).with("context", context)
    )
    return try #require(try editor.converse().result(request).array)
  }

  @Test func aRepairGivesTheTextThatItPromises() throws {
    let wrong = Self.recipe.replacing("pack-quantized", with: "pack-quantised")
    let action = try #require(try Self.actions(wrong, only: ["quickfix"]).first)
    #expect(action["title"]?.string == "replace with pack-quantized")
    #expect(action["kind"]?.string == "quickfix")
    let change = try #require(action["edit"]?["documentChanges"]?.array?.first)
    #expect(change["textDocument"] == .make(["uri": .string(Editor.address), "version": .integer(1)]))
    #expect(try EditedText.apply(try #require(change["edits"]?.array), to: wrong) == Self.recipe)
    #expect(action["diagnostics"]?.array?.first?["code"]?.string == "unknown-value")
    let plain = try #require(try Self.actions(wrong, only: ["quickfix"], versioned: false).first)
    #expect(plain["edit"]?["changes"]?[Editor.address] == change["edits"])
  }

  @Test func safeRepairsArePreferredAndCanBeMadeTogether() throws {
    let wrong = """
      # 🙂
      quant_stage:
        quant_modifiers:
          QuantizationModifier: {scheme: FP8_DYNAMIC, targets: [Linear], index: 3}
      prune_stage:
        prune_modifiers:
          SparseGPTModifier: {sparsity: 0.5, mask_structure: 2:4}

      """
    let all = try Self.actions(wrong)
    #expect(all.contains { $0["isPreferred"]?.bool == true })
    let together = try Self.actions(wrong, only: ["source"])
    #expect(together.count == 1)
    let action = try #require(together.first)
    #expect(action["kind"]?.string == "source.fixAll")
    let edits = try #require(action["edit"]?["documentChanges"]?.array?.first?["edits"]?.array)
    let fixed = try EditedText.apply(edits, to: wrong)
    #expect(fixed.contains("\"2:4\""))
    #expect(fixed.hasPrefix("# 🙂\n"))
    // Afterwards there is nothing left to repair safely.
    #expect(try Self.actions(fixed, only: ["source.fixAll"]).isEmpty)
  }

  @Test func anEditorThatTakesNoActionsIsOfferedNone() throws {
    var editor = Editor()
    editor.capabilities = .make([:])
    editor.open("quant_stages: {}\n")
    let request = editor.ask("textDocument/codeAction", Editor.document.with("range", Editor.range((0, 0), (9, 0))))
    #expect(try editor.converse().result(request) == .array([]))
  }

  @Test(arguments: [
    ("a_stage:\n      b_modifiers: {}\n", "a_stage:\n  b_modifiers: {}\n"),
    ("# é🙂\na_stage:   {}", "# é🙂\na_stage: {}\n"),
    ("a_stage: {}\n", "a_stage: {}\n"),
    ("a: [\n", "a: [\n"),
  ])
  func formattingGivesTheCanonicalLayout(text: String, expected: String) throws {
    var editor = Editor()
    editor.open(text)
    let request = editor.ask("textDocument/formatting", Editor.document)
    let edits = try #require(try editor.converse().result(request).array)
    #expect(try EditedText.apply(edits, to: text) == expected)
    #expect(edits.isEmpty == (text == expected))
  }

  // MARK: Places

  @Test func symbolsAreStagesGroupsModifiersAndFields() throws {
    var editor = Editor()
    editor.open(Self.recipe)
    let request = editor.ask("textDocument/documentSymbol", Editor.document)
    let symbols = try #require(try editor.converse().result(request).array)
    #expect(symbols.map { $0["name"]?.string } == ["quant_stage", "output"])
    func child(_ symbol: JSON?) -> JSON? { symbol?["children"]?.array?.first }
    let modifier = child(child(symbols.first))
    #expect(modifier?["name"]?.string == "GPTQModifier")
    #expect(modifier?["kind"]?.int == 5)
    #expect(modifier?["selectionRange"] == Editor.range((3, 4), (3, 16)))
    #expect(modifier?["range"] == Editor.range((3, 4), (9, 39)))
    #expect(child(modifier)?["name"]?.string == "scheme")
    #expect(symbols.last?["children"]?.array?.first?["detail"]?.string == "pack-quantized")
  }

  @Test func anEditorWithoutTreesGetsAList() throws {
    var editor = Editor()
    editor.capabilities = .make([:])
    editor.open(Self.recipe)
    let request = editor.ask("textDocument/documentSymbol", Editor.document)
    let symbols = try #require(try editor.converse().result(request).array)
    #expect(symbols.prefix(3).map { $0["name"]?.string } == ["quant_stage", "quant_modifiers", "GPTQModifier"])
    #expect(symbols[2]["containerName"]?.string == "quant_modifiers")
    #expect(symbols[2]["location"]?["uri"]?.string == Editor.address)
  }

  @Test func aBrokenTextHasTheSymbolsBeforeTheFault() throws {
    var editor = Editor()
    editor.open("a_stage:\n  b_modifiers: {}\nc: d: e\n")
    let request = editor.ask("textDocument/documentSymbol", Editor.document)
    #expect(try editor.converse().result(request).array?.first?["name"]?.string == "a_stage")
  }

  @Test func aTargetLeadsToTheModulesThatItMeans() throws {
    let locations = try #require(
      try Self.ask("textDocument/definition", Self.recipe.replacing("q_proj", with: "q‸_proj")).array
    )
    #expect(locations.count == 4)
    let address = "file://\(Editor.listing)/modules-of-tiny-stories.txt"
    #expect(locations.allSatisfy { $0["uri"]?.string == address })
    let lines = locations.compactMap { $0["range"]?["start"]?["line"]?.int }
    #expect(lines == lines.sorted() && Set(lines).count == 4)
    let head = try Self.ask("textDocument/definition", Self.recipe.replacing("lm_", with: "lm‸_"))
    #expect(head.array?.count == 1)
    #expect(try Self.ask("textDocument/definition", Self.recipe.replacing("lm_", with: "lm‸_"), model: false) == .null)
    #expect(try Self.ask("textDocument/definition", Self.recipe.replacing("lm_head", with: "no‸body")) == .null)
    #expect(try Self.ask("textDocument/definition", Self.recipe.replacing("scheme", with: "sch‸eme")) == .null)
  }

  @Test func anIncludedRecipeIsADefinitionAndALink() throws {
    for text in [
      "include: ../ba‸se é.yaml\n", "include: [a.yaml, ../ba‸se é.yaml]\n", "include:\n  - '../ba‸se é.yaml'\n",
    ] {
      let locations = try Self.ask("textDocument/definition", text).array
      #expect(locations?.map { $0["uri"]?.string } == ["file:///base%20%C3%A9.yaml"])
    }
    var editor = Editor()
    editor.open("include: [a.yaml, b.yaml]\n")
    let request = editor.ask("textDocument/documentLink", Editor.document)
    let links = try #require(try editor.converse().result(request).array)
    #expect(links.map { $0["target"]?.string } == ["file:///recipes/a.yaml", "file:///recipes/b.yaml"])
    #expect(links.first?["range"] == Editor.range((0, 10), (0, 16)))
  }

  @Test func whatStandsBelowAKeyCanBeFolded() throws {
    var editor = Editor()
    editor.open(Self.recipe)
    let request = editor.ask("textDocument/foldingRange", Editor.document)
    let ranges = try #require(try editor.converse().result(request).array)
    let lines = ranges.map { [$0["startLine"]?.int, $0["endLine"]?.int] }
    #expect(lines == [[1, 9], [2, 9], [3, 9], [5, 7]])
  }

  @Test func everyCodeThatIsMarkedExists() throws {
    let pages = Places.files(in: Places.inRepository("docs/diagnostics"), suffix: "md")
      .map { $0.deletingPathExtension().lastPathComponent }
    for code in MarkedCodes.unnecessary.union(MarkedCodes.deprecated).union(["included-recipe"]) {
      #expect(pages.contains(code), "\(code)")
    }
  }

  /// Hostile texts are answered in time.
  @Test(
    .timeLimit(.minutes(2)),
    arguments: [
      String(repeating: "[", count: 100_000), String(repeating: "{a: ", count: 20_000),
      String(repeating: "- ", count: 50_000) + "x", String(repeating: "a: &x [*x]\n", count: 2_000),
      "{" + (0..<20_000).map { "é\($0): 1" }.joined(separator: ", ") + "}",
      (0..<20_000).map { "k\($0): [1, 2]\n" }.joined(), String(repeating: "\u{1}\t\r", count: 20_000),
      (0..<400).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
    ]
  )
  func hostileTextsAreAnswered(text: String) throws {
    var editor = Editor()
    editor.open(text)
    let methods = ["completion", "hover", "definition", "documentSymbol", "foldingRange", "documentLink", "formatting"]
    let requests = methods.map { editor.ask("textDocument/\($0)", Editor.at(0, text.utf16.count / 2)) }
    let heard = try editor.converse()
    #expect(requests.allSatisfy { (try? heard.result($0)) != nil })
  }
}
