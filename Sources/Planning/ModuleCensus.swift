internal import Checkpoints
internal import Models

/// Modules of one part of a model.
package struct ModuleCensus: Hashable, Sendable {
  /// The part.
  package let part: Part
  /// Modules of the part that have weights.
  package private(set) var moduleCount = 0
  /// Numbers in them; weights that another module holds are counted there.
  package private(set) var parameterCount = 0
  /// Modules that are quantized or pruned.
  package private(set) var changedCount = 0

  /// What modules with weights are for.
  package enum Part: String, CaseIterable, Hashable, Sendable {
    case embedding
    case attention
    case feedForward = "feed-forward"
    case router
    case sharedExpert = "shared expert"
    case expert
    case norm
    case head
    /// Linear layers that no dataflow knows.
    case other
  }
}

extension ModuleCensus {
  private init(_ part: Part) { self.part = part }

  /// Counts a model's modules; parts without any are left out.
  static func count(
    assignments: [Assignment],
    prunings: [PlannedPruning],
    outline: ModelOutline
  ) -> [ModuleCensus] {
    let changed = Set(assignments.map(\.layer.name)).union(prunings.map(\.layer.name))
    var parts = Part.allCases.map(ModuleCensus.init)
    func add(_ part: Part, _ name: String, parameters: Int) {
      guard let place = Part.allCases.firstIndex(of: part) else { return }
      parts[place].moduleCount += 1
      parts[place].parameterCount += parameters
      if changed.contains(name) { parts[place].changedCount += 1 }
    }
    func add(_ part: Part, _ layer: LinearOutline) {
      add(part, layer.name, parameters: layer.rows * layer.columns + (layer.hasBias ? layer.rows : 0))
    }
    var known: Set<String> = []
    for block in outline.decoder?.blocks ?? [] {
      for step in block.steps {
        for linear in step.linears {
          known.insert(linear.name)
          add(Part(step.kind, of: block), linear)
        }
      }
    }
    for norm in outline.decoder?.norms ?? [] {
      add(.norm, norm.name, parameters: norm.width * norm.tensors.count)
    }
    for module in outline.modules {
      switch module.kind {
      case .embedding(let rows, let columns): add(.embedding, module.name, parameters: rows * columns)
      case .linear(let layer):
        guard !known.contains(layer.name) else { continue }
        guard let decoder = outline.decoder, layer.name == decoder.headName else {
          add(.other, layer)
          continue
        }
        if decoder.head == nil { add(.head, layer.name, parameters: 0) } else { add(.head, layer) }
      case .other: break
      }
    }
    return parts.filter { $0.moduleCount > 0 }
  }
}

extension ModuleCensus.Part {
  /// The part that a step's layers belong to.
  fileprivate init(_ step: BlockStep.Kind, of block: BlockOutline) {
    switch step {
    case .attentionInput, .queryLatent, .keyValueLatent, .attentionOutput: self = .attention
    case .router: self = .router
    case .feedForwardInput, .feedForwardOutput: self = block.feedForward.experts == nil ? .feedForward : .sharedExpert
    case .expertInput, .expertOutput: self = .expert
    }
  }
}
