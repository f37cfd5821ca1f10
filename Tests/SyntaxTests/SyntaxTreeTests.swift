import Diagnostics
import Syntax
import Testing

@Suite struct SyntaxTreeTests {
  private func parse(_ text: String) -> SyntaxTree { SyntaxTree.parse(SourceFile(name: "a.yaml", text: text)) }

  @Test func nodesAreReachedByKeyAndKnowTheirPlaces() throws {
    let tree = parse("a:\n  b: [x, 'y z', {c: \"d\"}] # note\n")
    let list = try #require(tree.root?.mapping?["a"]?.mapping?["b"]?.sequence)
    #expect(list.isFlow)
    #expect(tree.file[list.span] == "[x, 'y z', {c: \"d\"}]")
    let quoted = try #require(list.items[1].scalar)
    #expect(quoted.text == "y z" && quoted.style == .singleQuoted && tree.file[quoted.span] == "'y z'")
    #expect(list.items[2].mapping?["c"]?.scalar?.style == .doubleQuoted)
    #expect(tree.comments.map { tree.file[$0.span] } == ["# note"])
    #expect(tree.diagnostics.isEmpty)
  }

  @Test(arguments: [
    "ключ: [значение, x]", "\u{FEFF}a: [é, x]", "a:\t[\"é\",\tx]", "b: 漢\r\na: [é, x]\r\n", "a: # é\r  [é, x]",
  ])
  func placesAreRightBehindAllKindsOfCharacters(text: String) throws {
    let tree = parse(text)
    let item = try #require(tree.root?.mapping?.entries.last?.value.sequence?.items.last?.scalar)
    #expect(tree.file[item.span] == "x")
  }

  @Test func anAliasIsWhatItsAnchorIs() throws {
    let root = try #require(parse("a: &x [1, 2]\nb: *x\n").root?.mapping)
    #expect(root["b"] == root["a"])
    #expect(root["a"]?.properties.anchor == "x")
  }

  @Test func mergedKeysComeFirstAndGiveWayToKeysWrittenOut() throws {
    let root = try #require(
      parse("base: &b {x: 1, y: 2}\nc:\n  y: 3\n  <<: *b\nd:\n  <<: [{x: 5}, *b]\n").root?.mapping
    )
    let merged = try #require(root["c"]?.mapping)
    #expect(merged.entries.map(\.key.text) == ["x", "y"])
    #expect(merged["y"]?.scalar?.text == "3")
    #expect(root["d"]?.mapping?["x"]?.scalar?.text == "5")
    #expect(root["d"]?.mapping?["y"]?.scalar?.text == "2")
  }

  @Test func onlyTheTagsThatTheToolWritesMeanSomething() throws {
    let prefix = "!!python/object/apply:compressed_tensors.quantization.quant_args."
    let tree = parse("a: \(prefix)QuantizationType [int]\nb: !!python/tuple [x]\n")
    #expect(tree.root?.mapping?["a"]?.scalar?.text == "int")
    #expect(tree.root?.mapping?["b"]?.sequence?.items.count == 1)
    #expect(!tree.diagnostics.hasErrors)
    let fixed = tree.file.applying(tree.diagnostics.flatMap(\.fixIts))
    #expect(fixed.text.hasPrefix("a: int\n"))
    for hostile in ["!!python/object/apply:os.system [ls]", "!!python/name:os.system ''", "!!str 1", "!x {a: 1}"] {
      #expect(parse("a: \(hostile)\n").diagnostics.map(\.code.name) == ["unsupported-tag"], "\(hostile)")
    }
  }

  @Test func aByteOrderMarkCountsForNothing() throws {
    let root = try #require(parse("\u{FEFF}a: 1\nb: é\n").root?.mapping)
    #expect(root.entries.map(\.key.text) == ["a", "b"])
    #expect(root["b"]?.span == SourceSpan(start: 11, end: 13))
  }

  @Test(arguments: [
    "---\na: 1\nb: [x]\n---\n# A model\n\ttext: [\n", "# A model\n\n  --- \na: 1\nb: [x]\n+++\n\u{7}\n",
    "\u{FEFF}---\r\na: 1\r\nb: [x]\r\n---",
  ])
  func ofMarkdownTheFrontMatterIsRead(text: String) throws {
    let tree = SyntaxTree.parse(SourceFile(name: "README.md", text: text))
    #expect(tree.diagnostics.isEmpty)
    let item = try #require(tree.root?.mapping?["b"]?.sequence?.items.first)
    #expect(tree.file[item.span] == "x")
    #expect(tree.pieces.map { tree.file[$0.span] }.joined() == tree.file.text)
  }

  @Test(arguments: ["", "# A model\n", "---\na: 1\n", "a: 1\n"])
  func markdownWithoutFrontMatterSaysSo(text: String) {
    let tree = SyntaxTree.parse(SourceFile(name: "README.MD", text: text))
    #expect(tree.diagnostics.map(\.code.name) == ["missing-front-matter"])
  }

  @Test func hostileNestingEndsWithOneError() {
    for opener in ["[", "{a: ", "- ", "? "] {
      let diagnostics = parse(String(repeating: opener, count: 20_000)).diagnostics
      #expect(diagnostics.map(\.code.name) == ["nesting-too-deep"], "\(opener)")
    }
  }

  @Test(arguments: [
    ("a: [b\nc: d\n", 1, 4), ("a: 'b\n", 1, 4), ("a: b: c\n", 1, 5), ("a:\n\tb: c\n", 2, 1), ("a: @b\n", 1, 4),
    ("a: b\n  c: d\n", 2, 4), ("a: \"\\q\"\n", 1, 5), ("- a\nb: c\n", 2, 1), ("a: {b: c\n", 1, 4), ("a\nb: c\n", 2, 2),
  ])
  func syntaxErrorsPointAtTheirCause(text: String, line: Int, column: Int) throws {
    let diagnostics = parse(text).diagnostics
    #expect(diagnostics.map(\.code.name) == ["syntax-error"])
    #expect(diagnostics.first?.position == SourcePosition(line: line, column: column))
    #expect(diagnostics.first?.message.contains("did not find") == false)
  }

  @Test func whatStandsBeforeAnErrorIsStillThere() throws {
    let tree = parse("a:\n  b: 1\n  c: [x,\n")
    #expect(tree.diagnostics.hasErrors)
    #expect(tree.root?.mapping?["a"]?.mapping?["b"]?.scalar?.text == "1")
  }
}
