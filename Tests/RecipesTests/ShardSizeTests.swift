import Diagnostics
import Recipes
import Testing

/// `output.shard_size`: bytes, plain or with a decimal unit.
@Suite struct ShardSizeTests {
  private func check(_ value: String) -> Checked<Recipe> {
    Recipe.check(
      SourceFile(
        name: "a.yaml",
        text: "q_stage: {q_modifiers: {GPTQModifier: {scheme: W4A16}}}\noutput: {shard_size: \(value)}\n"
      )
    )
  }

  @Test(arguments: [
    ("5GB", 5_000_000_000), ("'5 GB'", 5_000_000_000), ("1.5gb", 1_500_000_000), ("20MB", 20_000_000), ("3kB", 3000),
    ("1TB", 1_000_000_000_000), ("7B", 7), ("123456", 123_456), ("'123'", 123), ("0.0015kb", 1),
  ])
  func sizesAreReadWithTheirUnits(text: String, bytes: Int) throws {
    let checked = check(text)
    #expect(try #require(checked.value, "\(checked.diagnostics.rendered())").sections.shardSize?.value == bytes)
  }

  @Test(arguments: [
    ("0", "out-of-range"), ("-5GB", "out-of-range"), ("0.9", "out-of-range"), ("much", "wrong-type"),
    ("5GiB", "wrong-type"), ("nan", "wrong-type"), ("1e30", "wrong-type"), ("GB", "wrong-type"), ("[5]", "wrong-type"),
  ])
  func whatIsNoSizeIsAnError(text: String, code: String) {
    let checked = check(text)
    #expect(checked.value == nil)
    #expect(checked.diagnostics.filter { $0.severity == .error }.map(\.code.name) == [code])
  }

  @Test func nothingIsSetWhereNothingIsGiven() throws {
    let text = "q_stage: {q_modifiers: {GPTQModifier: {scheme: W4A16}}}\noutput: {path: out}\n"
    let recipe = try #require(Recipe.check(SourceFile(name: "a.yaml", text: text)).value)
    #expect(recipe.sections.shardSize == nil)
  }
}
