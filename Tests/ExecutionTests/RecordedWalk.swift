import Checkpoints
import Foundation
import Inference
import Kernels
import Models
import Testing

/// What flows through a checkpoint on some windows of tokens, with the weights that a server reads and nothing rounded on the way.
struct RecordedWalk {
  let decoder: DecoderOutline
  /// The floats of each tensor that was asked for, `[tokens, width]`, block by block.
  private(set) var flows: [[BlockFlow: [Float]]] = []
  /// What is known of the input of each step, block by block.
  private(set) var statistics: [[BlockStep.Kind: StepStatistics]] = []
  /// What the head reads, `[tokens, hidden]`.
  let headInput: [Float]
  /// The scores of the vocabulary, `[tokens, vocabulary]`.
  let logits: [Float]

  init(
    _ checkpoint: Checkpoint,
    windows: [[Int32]],
    observing observed: Set<BlockFlow> = [],
    asking request: StatisticsRequest = []
  ) throws {
    let processor = Processor(threadCount: 2)
    let outline = try ModelOutline(
      config: checkpoint.headers.config,
      tensors: checkpoint.headers.tensors
    )
    decoder = try #require(outline.decoder)
    let reader = try WeightReader(checkpoint, outline: outline, processor: processor)
    let hidden = try reader.embed(windows, of: decoder)
    let walk = BlockWalk(decoder, sequences: windows.map(\.count), processor: processor)
    for block in decoder.blocks {
      var weights = try reader.block(block)
      weights.attentionRounding = nil
      for (kind, layers) in weights.layers {
        weights.layers[kind] = layers.map { LinearLayer(weight: $0.weight, bias: $0.bias, online: $0.online) }
      }
      var recorder = Recorder(observed: observed, request: request)
      walk.advance(hidden, through: &weights, with: &recorder)
      flows.append(recorder.flows)
      statistics.append(recorder.statistics)
    }
    let layer = try reader.head(of: decoder)
    let head = Head(
      norm: try reader.norm(decoder.norm),
      layer: LinearLayer(weight: layer.weight, bias: layer.bias, online: layer.online),
      configuration: decoder.configuration,
      processor: processor
    )
    let tokens = windows.map(\.count).reduce(0, +)
    let input = head.input(of: hidden.start, tokens: tokens)
    headInput = Array(input[0..<input.count])
    let scores = head.logits(of: input, tokens: tokens)
    logits = Array(scores[0..<scores.count])
  }
}

extension RecordedWalk {
  /// The outline of a model.
  static func outline(of folder: URL) throws -> ModelOutline {
    let headers = try CheckpointHeaders.read(folder.path(percentEncoded: false))
    return try ModelOutline(config: headers.config, tensors: headers.tensors)
  }

  /// The dataflow of a model.
  static func decoder(of folder: URL) throws -> DecoderOutline { try #require(outline(of: folder).decoder) }
}

/// Keeps what it is shown and changes nothing.
private struct Recorder: BlockVisitor {
  let observed: Set<BlockFlow>
  let request: StatisticsRequest
  private(set) var flows: [BlockFlow: [Float]] = [:]
  private(set) var statistics: [BlockStep.Kind: StepStatistics] = [:]

  init(observed: Set<BlockFlow>, request: StatisticsRequest) {
    self.observed = observed
    self.request = request
  }

  func statistics(before step: BlockStep.Kind) -> StatisticsRequest { request }

  mutating func settle(
    _ step: BlockStep.Kind,
    _ statistics: StepStatistics,
    _ weights: inout BlockWeights,
    lookAhead: (BlockWeights, StatisticsRequest) -> StepStatistics
  ) throws(Never) {
    self.statistics[step] = statistics
  }

  mutating func observe(_ flow: BlockFlow, _ x: UnsafePointer<Float>, width: Int, sequences: [Int]) {
    flows[flow, default: []] += Array(UnsafeBufferPointer(start: x, count: sequences.reduce(0, +) * width))
  }
}

extension BlockStep.Kind {
  /// The steps of a block with layers for query, key and value and one feed-forward part.
  static let ofPlainBlocks: [Self] = [.attentionInput, .attentionOutput, .feedForwardInput, .feedForwardOutput]
}
