internal import Models
internal import Planning
internal import Vocabulary

/// What a plan does to a decoder's linear layers, with what is alike folded: experts of a block, and blocks in a row.
struct PlannedBlocks {
  /// Blocks in a row whose layers are alike.
  struct Run {
    let first: BlockOutline
    let last: BlockOutline
    let count: Int
    let layers: [Layer]

    /// The blocks: `model.layers.3…60`.
    var name: String {
      count == 1 ? first.name : "\(first.name)…\(DottedName(last.name).last)"
    }
  }

  /// One layer of a block, or the same layer of experts in a row.
  struct Layer: Hashable {
    /// The name relative to the block: `mlp.experts.0…255.gate_proj`.
    let name: String
    let rowCount: Int
    let columnCount: Int
    /// What it becomes; nil for a layer that stays as it is.
    let change: String?
    /// The step that it belongs to, of the first of its experts.
    let step: BlockStep.Kind
    /// Experts that have it alike.
    let expertCount: Int

    /// The shape of its weight.
    var shape: String { "[\(rowCount), \(columnCount)]" }
  }

  /// The runs, first block to last.
  let runs: [Run]

  init(_ decoder: DecoderOutline, _ changes: LayerChanges) {
    var runs: [Run] = []
    for block in decoder.blocks {
      let layers = Self.layers(of: block, changes)
      if let last = runs.last, last.layers == layers {
        runs[runs.count - 1] = Run(first: last.first, last: block, count: last.count + 1, layers: last.layers)
      } else {
        runs.append(Run(first: block, last: block, count: 1, layers: layers))
      }
    }
    self.runs = runs
  }

  private static func layers(of block: BlockOutline, _ changes: LayerChanges) -> [Layer] {
    func own(_ step: BlockStep, as kind: BlockStep.Kind) -> [Layer] {
      step.linears.map { linear in
        Layer(
          name: linear.name.dropModule(block.name),
          rowCount: linear.rows,
          columnCount: linear.columns,
          change: changes.text(of: linear.name),
          step: kind,
          expertCount: 1
        )
      }
    }
    var layers: [Layer] = []
    var experts: [[Layer]] = []
    for step in block.steps {
      switch step.kind {
      case .expertInput: experts.append(own(step, as: .expertInput(0)))
      case .expertOutput: experts[experts.count - 1] += own(step, as: .expertOutput(0))
      default: layers += own(step, as: step.kind)
      }
    }
    return layers + folded(experts)
  }

  /// Experts in a row that are alike but for their number, as one.
  private static func folded(_ experts: [[Layer]]) -> [Layer] {
    func areAlike(_ expert: Int, _ other: Int) -> Bool {
      experts[expert].elementsEqual(experts[other]) { $0.isAlike($1) }
    }
    var layers: [Layer] = []
    var start = 0
    while start < experts.count {
      let end = (start..<experts.count).first { !areAlike($0, start) } ?? experts.count
      layers += experts[start].map { $0.ofExperts(start..<end) }
      start = end
    }
    return layers
  }
}

extension PlannedBlocks.Layer {
  /// Whether two layers of different experts differ in nothing else; layers of one expert have different last names.
  fileprivate func isAlike(_ other: PlannedBlocks.Layer) -> Bool {
    rowCount == other.rowCount && columnCount == other.columnCount && change == other.change && step == other.step
      && DottedName(name).last == DottedName(other.name).last
  }

  /// The layer of several experts, named after all of them.
  fileprivate func ofExperts(_ experts: Range<Int>) -> PlannedBlocks.Layer {
    let parts = DottedName(name).parts
    let place = parts.lastIndex { Int($0) == experts.lowerBound }
    let numbers = experts.count > 1 ? "\(experts.lowerBound)…\(experts.upperBound - 1)" : "\(experts.lowerBound)"
    return PlannedBlocks.Layer(
      name: parts.enumerated().map { $0 == place ? numbers : String($1) }.joined(separator: "."),
      rowCount: rowCount,
      columnCount: columnCount,
      change: change,
      step: step,
      expertCount: experts.count
    )
  }
}

extension String {
  /// A module's name relative to one that holds it.
  func dropModule(_ holder: String) -> String {
    hasPrefix(holder + ".") ? String(decoding: utf8.dropFirst(holder.utf8.count + 1), as: UTF8.self) : self
  }
}

/// What a plan does to each linear layer, in words.
struct LayerChanges {
  private var texts: [String: String] = [:]

  init(_ plan: Plan) {
    if let rotation = RotationText(plan) {
      for (module, groups) in rotation.groupsOfModules {
        texts[module] = "rotated by \(groups.joined(separator: ", "))"
      }
    }
    var prunings: [PruningKey: String] = [:]
    for pruning in plan.prunings {
      let key = PruningKey(stage: pruning.stage, sparsity: pruning.sparsity)
      let text = prunings[key] ?? PruningText.text(pruning)
      prunings[key] = text
      append(text, to: pruning.layer.name)
    }
    var assignments: [AssignmentKey: String] = [:]
    for assignment in plan.assignments {
      let key = AssignmentKey(group: assignment.group, isRounded: assignment.method == .roundToNearest)
      let text = assignments[key] ?? SchemeText.text(assignment, of: plan)
      assignments[key] = text
      append(text, to: assignment.layer.name)
    }
  }

  /// What a layer becomes; nil where it stays as it is.
  func text(of layer: String) -> String? { texts[layer] }

  private mutating func append(_ text: String, to layer: String) {
    if let first = texts.updateValue(text, forKey: layer) { texts[layer] = "\(first), then \(text)" }
  }

  /// What the words for a pruning follow from: a stage has one method and one structure.
  private struct PruningKey: Hashable {
    let stage: Int
    let sparsity: LayerSparsity
  }

  /// What the words for a quantization follow from: a group has one scheme and belongs to one stage.
  private struct AssignmentKey: Hashable {
    let group: Int
    let isRounded: Bool
  }
}
