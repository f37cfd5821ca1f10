package import Models
package import Vocabulary

/// What calibration must know of the input of linear layers.
package struct StatisticsNeed: Hashable, Sendable {
  /// `Σ x·xᵀ`.
  package var moments = false
  /// Range, `Σ |x|` and `Σ x²` of each channel.
  package var channels = false

  package init() {}

  /// Whether anything is needed.
  package var isAny: Bool { moments || channels }

  /// Adds the energy of each channel; of an input that is multiplied by a matrix it is the diagonal of transformed moments, and
  /// channels as they were say nothing of it.
  mutating func addEnergies(isTurned: Bool) {
    if isTurned { moments = true } else { channels = true }
  }

  mutating func formUnion(_ other: StatisticsNeed) {
    moments = moments || other.moments
    channels = channels || other.channels
  }
}

/// What calibration does at one step.
package struct StepWork: Hashable, Sendable {
  /// What must be known of the step's input before its layers are settled.
  package var need = StatisticsNeed()
  /// What must be known of the next step's input before these layers are settled: the step then runs once more.
  package var ahead = StatisticsNeed()
  /// Whether scales are found from what flows once the layers are settled.
  package var observes = false

  package init() {}

  /// Whether the step keeps calibration busy.
  package var isAny: Bool { need.isAny || ahead.isAny || observes }
}

/// What calibration does in one block.
package struct BlockWork: Hashable, Sendable {
  /// The work of each step; steps without any are left out.
  package internal(set) var steps: [BlockStep.Kind: StepWork] = [:]
  /// Whether scales of queries, keys or values are found.
  package internal(set) var observesAttention = false

  package init() {}

  /// The work of a step.
  package subscript(step: BlockStep.Kind) -> StepWork { steps[step] ?? StepWork() }

  /// Whether the block keeps calibration busy.
  package var isAny: Bool { observesAttention || steps.values.contains(where: \.isAny) }

  /// Whether anything must be known before layers are settled.
  package var gathers: Bool { steps.values.contains { $0.need.isAny || $0.ahead.isAny } }

  mutating func update(_ step: BlockStep.Kind, _ change: (inout StepWork) -> Void) {
    change(&steps[step, default: StepWork()])
  }
}

/// One pass of the calibration data through the model.
package struct CalibrationPass: Hashable, Sendable {
  /// The kinds of work that are done in it.
  package let kinds: Set<StageKind>
  /// What it does in each block.
  package let blocks: [BlockWork]
  /// What it does at the head.
  package let head: StepWork

  /// Whether the pass keeps anything busy.
  package var isAny: Bool { head.isAny || blocks.contains(where: \.isAny) }
}

extension [CalibrationPass] {
  /// The last block that any pass is busy in, -1 for none; all passes go that far.
  package var lastBlock: Int {
    map { $0.head.isAny ? $0.blocks.count - 1 : $0.blocks.lastIndex(where: \.isAny) ?? -1 }.max() ?? -1
  }
}

/// Finds what calibration does from what happens to each layer.
struct WorkCollection {
  private(set) var blocks: [BlockWork]
  private(set) var head = StepWork()
  private let places: [String: (block: Int, step: BlockStep.Kind)]
  private let headName: String
  private let outlines: [BlockOutline]
  private let turnedAtInputs: Set<String>

  /// Begins with no work.
  ///
  /// - Parameters:
  ///   - decoder: The model's dataflow.
  ///   - turnedAtInputs: Layers whose inputs are multiplied by a matrix at run time.
  init(_ decoder: DecoderOutline, turnedAtInputs: Set<String>) {
    self.turnedAtInputs = turnedAtInputs
    blocks = Array(repeating: BlockWork(), count: decoder.blocks.count)
    headName = decoder.headName
    outlines = decoder.blocks
    var places: [String: (block: Int, step: BlockStep.Kind)] = [:]
    for (index, block) in decoder.blocks.enumerated() {
      for step in block.steps {
        for linear in step.linears { places[linear.name] = (index, step.kind) }
      }
    }
    self.places = places
  }

  mutating func add(_ smoothings: [PlannedSmoothing]) {
    for smoothing in smoothings {
      var need = StatisticsNeed()
      need.channels = true
      if case .awq = smoothing.method { need.moments = true }
      guard let block = smoothing.site.block else {
        head.need.formUnion(need)
        continue
      }
      guard let place = outlines[block].step(smoothing: smoothing.site.kind) else { continue }
      blocks[block].update(place.step) { work in
        if place.looksAhead { work.ahead.formUnion(need) } else { work.need.formUnion(need) }
      }
    }
  }

  mutating func add(_ prunings: [PlannedPruning]) {
    let turned = turnedAtInputs
    for pruning in prunings {
      update(pruning.layer.name) { work in
        switch pruning.method {
        case .sparseGPT: work.need.moments = true
        case .wanda: work.need.addEnergies(isTurned: turned.contains(pruning.layer.name))
        case .magnitude, .constant, .reap: break
        }
      }
    }
  }

  mutating func add(_ assignments: [Assignment]) {
    let turned = turnedAtInputs
    for assignment in assignments {
      let (usesMoments, weighsInputs) = (assignment.usesMoments, assignment.weighsInputs)
      let observes = assignment.inputs?.rule != nil || assignment.outputs?.rule != nil
      guard usesMoments || weighsInputs || observes else { continue }
      let name = assignment.layer.name
      update(name) { work in
        if usesMoments { work.need.moments = true }
        if weighsInputs { work.need.addEnergies(isTurned: turned.contains(name)) }
        if observes { work.observes = true }
      }
    }
  }

  mutating func add(_ attentions: [PlannedAttention], _ decoder: DecoderOutline) {
    let names = Set(attentions.map(\.name))
    for (index, block) in decoder.blocks.enumerated() where names.contains(block.attention.name) {
      blocks[index].observesAttention = true
    }
  }

  private mutating func update(_ layer: String, _ change: (inout StepWork) -> Void) {
    if let place = places[layer] {
      blocks[place.block].update(place.step, change)
    } else if layer == headName {
      change(&head)
    }
  }
}
