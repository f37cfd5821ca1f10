import Diagnostics
import Recipes
import Syntax
import Testing

/// What pydantic's lax mode makes of what PyYAML reads.
@Suite struct LaxCoercionTests {
  private func scalar(_ text: String) throws -> ScalarSyntax {
    try #require(SyntaxTree.parse(SourceFile(name: "a", text: "k: \(text)")).root?.mapping?["k"]?.scalar)
  }

  @Test(arguments: [
    ("4", 4), ("\"4\"", 4), ("4.0", 4), ("'4.0'", 4), ("4.5", nil), ("true", 1), ("no", 0), ("four", nil), ("~", nil),
    ("010", 8), ("1e2", 100), ("\" 7 \"", 7), ("1_000", 1000), ("2026-01-01", nil), (".inf", nil), ("''", nil),
  ])
  func integers(text: String, value: Int?) throws {
    #expect(LaxCoercion.integer(try scalar(text)) == value)
  }

  @Test(arguments: [
    ("1e-2", 0.01), ("'0.5'", 0.5), ("1", 1), ("true", 1), ("50%", nil), ("0x1p3", nil), ("null", nil), ("-.5", -0.5),
    ("'1_0'", 10),
  ])
  func numbers(text: String, value: Double?) throws {
    #expect(LaxCoercion.number(try scalar(text)) == value)
  }

  @Test(arguments: [
    ("yes", true), ("'yes'", true), ("'Off'", false), ("1", true), ("0.0", false), ("2", nil), ("maybe", nil),
    ("t", true),
    ("~", nil),
  ])
  func booleans(text: String, value: Bool?) throws {
    #expect(LaxCoercion.boolean(try scalar(text)) == value)
  }

  @Test(arguments: [("Linear", "Linear"), ("'yes'", "yes"), ("yes", nil), ("4", nil), ("'4'", "4"), ("~", nil)])
  func strings(text: String, value: String?) throws {
    #expect(LaxCoercion.string(try scalar(text)) == value)
  }
}
