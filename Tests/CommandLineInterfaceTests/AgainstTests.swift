import Foundation
import JSONDocuments
import TestSupport
import Testing

/// `eval` with `--against`, on what `run` makes of the bundled model.
@Suite struct AgainstTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try workspace.linkMaterial()
  }

  private func compress(_ scheme: String) throws {
    try workspace.write(
      "recipe.yaml",
      "quant_stage: {quant_modifiers: {QuantizationModifier: {scheme: \(scheme), ignore: [lm_head]}}}\n"
    )
    let outcome = try workspace.run(["run", "recipe.yaml", "--model", "tiny-stories", "--output", scheme])
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  private func evaluate(_ model: String, _ options: String...) throws -> Workspace.Outcome {
    let outcome = try workspace.run(
      ["eval", model, "--text", "tiny-stories/evaluation.txt", "--sequence-length", "64", "--windows", "40"] + options
    )
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome
  }

  private func document(_ outcome: Workspace.Outcome) throws -> JSON { try JSON.parse(Array(outcome.output.utf8)) }

  @Test func aModelAgreesWithItself() throws {
    let outcome = try evaluate("tiny-stories", "--against", "tiny-stories", "--format", "json")
    #expect(outcome.errors.contains("[compared-with-itself]"))
    let found = try document(outcome)
    for member in ["mean", "median", "percentile99", "maximum"] { #expect(found["divergence"]?[member]?.double == 0) }
    #expect(found["topTokenAgreement"]?.double == 1 && found["topFiveOverlap"]?.double == 1)
    #expect(found["perplexityRatio"]?.double == 1 && found["tokens"]?.int == 40 * 63)
  }

  @Test func moreBitsAreNearerToTheDenseModel() throws {
    var found: [String: JSON] = [:]
    for scheme in ["W8A16", "W4A16"] {
      try compress(scheme)
      let outcome = try evaluate(scheme, "--against", "tiny-stories", "--format", "json")
      // The tokenizer was copied: there is nothing to remark.
      #expect(!outcome.errors.contains("note:"))
      found[scheme] = try document(outcome)
    }
    let (eight, four) = (try #require(found["W8A16"]), try #require(found["W4A16"]))
    for member in ["mean", "median", "percentile99", "maximum"] {
      let fine = try #require(eight["divergence"]?[member]?.double)
      let coarse = try #require(four["divergence"]?[member]?.double)
      #expect(0 < fine && fine < coarse / 10, "\(member): \(fine), \(coarse)")
    }
    for member in ["topTokenAgreement", "topFiveOverlap"] {
      let fine = try #require(eight[member]?.double)
      let coarse = try #require(four[member]?.double)
      #expect(1 > fine && fine > coarse && coarse > 0.5, "\(member): \(fine), \(coarse)")
    }
    #expect(eight["against"] == four["against"])
    // Alone, each model has the same perplexity.
    for (folder, perplexity) in [("W4A16", four["perplexity"]), ("tiny-stories", four["against"]?["perplexity"])] {
      let alone = try #require(try document(evaluate(folder, "--format", "json"))["perplexity"]?.double)
      #expect(abs(try #require(perplexity?.double) / alone - 1) < 1e-12)
    }
  }

  @Test func theResultIsTheSameForAnyNumberOfThreads() throws {
    try compress("W4A16")
    let texts = try ["1", "2", "5"].map {
      try evaluate("W4A16", "--against", "tiny-stories", "--threads", $0, "--format", "json").output
    }
    #expect(!texts[0].isEmpty && texts.allSatisfy { $0 == texts[0] })
  }

  @Test func theTextSaysWhatTheNumbersSay() throws {
    try compress("W8A16")
    let text = try evaluate("W8A16", "--against", "tiny-stories").output
    let lines = text.split(separator: "\n")
    #expect(lines.map { $0.prefix { $0 != " " } } == ["perplexity", "loss", "divergence", "agreement", "tokens"])
    #expect(text.contains("2520 in 40 windows"))
  }
}
