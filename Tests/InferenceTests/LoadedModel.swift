import Checkpoints
import Foundation
import Inference
import Kernels
import Models
import TestSupport
import Testing

/// A checkpoint that is open, and the way from token ids to logits.
struct LoadedModel {
  let outline: ModelOutline
  let decoder: DecoderOutline
  let reader: WeightReader
  let processor: Processor

  init(_ folder: URL, on processor: Processor = Processor(threadCount: 2)) throws {
    let checkpoint = try Checkpoint.open(folder.path(percentEncoded: false))
    outline = try ModelOutline(
      config: checkpoint.headers.config,
      tensors: checkpoint.headers.tensors
    )
    decoder = try #require(outline.decoder)
    reader = try WeightReader(checkpoint, outline: outline, processor: processor)
    self.processor = processor
  }

  /// One of the small random models that `tools/oracles/numerics/record_logits.py` made.
  static func small(_ name: String, on processor: Processor = Processor(threadCount: 2)) throws -> LoadedModel {
    try LoadedModel(Places.fixtures(of: "Inference").appending(path: "models/\(name)"), on: processor)
  }

  /// One of the compressed checkpoints among the fixtures of the checkpoints' tests.
  static func compressed(_ name: String) throws -> LoadedModel {
    try LoadedModel(Places.fixtures(of: "Checkpoints").appending(path: "out/\(name)"))
  }

  /// The residual stream behind the last block, `[tokens, hidden]`, of sequences one after the other.
  func hidden(_ sequences: [[Int32]]) throws -> FloatBuffer {
    let hidden = try reader.embed(sequences, of: decoder)
    let walk = BlockWalk(decoder, sequences: sequences.map(\.count), processor: processor)
    for block in decoder.blocks {
      let weights = try reader.block(block)
      walk.advance(hidden, through: weights)
    }
    return hidden
  }

  func head() throws -> Head {
    Head(
      norm: try reader.norm(decoder.norm),
      layer: try reader.head(of: decoder),
      configuration: decoder.configuration,
      processor: processor
    )
  }

  /// The logits at each position of one sequence, `[ids, vocabulary]`.
  func logits(_ ids: [Int32]) throws -> [[Float]] {
    let hidden = try hidden([ids])
    let head = try head()
    var rows: [[Float]] = []
    head.forEachLogits(of: hidden.start, tokens: ids.count) { first, count, logits in
      #expect(first == rows.count)
      for row in 0..<count {
        let start = logits + row * head.vocabularySize
        rows.append(Array(UnsafeBufferPointer(start: start, count: head.vocabularySize)))
      }
    }
    return rows
  }
}

extension [Float] {
  /// The place of the largest.
  var argmax: Int? { indices.max { self[$0] < self[$1] } }
}
