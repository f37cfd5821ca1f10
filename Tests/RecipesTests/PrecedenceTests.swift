import Diagnostics
import Recipes
import Testing

/// All errors of a phase, one for each cause, and none that only follows from another.
@Suite struct PrecedenceTests {
  private func codes(_ text: String) -> [String] {
    Recipe.check(SourceFile(name: "a.yaml", text: text)).diagnostics.map(\.code.name)
  }

  private func modifier(_ fields: String, name: String = "GPTQModifier") -> String {
    "q_stage:\n  q_modifiers:\n    \(name):\n" + fields.split(separator: "\n").map { "      \($0)\n" }.joined()
  }

  @Test func syntaxErrorsKeepTheRestFromBeingChecked() {
    #expect(codes("q_stages:\n  a: [\n") == ["syntax-error"])
    #expect(codes("q_stages: 1\nq_stages: 2\n") == ["duplicate-key"])
  }

  @Test func allFaultsOfAModifierAreReportedTogether() {
    let text = modifier("scheme: W4A17\nblock_size: 0\nignore: lm_head\nwhatever: 1\ndampening_frac: .nan")
    #expect(codes(text) == ["unknown-scheme", "out-of-range", "wrong-type", "unknown-field", "out-of-range"])
  }

  @Test func aFaultInOneModifierLeavesTheOthersChecked() {
    let text = modifier("scheme: W4A17") + "    QuantizationModifer:\n      scheme: W1\n"
    #expect(codes(text) == ["unknown-scheme", "unknown-modifier"])
  }

  @Test func anUnknownStageIsNotAlsoAnEmptyRecipe() {
    #expect(codes("quant:\n  q_modifiers:\n    GPTQModifier: {}\n") == ["unknown-section"])
  }

  @Test func rulesOverSeveralFieldsWaitForTheFields() {
    let group = "config_groups:\n  g:\n    targets: [Linear]\n    weights: {num_bits: four, strategy: group}"
    #expect(codes(modifier(group)) == ["wrong-type"])
    #expect(
      codes(modifier("scheme: W4A16\nconfig_groups: {}\nactorder: group")).contains("nothing-to-quantize") == false
    )
  }

  @Test(arguments: [
    ("scheme: W4A16\ndampening_frac: 1", "out-of-range"), ("scheme: W4A16\ndampening_frac: null", "wrong-type"),
    ("scheme: W4A16\nactorder: weights", "unknown-value"),
    ("scheme: W4A16\nactorder: true", "removed-activation-order"),
    ("scheme: [W4A16]", "wrong-type"), ("scheme: {W4A17: [Linear]}", "unknown-scheme"),
    ("config_groups: {}", "nothing-to-quantize"),
    ("scheme: W4A16\nignore: [yes]", "wrong-type"), ("scheme: W4A16\nobserver: mse", "wrong-type"),
    ("scheme: eval(scheme)", "unexpanded-placeholder"), ("scheme: W4A16\ngroup: q", "internal-field"),
    ("kv_cache_scheme: {num_bits: 8}", "nothing-to-quantize"), ("ignore: [lm_head]", "nothing-to-quantize"),
    ("", "expected-mapping"), ("scheme: UNQUANTIZED", "nothing-to-quantize"),
    ("scheme: W4A16\nignore: [$ignored]", "unexpanded-placeholder"),
  ])
  func aFaultyFieldHasOneError(fields: String, code: String) {
    let errors = Recipe.check(SourceFile(name: "a.yaml", text: modifier(fields))).diagnostics
      .filter { $0.severity == .error }
    #expect(errors.map(\.code.name) == [code])
  }

  @Test(arguments: [
    ("num_bits: 1", "out-of-range"), ("num_bits: 9", "out-of-range"), ("group_size: 0", "inconsistent-strategy"),
    ("group_size: -2", "out-of-range"), ("strategy: group", "inconsistent-strategy"),
    ("strategy: tensor, group_size: -1", "inconsistent-strategy"), ("block_structure: [1, 2]", "inconsistent-strategy"),
    ("block_structure: [128, 128, 128], strategy: block", "wrong-type"), ("strategy: token", "unsupported-weights"),
    ("dynamic: 'true'", "unknown-value"),
    ("dynamic: local, strategy: tensor_group, group_size: 16", "unsupported-weights"),
    ("type: float, symmetric: false", "unsupported-number-format"),
    ("type: float, num_bits: 4, group_size: 64", "unsupported-number-format"),
    ("scale_dtype: uint8", "unsupported-scale-type"), ("symmetric: false, zp_dtype: uint8", "unsupported-scale-type"),
    ("scale_dtype: float33", "unknown-value"), ("observer: nothing", "unknown-observer"),
    ("observer_kwargs: {grid: 10}", "unknown-observer-argument"),
    ("observer: mse, observer_kwargs: {grid: 0}", "out-of-range"),
    ("observer_kwargs: null", "wrong-type"), ("bits: 4", "unknown-field"), ("dynamic: null", "wrong-type"),
  ])
  func aFaultyWeightArgumentHasOneError(arguments: String, code: String) {
    let group = "config_groups:\n  g:\n    targets: [Linear]\n    weights: {\(arguments)}"
    #expect(codes(modifier(group)) == [code])
  }

  @Test func exponentsWithoutADotAreNumbers() {
    #expect(codes(modifier("scheme: W4A16\ndampening_frac: 1e-2")) == ["version-dependent-scalar"])
  }
}
