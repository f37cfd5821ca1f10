import Foundation
import JSONDocuments
import TestSupport
import Testing

/// Sections of a recipe as defaults of options, and models of which only config and index are at hand.
@Suite struct SectionTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try workspace.linkMaterial()
    try workspace.makeFolder("mine")
  }

  private static let work =
    "quant_stage: {quant_modifiers: {QuantizationModifier: {scheme: W8A8, ignore: [lm_head]}}}\n"

  @Test func aModelIsFoundFromTheFolderOfTheRecipe() throws {
    try workspace.write("mine/recipe.yaml", "model: {path: ../tiny-stories}\n" + Self.work)
    let named = try workspace.run(["plan", "mine/recipe.yaml"])
    #expect(named.status == 0, "\(named.errors)")
    let given = try workspace.run(["plan", "mine/recipe.yaml", "--model", "tiny-stories"])
    #expect(named.output == given.output)
    let elsewhere = try workspace.run(["plan", "mine/recipe.yaml", "--model", "nowhere"])
    #expect(elsewhere.status != 0, "the option comes first")
  }

  @Test func aCheckTakesTheModelOfTheRecipeWhereItIsAtHand() throws {
    let fault = Self.work.replacing("lm_head", with: "lm_haed")
    for (folder, expected) in [("../tiny-stories", true), ("../nowhere", false)] {
      try workspace.write("mine/recipe.yaml", "model: {path: \(folder)}\n" + fault)
      let outcome = try workspace.run(["check", "mine/recipe.yaml", "--format", "concise"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("[ignore-matches-nothing]") == expected)
    }
  }

  @Test func withoutAModelThereIsNothingToPlan() throws {
    try workspace.write("mine/recipe.yaml", Self.work)
    for command in [["plan", "mine/recipe.yaml"], ["run", "mine/recipe.yaml", "--model", "tiny-stories"]] {
      let outcome = try workspace.run(command)
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains(command[0] == "plan" ? "model: {path: FOLDER}" : "output: {path: FOLDER}"))
    }
  }

  @Test func theRuntimeOfTheRecipeHoldsUnlessTheOptionNamesOne() throws {
    let refused = Self.work.replacing("W8A8", with: "W6A8")
    try workspace.write("mine/plain.yaml", refused)
    try workspace.write("mine/named.yaml", "runtime: {name: vllm}\n" + refused)
    for (arguments, code) in [
      (["mine/plain.yaml"], ""), (["mine/plain.yaml", "--for", "vllm"], "runtime-refuses-scheme"),
      (["mine/named.yaml"], "runtime-refuses-scheme"),
    ] {
      for command in ["check", "plan"] {
        let outcome = try workspace.run([command] + arguments + ["--model", "tiny-stories"])
        #expect(outcome.status == (code.isEmpty ? 0 : 1), "\(outcome.errors)")
        #expect(outcome.errors.contains("[runtime-refuses-scheme]") == !code.isEmpty)
      }
    }
  }

  @Test func anUnknownRuntimeIsRefusedWithTheNamesThatThereAre() throws {
    try workspace.write("mine/recipe.yaml", Self.work)
    let outcome = try workspace.run(["check", "mine/recipe.yaml", "--for", "vlm"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("vllm"))
  }

  @Test func configAndIndexAreEnoughToCheckAndToPlan() throws {
    try workspace.write("mine/recipe.yaml", Self.work)
    try workspace.makeFolder("big")
    try workspace.copy(workspace.url("tiny-stories/config.json"), to: "big/config.json")
    let inspected = try workspace.run(["inspect", "tiny-stories", "--tensors", "--format", "json"])
    let tensors = try #require(try JSON.parse(Array(inspected.output.utf8))["tensors"]?.array)
    let names = tensors.compactMap { $0["name"]?.string }
    #expect(names.count > 30)
    let map = names.map { JSON.Member($0, .string("model-00001-of-00001.safetensors")) }
    let index = JSON.object([JSON.Member("weight_map", .object(map))])
    try workspace.write("big/model.safetensors.index.json", index.serialized(.prettyInOrder))
    let checked = try workspace.run(["check", "mine/recipe.yaml", "--model", "big", "--format", "concise"])
    #expect(checked.status == 0, "\(checked.errors)")
    #expect(checked.output.contains("[derived-shapes]"))
    let planned = try workspace.run(["plan", "mine/recipe.yaml", "--model", "big"])
    #expect(planned.output == (try workspace.run(["plan", "mine/recipe.yaml", "--model", "tiny-stories"])).output)
    #expect(!planned.output.isEmpty)
    let run = try workspace.run(["run", "mine/recipe.yaml", "--model", "big", "--output", "out"])
    #expect(run.errors.contains("[malformed-shard-index]"), "\(run.errors)")
  }
}
