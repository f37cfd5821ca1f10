import Checkpoints
import Diagnostics
import Foundation
import JSONDocuments
import Planning
import RecipeGrammar
import TestSupport
import Testing
import Vocabulary

/// What the runtimes of the table say of what recipes make.
@Suite struct RuntimeTests {
  private func codes(_ modifiers: String) throws -> [String] {
    let vllm = try #require(Grammar.standard.runtime("vllm"))
    let found = try BundledModel().check(modifiers, request: PlanRequest(runtime: vllm)).diagnostics
    return found.filter { $0.severity > .note }.map(\.code.name)
  }

  /// Presets whose own format has no kernel: integers of odd widths, or with inputs that no kernel takes.
  private static let refused: Set<String> = [
    "W2A4", "W3A4", "W4A4", "W2A8", "W3A8", "W5A8", "W6A8", "W7A8", "W4AFP8",
  ]

  @Test func thereArePresetsOfBothKinds() {
    let names = Set(Grammar.standard.presets.map(\.name))
    #expect(Self.refused.isSubset(of: names))
    #expect(names.count > Self.refused.count)
  }

  @Test(arguments: Grammar.standard.presets.filter { $0.scheme.weights != nil }.map(\.name))
  func vllmServesAPresetOrSaysThatItDoesNot(preset: String) throws {
    // Without data-free statistics the modifier would only be told so; shapes of the bundled model fit every preset.
    let found = try codes(
      "{QuantizationModifier: {scheme: \(preset), targets: ['re:.*mlp.*_proj$'], ignore: [lm_head]}}"
    )
    #expect(found == (Self.refused.contains(preset) ? ["runtime-refuses-scheme"] : []))
  }

  @Test(arguments: refused.sorted())
  func whatIsRefusedIsServedInTheFormatThatTheHelpNames(preset: String) throws {
    let vllm = try #require(Grammar.standard.runtime("vllm"))
    let modifiers =
      "quant_stage: {quant_modifiers: {QuantizationModifier: {scheme: \(preset), targets: ['re:.*mlp.*_proj$']}}}"
    let refused = try BundledModel().check(
      SourceFile(name: "r.yaml", text: modifiers),
      request: PlanRequest(runtime: vllm)
    )
    let help = try #require(refused.diagnostics.first { $0.severity == .error }?.help)
    #expect(help.contains("format: pack-quantized"))
    let text = modifiers + "\noutput: {format: pack-quantized}\n"
    let served = try BundledModel().check(SourceFile(name: "r.yaml", text: text), request: PlanRequest(runtime: vllm))
    #expect(!served.diagnostics.hasErrors, "\(served.diagnostics.rendered())")
  }

  @Test func aRuntimeIsCheckedOnlyWhenItIsNamed() throws {
    let modifiers = "{QuantizationModifier: {scheme: W6A8, ignore: [lm_head]}}"
    #expect(try codes(modifiers) == ["runtime-refuses-scheme"])
    #expect(try !BundledModel().check(modifiers).diagnostics.hasErrors)
  }

  @Test func everyMessageNamesRuntimeAndVersion() throws {
    let vllm = try #require(Grammar.standard.runtime("vllm"))
    let fixtures = PlanningFixtureTests.fixtures.filter { $0.lastPathComponent.hasPrefix("runtime-") }
    #expect(fixtures.count >= 7)
    for fixture in fixtures {
      let text = try String(contentsOf: fixture.deletingPathExtension().appendingPathExtension("txt"), encoding: .utf8)
      #expect(text.contains("\(vllm.name) \(vllm.version)"), "\(fixture.lastPathComponent)")
    }
  }

  @Test func expertsOfABlockHaveOneScheme() throws {
    let vllm = try #require(Grammar.standard.runtime("vllm"))
    let uniform = "scheme: W8A8, targets: ['re:.*experts.*']"
    let mixed = "scheme: {W8A8: ['re:.*experts.0.*'], W4A16: ['re:.*experts.1.*']}"
    for (fields, expected) in [(uniform, []), (mixed, ["runtime-needs-uniform-set"])] {
      let file = SourceFile(
        name: "r.yaml",
        text: "quant_stage: {quant_modifiers: {QuantizationModifier: {\(fields)}}}\n"
      )
      let outline = try BundledModel.withExperts().outline()
      let found = try BundledModel.check(file, on: outline, request: PlanRequest(runtime: vllm)).diagnostics
      #expect(found.filter { $0.severity > .note }.map(\.code.name) == expected, "\(found.rendered())")
    }
  }

  @Test func packedZeroPointsOfJoinedLayersFillWholeWords() throws {
    // Query has 128 rows and key 64; of 3 bits 32 rows fill three words, so both fit, and 20 rows of any would not.
    let group = "{targets: ['re:.*self_attn.[qkv]_proj$'], weights: {num_bits: 3, group_size: 64, symmetric: false}}"
    #expect(try codes("{QuantizationModifier: {config_groups: {all: \(group)}}}").isEmpty)
    var model = try BundledModel(["num_attention_heads": .integer(4), "head_dim": .integer(10)])
    model.tensors = model.tensors.map { tensor in
      let rows = ["q_proj": 40, "k_proj": 20, "v_proj": 20]
      guard let part = tensor.name.split(separator: ".").dropLast().last.map(String.init) else { return tensor }
      if let count = rows[part] { return tensor.reshaped([count, 128]) }
      return part == "o_proj" ? tensor.reshaped([128, 40]) : tensor
    }
    let vllm = try #require(Grammar.standard.runtime("vllm"))
    let found = try model.check(
      "{QuantizationModifier: {config_groups: {all: \(group)}}}",
      request: PlanRequest(runtime: vllm)
    ).diagnostics
    #expect(found.filter { $0.severity == .error }.map(\.code.name) == ["runtime-refuses-shape"])
  }
}
