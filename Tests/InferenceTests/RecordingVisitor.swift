import Inference
import Models

/// Asks for statistics, keeps what it is shown, and lets a test change weights.
struct RecordingVisitor<Failure: Error>: BlockVisitor {
  /// What is asked for before each step.
  var requests: [BlockStep.Kind: StatisticsRequest] = [:]
  var observed: Set<BlockFlow> = []
  /// What the next step's input is asked about, looking ahead from a step.
  var aheadRequests: [BlockStep.Kind: StatisticsRequest] = [:]
  /// Changes the weights of a step.
  var prepare: (BlockStep.Kind, inout BlockWeights) throws(Failure) -> Void

  /// The steps in the order in which they were settled.
  private(set) var steps: [BlockStep.Kind] = []
  private(set) var statistics: [BlockStep.Kind: StepStatistics] = [:]
  private(set) var ahead: [BlockStep.Kind: StepStatistics] = [:]
  /// The floats of each tensor that was shown, all tokens one after the other.
  private(set) var flows: [BlockFlow: [Float]] = [:]
  /// Tokens of each sequence that was shown with each tensor.
  private(set) var sequences: [BlockFlow: [Int]] = [:]

  init(
    asking requests: [BlockStep.Kind: StatisticsRequest] = [:],
    observing observed: Set<BlockFlow> = [],
    lookingAhead aheadRequests: [BlockStep.Kind: StatisticsRequest] = [:],
    prepare: @escaping (BlockStep.Kind, inout BlockWeights) throws(Failure) -> Void
  ) {
    self.requests = requests
    self.observed = observed
    self.aheadRequests = aheadRequests
    self.prepare = prepare
  }

  func statistics(before step: BlockStep.Kind) -> StatisticsRequest { requests[step] ?? [] }

  mutating func settle(
    _ step: BlockStep.Kind,
    _ statistics: StepStatistics,
    _ weights: inout BlockWeights,
    lookAhead: (BlockWeights, StatisticsRequest) -> StepStatistics
  ) throws(Failure) {
    steps.append(step)
    self.statistics[step] = statistics
    try prepare(step, &weights)
    if let request = aheadRequests[step] { ahead[step] = lookAhead(weights, request) }
  }

  mutating func observe(_ flow: BlockFlow, _ x: UnsafePointer<Float>, width: Int, sequences: [Int]) {
    let count = sequences.reduce(0, +) * width
    flows[flow, default: []] += Array(UnsafeBufferPointer(start: x, count: count))
    self.sequences[flow, default: []] += sequences
  }
}

extension RecordingVisitor where Failure == Never {
  init(
    asking requests: [BlockStep.Kind: StatisticsRequest] = [:],
    observing observed: Set<BlockFlow> = [],
    lookingAhead aheadRequests: [BlockStep.Kind: StatisticsRequest] = [:]
  ) {
    self.init(asking: requests, observing: observed, lookingAhead: aheadRequests) { (_, _) throws(Never) in }
  }
}

extension [BlockStep.Kind: StatisticsRequest] {
  /// The moments of every step.
  static var allMoments: Self {
    Dictionary(uniqueKeysWithValues: BlockStep.Kind.ofPlainBlocks.map { ($0, StatisticsRequest.moments) })
  }
}

extension BlockStep.Kind {
  /// The steps of a block with layers for query, key and value and one feed-forward part.
  static let ofPlainBlocks: [Self] = [.attentionInput, .attentionOutput, .feedForwardInput, .feedForwardOutput]
}
