import Diagnostics
import Models
import Planning
import Testing

/// Costs of small plans, counted by hand.
@Suite struct PlanCostsTests {
  private static let tokens = 4096.0
  /// Query, key, value and output; the router; gate, up and down of one expert.
  private static let (attention, router, expert) = (4 * 1024 + 2 * 2048 + 4 * 1024, 4 * 64, (2 * 32 * 64, 64 * 32))

  /// Second moments of an input, each pair of channels once.
  private static func moments(_ width: Double, _ tokens: Double) -> Double { tokens * width * (width + 1) }
  private static func factor(_ width: Double) -> Double { 2.0 / 3.0 * width * width * width }

  private func costs(_ experts: String, samples: Int = 512) throws -> PlanCosts {
    try ConfiguredModel.fourExperts.plan(
      "GPTQModifier",
      "scheme: W8A8, ignore: [lm_head, 're:.*mlp.gate$']",
      "calibration: {samples: \(samples), sequence_length: 8, experts: \(experts)}"
    ).costs
  }

  /// Scores and values of 512 sequences of eight tokens: 36 pairs, four heads, 16 channels twice.
  private static let attended = 2.0 * 512 * 36 * 4 * 32

  @Test func everyExpertSeesAllTokensUntilItsLastLayer() throws {
    let costs = try costs("all")
    let seen = Double(Self.attention + Self.router + 4 * Self.expert.0) * Self.tokens
    let routed = Double(4 * Self.expert.1) * Self.tokens / 2
    #expect(costs.forwardOperations == 2 * (seen + routed) + Self.attended)
    // The input of all experts is one tensor, and its moments are gathered once.
    let inputs = Self.moments(64, Self.tokens) * 3
    #expect(costs.momentOperations == inputs + 4 * Self.moments(32, Self.tokens))
    // So are its factors.
    let factors = 3 * Self.factor(64) + 4 * Self.factor(32)
    let updates = Self.attention * 64 + 4 * (Self.expert.0 * 64 + Self.expert.1 * 32)
    #expect(abs(costs.quantizationOperations - factors - Double(updates)) < 1)
    #expect(costs.productCount == 4 + 1 + 12)
  }

  @Test func anExpertSeesItsShareWhereTheRecipeSaysSo() throws {
    let costs = try costs("routed")
    let all = Double(Self.attention + Self.router) * Self.tokens
    let routed = Double(4 * (Self.expert.0 + Self.expert.1)) * Self.tokens / 2
    #expect(costs.forwardOperations == 2 * (all + routed) + Self.attended)
    let half = Self.tokens / 2
    #expect(
      costs.momentOperations
        == 2 * Self.moments(64, Self.tokens) + 4 * (Self.moments(64, half) + Self.moments(32, half))
    )
  }

  @Test func anExpertWithTooFewTokensSeesAllOfThem() throws {
    // Half of 504 tokens are fewer than 256.
    let (routed, all) = (try costs("routed", samples: 63), try costs("all", samples: 63))
    #expect(routed.forwardOperations == all.forwardOperations)
    #expect(try costs("routed", samples: 64).forwardOperations < costs("all", samples: 64).forwardOperations)
  }

  @Test func aWindowLeavesFewerPairs() throws {
    func operations(_ model: BundledModel) throws -> Double {
      let fields = "scheme: W8A8, targets: ['re:.*o_proj$']"
      let request = PlanRequest(samples: 1, sequenceLength: 8)
      return try #require(try model.plan("GPTQModifier", fields, request: request).value).costs.forwardOperations
    }
    let (whole, windowed) = (try operations(BundledModel()), try operations(.withWindow(3)))
    // 1 + 2 + 3 six times are 21 of 36 pairs; four blocks of four heads with 32 channels, twice for scores and values.
    let pairs = 36 - 21
    let operations = 2 * 4 * pairs * 4 * 64
    #expect(whole - windowed == Double(operations))
  }

  @Test func weightsBetweenSweepsLieInAScratchFile() throws {
    let sections = "calibration: {samples: 2, sequence_length: 8, recalibrate: per-stage}"
    let modifiers = """
      {SmoothQuantModifier: {smoothing_strength: 0.5}, GPTQModifier: {scheme: W8A8, ignore: [lm_head]}}
      """
    let text = "quant_stage: {quant_modifiers: \(modifiers)}\n\(sections)\n"
    let plan = try #require(try BundledModel().plan(SourceFile(name: "recipe.yaml", text: text)).value)
    #expect(plan.passes.count == 2)
    let elements = 4 * (2 * 128 * 128 + 2 * 64 * 128 + 3 * 384 * 128 + 2 * 128)
    #expect(plan.costs.scratchBytes == 4 * elements)
    #expect(plan.costs.writtenBytes == plan.costs.outputBytes + 4 * elements)
    // Both sweeps read the model's blocks, the second also what the first has left; the table and the last norm are copied.
    #expect(plan.costs.readBytes == 2 * 2 * elements + 4 * elements + 2 * (1024 * 128 + 128))
  }

  @Test func withoutCalibrationEachWeightIsReadOnce() throws {
    let plan = try #require(
      try BundledModel().plan("QuantizationModifier", "scheme: W4A16, ignore: [lm_head]").value
    )
    #expect(plan.costs.readBytes == plan.costs.inputBytes)
    #expect(plan.costs.writtenBytes == plan.costs.outputBytes)
    #expect(plan.costs.memory.activations == 0)
  }
}
