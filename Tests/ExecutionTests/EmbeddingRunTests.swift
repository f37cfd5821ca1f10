import Checkpoints
import Execution
import Foundation
import JSONDocuments
import Kernels
import Models
import Planning
import TestSupport
import Testing
import Vocabulary

/// Quantized embeddings and heads of a model that ties the two.
struct EmbeddingRunTests {
  private static let table = "model.embed_tokens"
  private static let head = "lm_head"

  /// What is quantized, and what becomes of the two modules' tensors.
  struct Case: Sendable, CustomTestStringConvertible {
    let targets: String
    let isTied: Bool
    let tensors: Set<String>
    var testDescription: String { targets }
  }

  static let cases = [
    Case(
      targets: "[Embedding]",
      isTied: false,
      tensors: ["\(table).weight_packed", "\(table).weight_scale", "\(table).weight_shape", "\(head).weight"]
    ),
    Case(
      targets: "[Embedding, lm_head]",
      isTied: true,
      tensors: ["\(table).weight_packed", "\(table).weight_scale", "\(table).weight_shape"]
    ),
    Case(
      targets: "[lm_head]",
      isTied: false,
      tensors: ["\(table).weight", "\(head).weight_packed", "\(head).weight_scale", "\(head).weight_shape"]
    ),
    Case(
      targets: "[Embedding, Linear]",
      isTied: true,
      tensors: ["\(table).weight_packed", "\(table).weight_scale", "\(table).weight_shape"]
    ),
  ]

  @Test(arguments: cases) func theTieLastsAsLongAsTheCodesAreTheSame(value: Case) throws {
    let trial = try Trial(
      recipe: "quant_stage: {quant_modifiers: {QuantizationModifier: {targets: \(value.targets), scheme: W8A16}}}\n",
      model: BundledText.model
    )
    defer { trial.cleanUp() }
    #expect(trial.plan.calibration == nil)
    try trial.run()
    let written = try Checkpoint.open(trial.destination)
    #expect(written.headers.config["tie_word_embeddings"] == .boolean(value.isTied))
    let own = written.headers.tensorNames.filter { $0.hasPrefix(Self.table) || $0.hasPrefix(Self.head) }
    #expect(Set(own) == value.tensors)
    let original = try trial.checkpoint.tensor("\(Self.table).weight")
    for name in ["\(Self.table).weight", "\(Self.head).weight"] {
      guard let copy = written.tensorIfPresent(name) else { continue }
      #expect(copy.elements(as: UInt16.self) == original.elements(as: UInt16.self), "\(name)")
    }
    let (dense, compressed) = (
      try BundledText.perplexity(of: trial.checkpoint), try BundledText.perplexity(of: written)
    )
    #expect(compressed != dense && abs(compressed / dense - 1) < 0.01, "\(dense) became \(compressed)")
  }

  @Test func differentSchemesAreTwoTensors() throws {
    let trial = try Trial(
      recipe: """
        quant_stage:
          quant_modifiers:
            QuantizationModifier:
              config_groups:
                table: {targets: [Embedding], weights: {num_bits: 8, strategy: channel}}
                head: {targets: [lm_head], weights: {num_bits: 4, strategy: group, group_size: 32}}
        """,
      model: BundledText.model
    )
    defer { trial.cleanUp() }
    try trial.run()
    let written = try Checkpoint.open(trial.destination)
    #expect(written.headers.config["tie_word_embeddings"] == .boolean(false))
    let dense = try trial.checkpoint.tensor("\(Self.table).weight").matrix()
    let processor = Processor(threadCount: 2)
    let errors = try [Self.table, Self.head].map { name in
      let assignment = try #require(trial.plan.assignment(of: name))
      return processor.difference(of: dense, and: try trial.weight(of: assignment)).relativeError
    }
    // Four bits, for all their small groups, are several times as coarse as eight.
    #expect(errors[0] < 0.02 && errors[1] > 4 * errors[0] && errors[1] < 0.2, "\(errors)")
  }
}
