import Diagnostics
import Recipes
import Testing
import Vocabulary

@Suite struct IncludeTests {
  private static let base = """
    q_stage:
      q_modifiers:
        SmoothQuantModifier:
          smoothing_strength: 0.8
        GPTQModifier:
          scheme: W8A8
          ignore: [lm_head]
    calibration:
      samples: 64

    """

  private func check(_ text: String, _ others: [String: String] = ["base.yaml": base]) -> Checked<Recipe> {
    Recipe.check(SourceFile(name: "mine.yaml", text: text), including: .texts(others))
  }

  @Test func whatIsIncludedIsReadAsIfItStoodHere() throws {
    let recipe = try #require(check("include: base.yaml\n").value)
    let graph = recipe.stageGraph()
    #expect(graph.smoothing.count == 1 && graph.quantization[0].groups[0].preset == "W8A8")
    #expect(graph.calibration.samples?.value == 64)
  }

  @Test func ownEntriesReplaceThoseIncludedOneByOne() throws {
    let text = """
      include: base.yaml
      q_stage:
        q_modifiers:
          SmoothQuantModifier: null
          GPTQModifier:
            scheme: W4A16
      calibration: {sequence_length: 512}

      """
    let graph = try #require(check(text).value).stageGraph()
    #expect(graph.smoothing.isEmpty)
    #expect(graph.quantization[0].groups[0].preset == "W4A16")
    #expect(graph.quantization[0].ignored.map(\.value) == [.name("lm_head")])
    #expect(graph.calibration.samples?.value == 64 && graph.calibration.sequenceLength?.value == 512)
  }

  @Test func laterIncludesWinOverEarlierOnes() throws {
    let other = "calibration: {samples: 32}\n"
    let checked = check("include: [base.yaml, other.yaml]\n", ["base.yaml": Self.base, "other.yaml": other])
    #expect(try #require(checked.value).stageGraph().calibration.samples?.value == 32)
  }

  @Test func aFaultIsShownInTheFileThatHasIt() throws {
    let checked = check("include: base.yaml\n", ["base.yaml": Self.base.replacing("W8A8", with: "W8A9")])
    let error = try #require(checked.diagnostics.first { $0.severity == .error })
    #expect(error.code.name == "unknown-scheme" && error.file?.name == "base.yaml")
    #expect(error.position == SourcePosition(line: 6, column: 15))
    #expect(error.file.map { $0[error.span ?? SourceSpan(start: 0, end: 0)] } == "W8A9")
  }

  @Test func aConflictBetweenTwoFilesShowsBoth() throws {
    let text = "include: base.yaml\nq_stage:\n  q_modifiers:\n    GPTQModifier:\n      config_groups: {}\n"
    let checked = check(text)
    let error = try #require(checked.diagnostics.first { $0.code.name == "scheme-and-groups" })
    let files = [error.file?.name] + error.secondary.map { $0.file?.name ?? error.file?.name }
    #expect(Set(files) == ["base.yaml", "mine.yaml"])
    #expect(error.rendered().contains("base.yaml:6:") && error.rendered().contains("mine.yaml:5:"))
  }

  @Test(arguments: [
    (["a.yaml": "include: b.yaml\n", "b.yaml": "include: a.yaml\n"], "include-cycle"),
    (["a.yaml": "include: mine.yaml\n", "mine.yaml": "include: a.yaml\n"], "include-cycle"),
    (["a.yaml": "include: gone.yaml\n"], "include-not-found"),
    (["a.yaml": "- 1\n"], "expected-mapping"),
    (["a.yaml": "a: [\n"], "unclosed-flow"),
  ])
  func whatCannotBeIncludedIsAnError(others: [String: String], code: String) {
    let checked = check("include: a.yaml\n", others)
    #expect(checked.value == nil)
    let codes = checked.diagnostics.filter { $0.severity == .error }.map(\.code.name)
    #expect(codes.count == 1, "\(codes)")
    if code != "unclosed-flow" { #expect(codes == [code]) }
  }

  @Test func anExpandedRecipeMeansTheSame() throws {
    let text = """
      include: base.yaml
      q_stage:
        q_modifiers:
          GPTQModifier: {dampening_frac: 0.02, targets: ['re:.*[qk]_proj$', "a\\tb"]}

      """
    let file = SourceFile(name: "mine.yaml", text: text)
    let expanded = try #require(Recipe.expanded(file, including: .texts(["base.yaml": Self.base])).value)
    #expect(!expanded.text.contains("include"))
    let before = try #require(check(text).value).stageGraph()
    let after = try #require(Recipe.check(expanded).value).stageGraph()
    #expect(before.smoothing.map(\.method) == after.smoothing.map(\.method))
    #expect(before.quantization.map(\.method) == after.quantization.map(\.method))
    let targets = { (graph: StageGraph) in graph.quantization.flatMap(\.groups).map { $0.targets.map(\.value) } }
    #expect(targets(before) == targets(after) && targets(after)[0] == [.pattern(".*[qk]_proj$"), .name("a\tb")])
    #expect(Recipe.check(expanded).diagnostics.allSatisfy { $0.code.name != "included-recipe" })
  }
}
