import CommandLineInterface
import Foundation
import Planning
import TestSupport
import Testing

/// Graphs and estimates of `pare plan`.
@Suite struct PlanGraphTests {
  private func graph(_ recipe: String, _ format: String) throws -> [String] {
    let workspace = try Workspace()
    try workspace.linkMaterial()
    let outcome = try workspace.run(["plan", recipe, "--model", "tiny-stories", "--format", format])
    #expect(outcome.status == 0)
    return outcome.output.split(separator: "\n").map(String.init)
  }

  /// The numbers behind each `n` that begins a word.
  private func numbers(_ line: Substring) -> [Int] {
    line.split { !($0.isLetter || $0.isNumber) }.compactMap { $0.first == "n" ? Int($0.dropFirst()) : nil }
  }

  @Test(arguments: ["recipes/gptq-w4a16.yaml", "given/two-modifiers.yaml"])
  func everyEdgeOfADotGraphHasBothItsNodes(recipe: String) throws {
    let lines = try graph(recipe, "dot")
    #expect(lines.first == "digraph plan {" && lines.last == "}")
    #expect(lines.count { $0.hasSuffix("{") } == lines.count { $0.hasSuffix("}") })
    let edges = lines.filter { $0.contains(" -> ") }
    let nodes = lines.filter { $0.contains(" [label=") && !$0.contains(" -> ") }
    let declared = nodes.compactMap { numbers($0.prefix { $0 != "[" }).first }
    #expect(declared.sorted() == Array(0..<nodes.count))
    #expect(edges.count >= nodes.count - 1)
    for edge in edges {
      let ends = numbers(edge.prefix { $0 != "[" })
      #expect(ends.count == 2 && ends.allSatisfy { $0 < nodes.count }, "\(edge)")
    }
    for line in nodes { #expect(line.count { $0 == "\"" }.isMultiple(of: 2), "\(line)") }
  }

  @Test(arguments: ["recipes/gptq-w4a16.yaml", "given/two-modifiers.yaml"])
  func aMermaidGraphHasTheSameNodesAndEdges(recipe: String) throws {
    let (dot, mermaid) = (try graph(recipe, "dot"), try graph(recipe, "mermaid"))
    #expect(mermaid.first == "flowchart TB")
    #expect(mermaid.count { $0.contains("subgraph ") } == mermaid.count { $0.hasSuffix("  end") })
    let edges = mermaid.filter { $0.contains("-->") || $0.contains("-.->") }
    #expect(edges.count == dot.count { $0.contains(" -> ") })
    #expect(
      mermaid.count { $0.contains("[\"") && $0.contains(":::") }
        == dot.count { $0.contains(" [label=") && !$0.contains(" -> ") }
    )
  }

  @Test func smoothingIsDrawnFromTheNormToItsReaders() throws {
    let workspace = try Workspace()
    try workspace.linkMaterial()
    try workspace.write(
      "recipe.yaml",
      """
      quant_stage:
        quant_modifiers:
          SmoothQuantModifier: {smoothing_strength: 0.5}
          GPTQModifier: {scheme: W8A8, ignore: [lm_head]}
      """
    )
    let outcome = try workspace.run(["plan", "recipe.yaml", "--model", "tiny-stories", "--format", "mermaid"])
    let lines = outcome.output.split(separator: "\n")
    func node(_ name: String) throws -> Int {
      try #require(lines.first { $0.contains("[\"\(name)") }.flatMap { numbers($0.prefix { $0 != "[" }).first })
    }
    let norm = try node("input_layernorm")
    for reader in ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"] {
      #expect(lines.contains("  n\(norm) -.->|\"SmoothQuantModifier\"| n\(try node(reader))"))
    }
    #expect(lines.count { $0.contains("-.->") } == 5)
  }

  @Test func anEstimateIsWorkOverRate() {
    var costs = PlanCosts()
    costs.forwardOperations = 7.2e15
    costs.momentOperations = 1.8e15
    costs.quantizationOperations = 1e12
    let rates = MachineRates(products: 2e11, moments: 1e11, factors: 5e10, threadCount: 2)
    let estimate = TimeEstimate(costs, at: rates)
    #expect(estimate.seconds == 36_000 + 18_000 + 20)
    #expect(
      estimate.lines == [
        "time          about 15 h: forward 10 h, second moments 5 h, quantization 20 s",
        "              at 200, 100 and 50 GFLOP/s on 2 threads; reading, rounding and writing are not counted",
      ]
    )
  }

  private static let spans: [(Double, String)] = [
    (0.04, "0.0 s"), (9.94, "9.9 s"), (59, "59 s"), (60, "1 min"), (3725, "1 h 2 min"), (1_731_600, "20 d 1 h"),
  ]

  @Test(arguments: spans)
  func timeHasItsTwoLargestUnits(seconds: Double, text: String) {
    #expect(TimeEstimate.text(seconds) == text)
  }

  @Test func aMachineIsMeasuredWhereAsked() throws {
    let workspace = try Workspace()
    try workspace.linkMaterial()
    let words = ["plan", "recipes/gptq-w4a16.yaml", "--model", "tiny-stories"]
    let estimated = try workspace.run(words + ["--estimate"]).output.split(separator: "\n")
    let plain = try workspace.run(words).output.split(separator: "\n")
    let added = estimated.filter { !plain.contains($0) }
    #expect(added.count == 2)
    #expect(added.first?.hasPrefix("time          about ") == true)
    #expect(added.last?.contains("GFLOP/s") == true)
  }
}
