import Diagnostics
import Models
import Planning
import Recipes
import Testing

/// Rotations that plans refuse, and work that they refuse between rotated layers.
struct RotationGapTests {
  private static func gaps(_ rotation: String, _ modifiers: String = "") throws -> [String] {
    let text = "rotation_stage: {rotation_modifiers: {\(rotation)}}\n" + modifiers
    let planned = try BundledModel().plan(SourceFile(name: "recipe.yaml", text: text))
    #expect((planned.value == nil) == planned.hasErrors)
    return planned.diagnostics.filter { $0.severity == .error }.map { "\($0.code.name): \($0.message)" }
  }

  private static func gap(_ what: String) -> [String] {
    ["not-yet-executable: this version of Pare checks but cannot execute \(what)"]
  }

  private static let quantization = "GPTQModifier: {scheme: W4A16, ignore: [lm_head]}"

  @Test func whatHasNoPlaceInAPlanIsNamed() throws {
    #expect(try Self.gaps("SpinQuantModifier: {rotations: [R1, R3]}") == Self.gap("SpinQuantModifier with R3"))
    #expect(try Self.gaps("QuIPModifier: {randomize: true}") == Self.gap("QuIPModifier with randomize"))
    #expect(
      try Self.gaps("QuIPModifier: {precision: int8}") == Self.gap("QuIPModifier with matrices of I8")
    )
    #expect(
      try Self.gaps("SpinQuantModifier: {}, QuIPModifier: {}") == Self.gap("QuIPModifier after another rotation")
    )
    #expect(try Self.gaps("SpinQuantModifier: {}").isEmpty)
  }

  @Test func channelsAreNotSmoothedThroughAMatrix() throws {
    func stage(_ modifier: String) -> String {
      "quant_stage: {quant_modifiers: {\(modifier): {}, \(Self.quantization)}}\n"
    }
    let turned = "between layers that are rotated at run time"
    #expect(
      try Self.gaps("QuIPModifier: {}", stage("SmoothQuantModifier")) == Self.gap("SmoothQuantModifier \(turned)")
    )
    #expect(try Self.gaps("QuIPModifier: {rotations: [u]}", stage("SmoothQuantModifier")).isEmpty)
    #expect(
      try Self.gaps("QuIPModifier: {rotations: [u]}", stage("AWQModifier")) == Self.gap("AWQModifier \(turned)")
    )
    let fourth = "SpinQuantModifier: {rotations: [R1, R4], transform_type: random-hadamard}"
    #expect(try Self.gaps(fourth, stage("SmoothQuantModifier")).isEmpty)
    #expect(try Self.gaps(fourth, stage("AWQModifier")) == Self.gap("AWQModifier \(turned)"))
    #expect(try Self.gaps("SpinQuantModifier: {}", stage("AWQModifier")).isEmpty)
  }

  @Test func sizesWithoutAKnownMatrixAreRefusedForRandomSignsToo() throws {
    let blocks = "QuIPModifier: {transform_block_size: 6, targets: ['re:.*down_proj$']}"
    let found = try Self.gaps(blocks)
    #expect(found.count == 1 && found[0].hasPrefix("no-hadamard-matrix: "), "\(found)")
    #expect(try Self.gaps("QuIPModifier: {transform_block_size: 12, targets: ['re:.*down_proj$']}").isEmpty)
  }
}
