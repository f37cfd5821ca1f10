import Foundation
import JSONDocuments
import TestSupport
import Testing

/// The way of a model through `run`, `inspect` and `eval`, with the bundled recipes.
@Suite struct RunTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try workspace.linkMaterial()
  }

  private func compress(_ recipe: String, to output: String) throws -> Workspace.Outcome {
    try workspace.run([
      "run", recipe, "--model", "tiny-stories", "--output", output, "--calibration", "tiny-stories/calibration.jsonl",
      "--samples", "64", "--sequence-length", "128",
    ])
  }

  private func perplexity(of model: String) throws -> Double {
    let outcome = try workspace.run([
      "eval", model, "--text", "tiny-stories/evaluation.txt", "--sequence-length", "128", "--windows", "100",
      "--format", "json",
    ])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let document = try JSON.parse(Array(outcome.output.utf8))
    #expect(document["windows"]?.int == 100)
    #expect(document["tokens"]?.int == 100 * 127)
    return try #require(document["perplexity"]?.double)
  }

  @Test func everyBundledRecipeKeepsTheModelAndGPTQKeepsItBetterThanRounding() throws {
    let dense = try perplexity(of: "tiny-stories")
    // A model without knowledge has the perplexity of its 1024 tokens.
    #expect(5 < dense && dense < 20)
    let recipes = Places.files(in: Places.inRepository("recipes"), suffix: "yaml")
      .map { $0.deletingPathExtension().lastPathComponent }
    var found: [String: Double] = [:]
    for recipe in recipes {
      let outcome = try compress("recipes/\(recipe).yaml", to: recipe)
      try #require(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.hasPrefix("wrote \(recipe)\n"))
      found[recipe] = try perplexity(of: recipe)
    }
    let eightBits = try ["w8a8", "fp8-dynamic"].map { try #require(found[$0]) }
    #expect(eightBits.allSatisfy { abs($0 / dense - 1) < 0.03 }, "\(found), dense \(dense)")
    let (gptq, rounded) = (try #require(found["gptq-w4a16"]), try #require(found["rtn-w4a16"]))
    #expect(dense < gptq && gptq < rounded && rounded < 1.1 * dense, "\(found), dense \(dense)")
  }

  @Test func inspectTellsWhatARunHasWritten() throws {
    try #require(try compress("recipes/gptq-w4a16.yaml", to: "out").status == 0)
    let inspection = try JSON.parse(Array(workspace.run(["inspect", "out", "--format", "json"]).output.utf8))
    let plan = try JSON.parse(
      Array(
        workspace.run(["plan", "recipes/gptq-w4a16.yaml", "--model", "tiny-stories", "--format", "json"]).output.utf8
      )
    )
    #expect(inspection["compression"]?["format"]?.string == "pack-quantized")
    #expect(inspection["compression"]?["ignore"] == .array([.string("lm_head")]))
    #expect(inspection["bytes"]?.int == plan["costs"]?["outputBytes"]?.int)
    let text = try workspace.run(["inspect", "out"])
    #expect(text.status == 0)
    #expect(text.output.contains("compression   pack-quantized\n"))
  }

  @Test(arguments: ["900000000", "1.5GB", "1.5 gb", "2GiB", "78MB", "30MB", "1kb", "GB", "1.5.2GB", "12XB", "-1", "0"])
  func memoryIsGivenInBytesOrUnits(text: String) throws {
    let outcome = try workspace.run([
      "plan", "recipes/gptq-w4a16.yaml", "--model", "tiny-stories", "--memory=\(text)", "--samples", "8",
      "--sequence-length", "512",
    ])
    // Activations fill 8 MB.
    let fits = ["900000000", "1.5GB", "1.5 gb", "2GiB"].contains(text)
    #expect(outcome.status == (fits || text == "78MB" ? 0 : 2), "\(outcome.errors)")
    let isNumber = ["30MB", "1kb"].contains(text)
    #expect(outcome.errors.contains("[memory-too-small]") == isNumber, "\(outcome.errors)")
  }

  @Test func aRunThatIsShortOfMemoryGivesTheSameWeights() throws {
    let files = try [[], ["--memory", "80MB"]].enumerated().map { number, options in
      let outcome = try workspace.run(
        [
          "run", "recipes/gptq-w4a16.yaml", "--model", "tiny-stories", "--output", "out\(number)", "--calibration",
          "tiny-stories/calibration.jsonl", "--samples", "64", "--sequence-length", "128",
        ] + options
      )
      try #require(outcome.status == 0, "\(outcome.errors)")
      return try Data(contentsOf: workspace.folder.appending(path: "out\(number)/model.safetensors"))
    }
    #expect(files[0] == files[1])
  }

  @Test func aRunTakesItsRecipeFromStandardInputAndAccountsForEveryTensor() throws {
    let outcome = try workspace.run(
      ["run", "-", "--model", "tiny-stories", "--output", "out"],
      input: "recipes/rtn-w4a16.yaml"
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    // Every tensor of the input is accounted for: embedding and norms as they are, the layers of the blocks as codes.
    #expect(outcome.output.contains("\ntensors       38 read: 10 copied, 28 compressed\n"), "\(outcome.output)")
    #expect(try workspace.read("out/recipe.yaml") == workspace.read("recipes/rtn-w4a16.yaml"))
  }

  @Test func aSeedDrawsTheOrderOfTheData() throws {
    func weights(seed: String, to output: String) throws -> [UInt8] {
      let recipe = """
        calibration: {dataset: tiny-stories/calibration.jsonl, samples: 8, sequence_length: 64\(seed)}
        quant_stage: {quant_modifiers: {GPTQModifier: {scheme: W4A16, ignore: [lm_head]}}}
        """
      try workspace.write("seeded.yaml", recipe)
      let outcome = try workspace.run(["run", "seeded.yaml", "--model", "tiny-stories", "--output", output])
      try #require(outcome.status == 0, "\(outcome.errors)")
      return try workspace.read("\(output)/model.safetensors")
    }
    let plain = try weights(seed: "", to: "plain")
    let drawn = try weights(seed: ", seed: 7", to: "drawn")
    #expect(plain != drawn)
    #expect(drawn == (try weights(seed: ", seed: 7", to: "again")))
  }

  @Test func aPageAboutTheRunStandsBesideTheWeightsWhereOneIsAskedFor() throws {
    let outcome = try workspace.run([
      "run", "recipes/rtn-w4a16.yaml", "--model", "tiny-stories", "--output", "out", "--report", "html",
    ])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let page = String(decoding: try workspace.read("out/pare-report.html"), as: UTF8.self)
    #expect(page.contains("tiny-stories in W4A16") && page.contains("model.layers.3.mlp.down_proj"))
    // The weights of one block are shown on their grid.
    #expect(page.contains("model.layers.2.self_attn.q_proj") && page.contains("16 levels"))
    try #require(workspace.run(["run", "recipes/rtn-w4a16.yaml", "--model", "out", "--output", "more"]).status != 0)
  }

  @Test func nothingIsEverWrittenOver() throws {
    try workspace.makeFolder("out")
    try workspace.write("out/precious.txt", "mine\n")
    let outcome = try compress("recipes/rtn-w4a16.yaml", to: "out")
    #expect(outcome.status == 2)
    #expect(try workspace.read("out/precious.txt") == Array("mine\n".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: workspace.url("out").path()) == ["precious.txt"])

    try workspace.write("file", "mine too\n")
    #expect(try compress("recipes/rtn-w4a16.yaml", to: "file").status == 2)
    #expect(try workspace.read("file") == Array("mine too\n".utf8))
  }

  @Test func anEmptyFolderMayBecomeTheOutput() throws {
    try workspace.makeFolder("out")
    #expect(try compress("recipes/rtn-w4a16.yaml", to: "out").status == 0)
    #expect(try !workspace.read("out/model.safetensors").isEmpty)
  }

  @Test func theBytesOfTheOutputDoNotDependOnTheNumberOfThreads() throws {
    for threads in ["1", "3"] {
      let outcome = try workspace.run([
        "run", "recipes/gptq-w4a16.yaml", "--model", "tiny-stories", "--output", "out\(threads)", "--calibration",
        "tiny-stories/calibration.jsonl", "--samples", "16", "--sequence-length", "64", "--threads", threads,
      ])
      try #require(outcome.status == 0, "\(outcome.errors)")
    }
    #expect(try workspace.read("out1/model.safetensors") == workspace.read("out3/model.safetensors"))
  }
}
