import JSONDocuments
import LanguageServer
import TestSupport
import Testing

/// Texts under change, and what is said of them.
@Suite struct DocumentTests {
  private static let good = """
    quant_stage:
      quant_modifiers:
        QuantizationModifier:
          scheme: FP8_DYNAMIC
          targets: [Linear]
          ignore: [lm_head]

    """

  @Test func whatIsWrongIsPublishedAndWithdrawnWhenItIsRight() throws {
    var editor = Editor()
    editor.open(Self.good.replacing("FP8_DYNAMIC", with: "FP8_DYNAMICS"))
    editor.change([.make(["range": Editor.range((3, 25), (3, 26)), "text": .string("")])])
    editor.tell("textDocument/didClose", Editor.document)
    let publications = try editor.converse().told("textDocument/publishDiagnostics")
    #expect(publications.map { $0["diagnostics"]?.array?.count } == [1, 0, 0])
    #expect(publications.map { $0["version"]?.int } == [1, 2, nil])
    let diagnostic = try #require(publications[0]["diagnostics"]?.array?.first)
    #expect(diagnostic["code"]?.string == "unknown-scheme")
    #expect(diagnostic["severity"]?.int == 1)
    #expect(diagnostic["source"]?.string == "pare")
    #expect(diagnostic["range"] == Editor.range((3, 14), (3, 26)))
    #expect(diagnostic["message"]?.string?.hasPrefix("scheme \"FP8_DYNAMICS\" does not exist") == true)
  }

  @Test func ofABurstOfChangesOnlyTheLastIsChecked() throws {
    let messages = (1...5).map { number in
      JSON.make([
        "jsonrpc": .string("2.0"), "method": .string("textDocument/didChange"),
        "params": .make([
          "textDocument": .make(["uri": .string(Editor.address), "version": .integer(Int64(number + 1))]),
          "contentChanges": .array([.make(["text": .string("a\(number): 1\n")])]),
        ]),
      ])
    }
    let introduction = #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#
    let open = JSON.make([
      "jsonrpc": .string("2.0"), "method": .string("textDocument/didOpen"),
      "params": .make(["textDocument": .make(["uri": .string(Editor.address), "text": .string("")])]),
    ])
    let burst = Editor.framed(open) + messages.flatMap { Editor.framed($0) }
    let heard = try Editor.converse([Editor.framed(introduction), burst])
    let publications = heard.told("textDocument/publishDiagnostics")
    #expect(publications.map { $0["version"]?.int } == [6])
  }

  @Test func charactersAreCountedAsAgreed() throws {
    // The fault is a letter of two bytes, one of three, and an emoji of four bytes and two units of UTF-16.
    let text = "quant_stage: {é한🙂: {}}\n"
    for (encoding, width) in [("utf-8", 9), ("utf-16", 4), ("utf-32", 3)] {
      var editor = Editor()
      editor.capabilities = .make(["general": .make(["positionEncodings": .array([.string(encoding)])])])
      editor.open(text)
      let range = try #require(try editor.converse().diagnostics().first?["range"])
      #expect(range == Editor.range((0, 14), (0, 14 + width)), "\(encoding)")
    }
  }

  @Test(arguments: 0..<40)
  func incrementalChangesEqualTheWholeText(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let alphabet = ["a", "é", "한", "🙂", "e\u{301}", "\n", "\r\n", ":", " ", "  ", "-", "quant_stage:\n"]
    func some(_ most: Int) -> String {
      (0..<Int.random(in: 0...most, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? "" }
        .joined()
    }
    var text = Self.good + some(20)
    var editor = Editor()
    editor.open(text)
    for version in 0..<10 {
      // The editor's own arithmetic: places as lines and UTF-16 units, at borders of scalars.
      let units = Array(text.utf16)
      var borders = [0]
      for scalar in text.unicodeScalars { borders.append(borders[borders.count - 1] + UTF16.width(scalar)) }
      let ends = [borders.randomElement(using: &generator) ?? 0, borders.randomElement(using: &generator) ?? 0].sorted()
      // Between the two halves of a line break there is no place.
      let inBreak = ends.contains { $0 > 0 && $0 < units.count && units[$0 - 1] == 0x0D && units[$0] == 0x0A }
      if inBreak { continue }
      func place(_ offset: Int) -> (Int, Int) {
        var (line, start) = (0, 0)
        for index in 0..<offset {
          let isBreak =
            units[index] == 0x0A || (units[index] == 0x0D && (index + 1 == units.count || units[index + 1] != 0x0A))
          if isBreak { (line, start) = (line + 1, index + 1) }
        }
        return (line, offset - start)
      }
      let replacement = some(6)
      editor.change(
        [.make(["range": Editor.range(place(ends[0]), place(ends[1])), "text": .string(replacement)])],
        version: Int64(version + 2)
      )
      text = String(decoding: units[..<ends[0]] + Array(replacement.utf16) + units[ends[1]...], as: UTF16.self)
    }
    let symbols = editor.ask("textDocument/documentSymbol", Editor.document)
    var fresh = Editor()
    fresh.open(text)
    let expected = fresh.ask("textDocument/documentSymbol", Editor.document)
    let (heard, whole) = (try editor.converse(), try fresh.converse())
    #expect(heard.diagnostics() == whole.diagnostics())
    #expect(try heard.result(symbols) == whole.result(expected))
    #expect(heard.told("window/logMessage").isEmpty)
  }

  @Test(arguments: [
    JSON.make(["range": .make([:]), "text": .string("x")]), .make(["rangeLength": .integer(3)]), .null,
    .make(["range": Editor.range((2, 0), (1, 0)), "text": .string("x")]),
  ])
  func aChangeWithoutSenseChangesNothing(change: JSON) throws {
    var editor = Editor()
    editor.open(Self.good)
    editor.change([.make(["text": .string("broken: [")]), change])
    let heard = try editor.converse()
    #expect(heard.codes().isEmpty)
    #expect(heard.told("window/logMessage").count == 1)
  }

  @Test func aModelIsCheckedAgainstWhetherTheEditorOrTheRecipeNamesIt() throws {
    let text = Self.good.replacing("lm_head", with: "lm-head")
    var silent = Editor()
    silent.open(text)
    #expect(try silent.converse().codes().isEmpty)
    var configured = Editor()
    configured.options = .make(["model": .string(Editor.model)])
    configured.open(text)
    #expect(try configured.converse().codes().contains("ignore-matches-nothing"))
    var own = Editor()
    own.open("model: {path: ../models/tiny-stories}\n" + text)
    #expect(try own.converse().codes().contains("ignore-matches-nothing"))
  }

  @Test func settingsMayChange() throws {
    var editor = Editor()
    editor.open(Self.good.replacing("lm_head", with: "lm-head"))
    editor.tell(
      "workspace/didChangeConfiguration",
      .make(["settings": .make(["pare": .make(["model": .string(Editor.model), "runtime": .string("vllm")])])])
    )
    for other in [JSON.null, .make(["pare": .null]), .make(["yaml": .make([:])])] {
      editor.tell("workspace/didChangeConfiguration", .make(["settings": other]))
    }
    editor.tell("workspace/didChangeConfiguration", .make(["settings": .make(["pare": .make([:])])]))
    let counts = try editor.converse().told("textDocument/publishDiagnostics").map {
      $0["diagnostics"]?.array?.count ?? 0
    }
    #expect(counts.map { $0 > 0 } == [false, true, true, true, true, false])
  }

  @Test func aSettingThatCannotBeHadIsShownOnceAndARecipesOwnOnlyLogged() throws {
    var editor = Editor()
    editor.options = .make(["model": .string("/nowhere"), "runtime": .string("vllm")])
    editor.open(Self.good)
    editor.change([.make(["text": .string(Self.good + "\n")])])
    let heard = try editor.converse()
    #expect(heard.told("window/showMessage").map { $0["message"]?.string } == ["there is no model in /nowhere"])
    var own = Editor()
    own.open("model: {path: /elsewhere}\n" + Self.good)
    let other = try own.converse()
    #expect(other.told("window/showMessage").isEmpty)
    #expect(other.told("window/logMessage").count == 1)
  }

  @Test func anIncludedRecipeIsReadFromTheEditorFirst() throws {
    let base = "file:///recipes/base.yaml"
    var editor = Editor()
    editor.files = ["/recipes/base.yaml": Self.good]
    editor.open("include: base.yaml\n")
    editor.open(Self.good.replacing("FP8_DYNAMIC", with: "FP9"), at: base)
    editor.tell("textDocument/didClose", .make(["textDocument": .make(["uri": .string(base)])]))
    let publications = try editor.converse().told("textDocument/publishDiagnostics")
      .filter { $0["uri"]?.string == Editor.address }.map { $0["diagnostics"]?.array ?? [] }
    try #require(publications.count == 3)
    #expect(
      publications.map { $0.compactMap { $0["code"]?.string } } == [
        ["included-recipe"], ["included-recipe", "unknown-scheme"], ["included-recipe"],
      ]
    )
    let fault = try #require(publications[1].last)
    #expect(fault["range"] == Editor.range((0, 0), (0, 7)))
    let place = fault["relatedInformation"]?.array?.first?["location"]
    #expect(place?["uri"]?.string == base)
    #expect(place?["range"] == Editor.range((3, 14), (3, 17)))
  }

  @Test func otherPlacesAreRelatedInformation() throws {
    var editor = Editor()
    editor.open("quant_stage:\n  quant_modifiers: {}\nquant_stage: {}\n")
    let diagnostics = try editor.converse().diagnostics()
    let related = diagnostics.compactMap { $0["relatedInformation"]?.array }.flatMap { $0 }
    #expect(!related.isEmpty)
    #expect(related.allSatisfy { $0["location"]?["uri"]?.string == Editor.address })
  }

  @Test func textFromWhichNothingFollowsIsMarked() throws {
    var editor = Editor()
    editor.open(Self.good.replacing("scheme:", with: "index: 3\n      scheme:"))
    let tags = try editor.converse().diagnostics().map { $0["tags"]?.array?.compactMap(\.int) }
    #expect(tags == [[1]])
  }
}
