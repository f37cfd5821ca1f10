import Diagnostics
import Recipes
import Testing
import Vocabulary

/// Documents that earlier releases read, and those that tools write.
@Suite struct LegacyFormTests {
  private static let modifier = "QuantizationModifier: {scheme: W4A16, ignore: [lm_head]}"

  private func check(_ text: String, name: String = "recipe.yaml") -> Checked<Recipe> {
    Recipe.check(SourceFile(name: name, text: text))
  }

  @Test(arguments: [
    ("q_modifiers:\n  \(modifier)\n", ["flat-group"]),
    ("stages:\n  q:\n    q_modifiers:\n      \(modifier)\n", ["stages-mapping"]),
    ("default_stage_0:\n  q_modifiers:\n    \(modifier)\n", ["merged-stage"]),
    (
      "metadata: {a: b}\nq_stage:\n  run_type: oneshot\n  q_modifiers:\n    \(modifier)\n",
      ["legacy-key", "legacy-key"]
    ),
    (
      "{\"q_stage\": {\"q_modifiers\": {\"QuantizationModifier\": {\"scheme\": \"W4A16\", \"ignore\": [\"lm_head\"]}}}}",
      []
    ),
    ("{\n\t\"q_stage\": {\n\t\t\"q_modifiers\": {\"QuantizationModifier\": {\"scheme\": \"W4A16\"}}}}", []),
  ])
  func aStructureOfEarlierReleasesIsRead(text: String, codes: [String]) throws {
    let checked = check(text)
    #expect(checked.diagnostics.map(\.code.name) == codes)
    #expect(checked.diagnostics.allSatisfy { $0.severity == .warning })
    let stages = try #require(checked.value).stageGraph().quantization
    #expect(stages.count == 1 && stages[0].groups[0].preset == "W4A16")
  }

  @Test func frontMatterOfMarkdownIsRead() throws {
    let text =
      "---\nq_stage:\n  q_modifiers:\n    QuantizationModifier:\n      scheme: W4A17\n---\n\n# A model — card: [x](y)\n"
    let error = try #require(check(text, name: "card.md").diagnostics.first)
    #expect(error.code.name == "unknown-scheme" && error.position == SourcePosition(line: 5, column: 15))
    let right = text.replacing("W4A17", with: "W4A16")
    #expect(check(right, name: "card.md").value != nil && check(right).value == nil)
  }

  @Test func quantizationInsideAWQIsAModifierOfItsOwn() throws {
    let text =
      "a_stage:\n  a_modifiers:\n    AWQModifier: {scheme: W4A16_ASYM, targets: [Linear], ignore: [lm_head], n_grid: 10}\n"
    let graph = try #require(check(text).value).stageGraph()
    #expect(graph.smoothing.map(\.method) == [.awq(AWQParameters(gridSize: 10, duoScaling: .on))])
    #expect(graph.quantization.count == 1 && graph.quantization[0].groups[0].preset == "W4A16_ASYM")
    #expect(graph.quantization[0].ignored.map(\.value) == [.name("lm_head")])
  }

  @Test func quantizationInsideAWQCountsOnceBesideAModifierThatSaysTheSame() throws {
    let text = """
      a_stage:
        a_modifiers:
          AWQModifier: {scheme: W4A16, ignore: [lm_head]}
          QuantizationModifier: {scheme: W4A16, ignore: [lm_head]}

      """
    #expect(try #require(check(text).value).stageGraph().quantization.count == 1)
    let other = check(
      text.replacing("QuantizationModifier: {scheme: W4A16,", with: "QuantizationModifier: {scheme: W8A16,")
    )
    #expect(other.diagnostics.contains { $0.code.name == "overlapping-modifiers" })
  }

  @Test(arguments: [
    ("eval(0.5)", 0.5), ("eval(1 - 0.25)", 0.75), ("eval(-0.5 ** 2 + 1)", 0.75), ("eval((1 + 2) / 4 // 1 + 0.5)", 0.5),
    ("eval(7 % 4 / 4)", 0.75), ("eval(half)", 0.5), ("eval(half * half)", 0.25), ("eval(nested + 0.25)", 0.5),
    ("0.eval(5)", 0.5), ("eval(5e-1)", 0.5),
  ])
  func arithmeticIsComputed(text: String, value: Double) throws {
    let checked = check(
      "half: 0.5\nargs: {nested: eval(half / 2)}\ns_stage:\n  s_modifiers:\n    SparseGPTModifier: {sparsity: \"\(text)\"}\n"
    )
    let graph = try #require(checked.value, "\(checked.diagnostics.rendered())").stageGraph()
    #expect(graph.pruning.map(\.sparsity.value) == [.uniform(value)])
    #expect(checked.diagnostics.contains { $0.code.name == "evaluated-expression" })
  }

  @Test(arguments: [
    "eval(", "eval()", "eval(1 +)", "eval(1 / 0)", "eval(unknown)", "eval(math.sqrt(2))", "eval(__import__('os'))",
    "eval(a)", "eval(1; 2)", "eval(\(String(repeating: "(", count: 200))1\(String(repeating: ")", count: 200)))",
    "eval(\(String(repeating: "-", count: 300))1)", "eval(b)", "{{ x }}", "$x",
  ])
  func whatIsNoArithmeticIsAnError(text: String) {
    let doubling = (0..<40).map { "  x\($0): eval(x\($0 + 1) + x\($0 + 1))\n" }.joined()
    let arguments = "args:\n  a: eval(a)\n  b: eval(x0)\n\(doubling)"
    let checked = check("\(arguments)s_stage:\n  s_modifiers:\n    SparseGPTModifier:\n      sparsity: \"\(text)\"\n")
    #expect(checked.diagnostics.filter { $0.severity == .error }.map(\.code.name).contains("unexpanded-placeholder"))
  }

  @Test(arguments: [
    ("dampening_frac: 1e-2", 0.01), ("dampening_frac: '1e-2'", 0.01), ("dampening_frac: 1.0e-2", 0.01),
    ("percdamp: 0.02", 0.02),
  ])
  func numbersOfAllVersionsAreRead(field: String, value: Double) throws {
    let graph = try #require(
      check("s_stage:\n  s_modifiers:\n    SparseGPTModifier:\n      sparsity: 0.5\n      \(field)\n").value
    ).stageGraph()
    guard case .sparseGPT(let parameters)? = graph.pruning.first?.method else {
      Issue.record("no SparseGPT")
      return
    }
    #expect(parameters.dampeningFraction == value)
  }

  /// Each fix of a structure, made by itself, leaves a recipe that means the same.
  @Test(arguments: [
    "q_modifiers:\n  QuantizationModifier:\n    scheme: W4A16\n\n    ignore: [lm_head]\n",
    "default_stage_3:\n  q_modifiers:\n    QuantizationModifier:\n      scheme: W4A16\n      ignore: [lm_head]\n",
    "a_stage:\n  a_modifiers:\n    AWQModifier:\n      # why\n      scheme: W4A16\n      ignore:\n        - lm_head\n      n_grid: 20\n",
    "s_stage:\n  s_modifiers:\n    SparseGPTModifier: {sparsity: 0.5, sequential_update: true, mask_structure: 2:4}\n",
    "g_stage:\n  g_modifiers:\n    GPTQModifier:\n      scheme: W4A16\n      sequential_update: false  # old\n      offload_hessians: true\n",
  ])
  func safeFixesKeepTheMeaning(text: String) throws {
    let file = SourceFile(name: "recipe.yaml", text: text)
    let before = Recipe.check(file)
    let fixes = before.diagnostics.flatMap(\.fixIts).filter { $0.applicability == .safe }
    #expect(!fixes.isEmpty)
    let fixed = file.applying(fixes)
    let after = Recipe.check(fixed)
    #expect(after.diagnostics.allSatisfy { $0.severity == .note }, "\(fixed.text)\n\(after.diagnostics.rendered())")
    let (old, new) = (try #require(before.value).stageGraph(), try #require(after.value).stageGraph())
    #expect(old.smoothing.map(\.method) == new.smoothing.map(\.method))
    #expect(
      old.pruning.map(\.method) == new.pruning.map(\.method)
        && old.pruning.map(\.structure) == new.pruning.map(\.structure)
    )
    #expect(old.quantization.map(\.method) == new.quantization.map(\.method))
    #expect(old.quantization.map { $0.ignored.map(\.value) } == new.quantization.map { $0.ignored.map(\.value) })
  }
}
