import Checkpoints
import Diagnostics
import Foundation
import JSONDocuments
import Models
import Planning
import TestSupport
import Testing

@Suite struct PlanningFixtureTests {
  static let fixtures = Places.files(in: Places.fixtures(of: "Planning").appending(path: "diagnostics"), suffix: "yaml")

  @Test func thereAreFixtures() { #expect(Self.fixtures.count >= 48) }

  /// The model that a fixture is held against; the bundled one unless the fault is the model's.
  private static func outline(for code: String) throws -> ModelOutline {
    switch code {
    case "calibration-needs-architecture", "mappings-not-checked", "rotation-needs-architecture",
      "unknown-architecture":
      try BundledModel.unknown().outline()
    case "calibration-does-not-reach": try BundledModel.wrapped().outline()
    case "derived-shapes": try BundledModel().derivedOutline()
    case "family-not-rotatable": try BundledModel.withNormsBehind().outline()
    case "no-attention":
      try ModelOutline(
        config: .object([.init("model_type", .string("kangaroo"))]),
        tensors: BundledModel().tensors.filter { !$0.name.contains("self_attn") }
      )
    case "pattern-reaches-further": try BundledModel.withBlocks(12).outline()
    case "router-left-alone": try BundledModel.withExperts().outline()
    case "vision-left-alone":
      try BundledModel.unknown(with: [
        "model.vision_tower.layers.0.fc1": [256, 128], "model.vision_tower.layers.0.fc2": [128, 256],
      ]).outline()
    default: try BundledModel().outline()
    }
  }

  /// Codes that are errors only where a plan is asked for.
  private static let gaps: Set<String> = [
    "calibration-needs-architecture", "not-yet-executable",
  ]

  @Test(arguments: fixtures)
  func everyFixtureYieldsItsCodeAloneAndTheRecordedText(fixture: URL) throws {
    let file = SourceFile(name: fixture.lastPathComponent, bytes: Array(try Data(contentsOf: fixture)))
    let code = fixture.deletingPathExtension().lastPathComponent
    let outline = try Self.outline(for: code)
    let diagnostics: [Diagnostic]
    if Self.gaps.contains(code) {
      let planned = try BundledModel.plan(file, on: outline)
      #expect((planned.value == nil) == planned.hasErrors)
      diagnostics = planned.diagnostics
    } else {
      diagnostics = try BundledModel.check(file, on: outline).diagnostics
    }
    #expect(diagnostics.map(\.code.name).contains(code), "\(diagnostics.rendered())")
    #expect(diagnostics.filter { $0.severity > .note && $0.code.name != code }.isEmpty, "a cascade")
    try expectSnapshot(
      diagnostics.rendered(),
      at: fixture.deletingPathExtension().appendingPathExtension("txt")
    )
  }

  @Test(arguments: fixtures)
  func whatAFixItMakesHoldsWithoutTheFault(fixture: URL) throws {
    let file = SourceFile(name: fixture.lastPathComponent, bytes: Array(try Data(contentsOf: fixture)))
    let code = fixture.deletingPathExtension().lastPathComponent
    guard !Self.gaps.contains(code) else { return }
    let outline = try Self.outline(for: code)
    let fixIts = try BundledModel.check(file, on: outline).diagnostics.filter { $0.code.name == code }.flatMap(\.fixIts)
    guard !fixIts.isEmpty else { return }
    let fixed = file.applying(fixIts)
    let left = try BundledModel.check(fixed, on: outline).diagnostics
    #expect(!left.contains { $0.code.name == code }, "\(fixed.text)\n\(left.rendered())")
    #expect(!left.hasErrors, "\(fixed.text)\n\(left.rendered())")
  }
}
