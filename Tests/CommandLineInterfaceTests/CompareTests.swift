import Foundation
import JSONDocuments
import TestSupport
import Testing

/// `compare` on what `run` makes of the bundled model.
@Suite struct CompareTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try workspace.copyBundledModel()
  }

  /// Makes `out` of `model`.
  private func compress(_ scheme: String, ignore: String = "[lm_head]") throws {
    try workspace.write(
      "recipe.yaml",
      "quant_stage: {quant_modifiers: {QuantizationModifier: {scheme: \(scheme), ignore: \(ignore)}}}\n"
    )
    let outcome = try workspace.run(["run", "recipe.yaml", "--model", "model", "--output", "out"])
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  private func compare(_ one: String = "model", _ other: String = "out", _ options: String...) throws -> JSON {
    let outcome = try workspace.run(["compare", one, other, "--format", "json"] + options)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSON.parse(Array(outcome.output.utf8))
  }

  private func names(_ comparison: JSON) throws -> [String] {
    try #require(comparison["weights"]?.array).compactMap { $0["name"]?.string }
  }

  private func row(_ name: String, of comparison: JSON) throws -> JSON {
    try #require(comparison["weights"]?.array?.first { $0["name"]?.string == name })
  }

  @Test func everyWeightIsThereWithItsSchemeAndItsBytes() throws {
    try compress("W4A16")
    let found = try compare()
    let rows = try #require(found["weights"]?.array)
    #expect(rows.count == 38)
    #expect(found["total"]?["changed"]?.int == 28 && found["total"]?["equal"]?.int == 10)
    let down = try row("model.layers.0.mlp.down_proj", of: found)
    #expect(down["shape"] == .array([.integer(128), .integer(384)]))
    #expect(down["a"]?["scheme"] == .null && down["a"]?["bytes"]?.int == 2 * 128 * 384)
    #expect(down["b"]?["scheme"]?.string == "W4A16" && down["b"]?["format"]?.string == "pack-quantized")
    // Half a byte for each weight, a scale of two bytes for each group of 128, and the shape.
    #expect(down["b"]?["bytes"]?.int == 128 * 384 / 2 + 2 * 128 * 3 + 16)
    let error = try #require(down["relativeError"]?.double)
    #expect(0.05 < error && error < 0.2)
    let norm = try row("model.norm", of: found)
    #expect(norm["relativeError"]?.double == 0 && norm["signalToNoise"] == .null)
    for (side, folder) in [("bytesA", "model"), ("bytesB", "out")] {
      let inspection = try JSON.parse(Array(workspace.run(["inspect", folder, "--format", "json"]).output.utf8))
      #expect(found["total"]?[side]?.int == inspection["bytes"]?.int)
    }
  }

  @Test func rowsStandInTheOrderThatIsAskedFor() throws {
    try compress("W8A8")
    func values(_ order: String, _ value: (JSON) -> Double?) throws -> [Double] {
      let found = try compare("model", "out", "--sort", order)
      return try #require(found["weights"]?.array).compactMap(value)
    }
    let errors = try values("error") { $0["relativeError"]?.double }
    #expect(errors.count == 38 && errors == errors.sorted(by: >))
    let bytes = try values("size") { $0["a"]?["bytes"]?.double }
    #expect(bytes.count == 38 && bytes == bytes.sorted(by: >))
    let ratios = try values("snr") { $0["signalToNoise"]?.double }
    #expect(ratios.count == 28 && ratios == ratios.sorted(by: <))
    #expect(try names(compare()) == names(compare("model", "out", "--sort", "error")), "the default")
  }

  @Test func numbersInNamesCountByTheirValue() throws {
    try workspace.changeJSON("model/config.json") { $0["model_type"] = .string("kangaroo") }
    try workspace.changeWeights { file in
      file.tensors = file.tensors.map { $0.named($0.name.replacing("layers.1.", with: "layers.10.")) }
    }
    let names = try names(compare("model", "model", "--sort", "name"))
    let places = ["model.layers.0", "model.layers.2", "model.layers.3", "model.layers.10"].map { block in
      names.firstIndex { $0.hasPrefix(block + ".") } ?? -1
    }
    #expect(places == places.sorted() && places[0] >= 0)
  }

  @Test func aLimitLeavesTheTotals() throws {
    try compress("W8A8")
    let (all, some) = (try compare(), try compare("model", "out", "--limit", "3"))
    #expect(try names(some) == Array(names(all).prefix(3)))
    #expect(some["total"] == all["total"])
    let text = try workspace.run(["compare", "model", "out", "--limit", "3"])
    #expect(text.output.contains("\nand 35 more\n"))
    #expect(text.output.contains("W8A8, int-quantized"))
  }

  @Test func aHeadThatIsNoLongerTiedIsComparedWithTheEmbedding() throws {
    try compress("W8A8", ignore: "[]")
    let head = try row("lm_head", of: compare())
    #expect(head["a"]?["tied"] == .boolean(true) && head["a"]?["bytes"]?.int == 0)
    #expect(head["b"]?["tied"] == .boolean(false) && head["b"]?["scheme"]?.string == "W8A8")
    let error = try #require(head["relativeError"]?.double)
    #expect(0 < error && error < 0.02)
    let text = try workspace.run(["compare", "model", "out"])
    #expect(text.output.contains("no longer tied"))
  }

  @Test(arguments: ["W4A16", "W8A8", "FP8_DYNAMIC"])
  func anUnknownArchitectureIsComparedAlike(scheme: String) throws {
    try compress(scheme, ignore: "[]")
    let known = try compare()
    for folder in ["model", "out"] {
      try workspace.changeJSON("\(folder)/config.json") { $0["model_type"] = .string("kangaroo") }
    }
    let found = try compare("model", "out", "--sort", "name")
    // Sums over all rows are taken in another order; counts are the same.
    for member in ["equal", "changed", "parameters", "bytesA", "bytesB", "zerosA", "zerosB"] {
      #expect(found["total"]?[member] == known["total"]?[member])
    }
    #expect(found["weights"]?.array?.count == 39)
    for name in try names(known) { #expect(try row(name, of: found) == row(name, of: known)) }
  }

  @Test func normsThatChangeAndPatternsOfZerosAreSeen() throws {
    try workspace.copyFolder("model", to: "other")
    try workspace.changeWeights { file in
      try file.change("model.layers.2.input_layernorm.weight") { $0.set(0x4000, at: 7) }
      try file.change("model.layers.1.mlp.up_proj.weight") { tensor in
        for index in 0..<384 * 128 where index % 4 < 2 { tensor.set(0, at: index) }
      }
      try file.change("model.layers.3.mlp.up_proj.weight") { $0.set(0, at: 3) }
    }
    let found = try compare("other", "model")
    #expect(
      try Set(names(found).prefix(3)) == [
        "model.layers.2.input_layernorm", "model.layers.1.mlp.up_proj", "model.layers.3.mlp.up_proj",
      ]
    )
    #expect(found["total"]?["changed"]?.int == 3)
    let pruned = try row("model.layers.1.mlp.up_proj", of: found)
    #expect(pruned["patternA"] == .null && pruned["patternB"]?.string == "2:4" && pruned["zerosB"]?.double == 0.5)
    let single = try row("model.layers.3.mlp.up_proj", of: found)
    #expect(single["patternB"] == .null && single["zerosB"]?.double == 1.0 / (384 * 128))
    let text = try workspace.run(["compare", "other", "model", "--limit", "3"])
    #expect(text.output.contains("50.00 % (2:4)"))
  }

  @Test func whatOnlyOneOfThemHasIsCountedAndNamed() throws {
    try workspace.copyFolder("model", to: "other")
    try workspace.changeJSON("model/config.json") { $0["model_type"] = .string("kangaroo") }
    try workspace.changeWeights { file in
      file.tensors = file.tensors.map { $0.named($0.name.replacing("layers.3.", with: "layers.4.")) }
    }
    let found = try compare("other", "model")
    for (member, block) in [("onlyInA", "model.layers.3."), ("onlyInB", "model.layers.4.")] {
      let names = try #require(found[member]?.array).compactMap(\.string)
      #expect(names.count == 9 && names.allSatisfy { $0.hasPrefix(block) })
    }
    let text = try workspace.run(["compare", "other", "model"])
    #expect(text.output.contains("9 only in A, 9 only in B\n"))
    #expect(text.output.contains("only in B   model.layers.4."))
  }

  @Test func theTextIsTheSameForAnyNumberOfThreads() throws {
    try compress("W4A16")
    let texts = try ["1", "2", "5"].map { try workspace.run(["compare", "model", "out", "--threads", $0]).output }
    #expect(!texts[0].isEmpty && texts.allSatisfy { $0 == texts[0] })
  }
}

extension WeightFile.Tensor {
  /// The tensor under another name.
  fileprivate func named(_ name: String) -> WeightFile.Tensor {
    WeightFile.Tensor(name: name, type: type, shape: shape, bytes: bytes)
  }
}
